using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeshConsole.ControlPlane.Identity;

/// <summary>SHA-256 fingerprints of certificates: 64 hex digits.</summary>
public static class Fingerprint
{
    /// <summary>The fingerprint as we show it: lower-case hex.</summary>
    public static string Of(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();

    /// <summary>Reads what people paste: any case, with or without colons, spaces and a leading <c>SHA256</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out string? fingerprint)
    {
        var digits = text.Trim();
        foreach (var prefix in (string[])["sha-256", "sha256"])
        {
            if (digits.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                digits = digits[prefix.Length..].TrimStart(':', '=', ' ', '/');
                break;
            }
        }

        digits = digits.Replace(":", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant();
        fingerprint = digits.Length == 64 && digits.All(char.IsAsciiHexDigit) ? digits : null;
        return fingerprint is not null;
    }

    /// <summary>Compares in constant time.</summary>
    internal static bool Matches(X509Certificate2 certificate, string fingerprint) =>
        CryptographicOperations.FixedTimeEquals(Convert.FromHexString(fingerprint), certificate.GetCertHash(HashAlgorithmName.SHA256));
}
