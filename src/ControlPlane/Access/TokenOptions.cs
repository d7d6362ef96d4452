using System.Security.Cryptography;

namespace MeshConsole.ControlPlane.Access;

/// <summary>Which tokens are issued here, and which keys besides those in secrets check them (Kuma's offline tokens).</summary>
public sealed class TokenOptions
{
    /// <summary>Tokens of people and machines (Kuma's <c>apiServer.authn.tokens</c>).</summary>
    public TokenFamilyOptions User { get; set; } = new();

    /// <summary>Tokens of zones (Kuma's <c>dpServer.authn.zoneProxy.zoneToken</c>).</summary>
    public TokenFamilyOptions Zone { get; set; } = new();

    /// <summary>Tokens of data planes (Kuma's <c>dpServer.authn.dpProxy.dpToken</c>).</summary>
    public TokenFamilyOptions Dataplane { get; set; } = new();

    internal IEnumerable<(string Name, TokenFamilyOptions Family)> All => [("User", User), ("Zone", Zone), ("Dataplane", Dataplane)];

    /// <summary>What is wrong, each with its key and an example.</summary>
    public IEnumerable<string> Validate()
    {
        foreach (var (name, family) in All)
        {
            if (name == "User" && !family.UseSecrets)
            {
                yield return "Tokens:User:UseSecrets is false; it must be true, since replicas and --admin-token-file sign with the key in the store. Delete the line, and take --Tokens:User:EnableIssuer=false to issue no tokens to people";
            }

            for (var i = 0; i < family.PublicKeys.Count; i++)
            {
                var key = family.PublicKeys[i];
                var setting = $"Tokens:{name}:PublicKeys:{i}";
                if (key.Kid.Length == 0)
                {
                    yield return $"{setting}:Kid is missing; give the id that the tokens name, for example --{setting}:Kid=offline-1";
                }
                else if (family.PublicKeys.Take(i).Any(k => k.Kid == key.Kid && k.Mesh == key.Mesh))
                {
                    yield return $"{setting}:Kid is '{key.Kid}', which another key has already; each needs its own, for example --{setting}:Kid=offline-{i + 1}";
                }

                if (key.Mesh.Length > 0 && name != "Dataplane")
                {
                    yield return $"{setting}:Mesh is '{key.Mesh}'; only data plane tokens belong to a mesh. Delete the line";
                }

                if ((key.Key.Length == 0) == (key.KeyFile.Length == 0))
                {
                    yield return $"{setting} takes either Key or KeyFile, for example --{setting}:KeyFile=/etc/meshconsole/tokens.pub";
                }
                else if (key.Fault() is { } fault)
                {
                    yield return $"{setting}:{(key.KeyFile.Length > 0 ? $"KeyFile is '{key.KeyFile}'; it" : "Key")} {fault}";
                }
            }
        }
    }
}

/// <summary>One kind of token.</summary>
public sealed class TokenFamilyOptions
{
    /// <summary>False: none are issued here over REST or in the console, since all are signed elsewhere. Default: true.</summary>
    public bool EnableIssuer { get; set; } = true;

    /// <summary>False: keys in secrets check none; only <see cref="PublicKeys"/> do. Default: true.</summary>
    public bool UseSecrets { get; set; } = true;

    /// <summary>Keys that check tokens which were signed elsewhere; they go before those in secrets. Read at the start.</summary>
    public IList<PublicKeyOptions> PublicKeys { get; } = [];
}

/// <summary>The public half of a key whose private half signs tokens elsewhere.</summary>
public sealed class PublicKeyOptions
{
    /// <summary>Id that tokens name in their header <c>kid</c>.</summary>
    public string Kid { get; set; } = "";

    /// <summary>The mesh whose tokens it checks; empty: those of all. Data plane tokens only.</summary>
    public string Mesh { get; set; } = "";

    /// <summary>The key, PEM.</summary>
    public string Key { get; set; } = "";

    /// <summary>File with the key, PEM.</summary>
    public string KeyFile { get; set; } = "";

    /// <summary>Reads the key.</summary>
    /// <exception cref="CryptographicException">It is no RSA key of <see cref="SigningKeys.KeySize"/> bits or more.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal RSAParameters Read()
    {
        var pem = KeyFile.Length > 0 ? File.ReadAllText(KeyFile) : Key;
        using var rsa = RSA.Create();
        rsa.ImportFromPem(pem);
        return rsa.KeySize < SigningKeys.KeySize
            ? throw new CryptographicException($"the key has {rsa.KeySize} bits")
            : rsa.ExportParameters(includePrivateParameters: false);
    }

    /// <summary>What is wrong with the key, or null.</summary>
    internal string? Fault()
    {
        try
        {
            if ((KeyFile.Length > 0 ? File.ReadAllText(KeyFile) : Key).Contains("PRIVATE KEY", StringComparison.Ordinal))
            {
                return "holds a private key, which belongs to the one who signs; take its public half: meshctl generate public-key --signing-key-path FILE";
            }

            Read();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"cannot be read: {e.Message}";
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            return $"holds no RSA public key of {SigningKeys.KeySize} bits or more in PEM form, as meshctl generate public-key prints it";
        }
    }
}
