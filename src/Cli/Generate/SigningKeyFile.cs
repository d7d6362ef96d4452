using System.Security.Cryptography;
using System.Text;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Generate;

/// <summary>RSA keys that sign tokens, in the form in which Kuma keeps them: PEM, PKCS#1, alone or as base64 of that.</summary>
internal static class SigningKeyFile
{
    private const int Bits = 2048;

    /// <summary>A new key as PEM.</summary>
    public static string Create()
    {
        using var key = RSA.Create(Bits);
        return key.ExportRSAPrivateKeyPem() + "\n";
    }

    /// <summary>Reads a private key; the caller disposes it.</summary>
    public static Result<RSA> Read(string path)
    {
        var key = RSA.Create();
        try
        {
            var text = File.ReadAllText(path).Trim();
            if (!text.StartsWith("-----", StringComparison.Ordinal))
            {
                text = Encoding.UTF8.GetString(Convert.FromBase64String(text));
            }

            key.ImportFromPem(text);
            key.ExportRSAPrivateKey();
            return key;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or CryptographicException or FormatException)
        {
            key.Dispose();
            return new Refusal(RefusalReason.Invalid, "The signing key cannot be used", e is IOException or UnauthorizedAccessException ? e.Message : $"{path} holds no RSA private key in PEM form");
        }
    }

    /// <summary>The public half as PEM (PKCS#1), for <c>tokens.validator.publicKeys</c> of a control plane.</summary>
    public static string PublicPem(RSA key) => key.ExportRSAPublicKeyPem() + "\n";
}
