using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Generate;

/// <summary>
/// Signs a token on this machine with a key whose public half the control plane knows: a JWT with RS256, Kuma's claims
/// (written with capitals), good from five minutes ago since clocks differ.
/// </summary>
internal static class OfflineToken
{
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    /// <summary>Signs it.</summary>
    /// <param name="claims">What the token says, beside id and times.</param>
    /// <param name="key">The private key.</param>
    /// <param name="keyId">Id under which the control plane knows the public half.</param>
    /// <param name="validFor">How long it is good.</param>
    /// <param name="now">The time.</param>
    public static string Sign(JsonObject claims, RSA key, string keyId, TimeSpan validFor, DateTimeOffset now)
    {
        var body = (JsonObject)claims.DeepClone();
        body["jti"] = Guid.NewGuid().ToString();
        body["iat"] = now.ToUnixTimeSeconds();
        body["nbf"] = (now - ClockSkew).ToUnixTimeSeconds();
        body["exp"] = (now + validFor).ToUnixTimeSeconds();
        var header = new JsonObject { ["alg"] = "RS256", ["kid"] = keyId, ["typ"] = "JWT" };
        var signed = $"{Encode(header)}.{Encode(body)}";
        var signature = key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Encode(JsonObject part) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part.ToJsonString(Json.Compact)));
}
