using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace MeshConsole.ControlPlane.Tests.Access;

/// <summary>Looks into the text of a JWT, and forges one.</summary>
internal static class TokenText
{
    public static JsonElement Header(string token) => Part(token, 0);

    public static JsonElement Payload(string token) => Part(token, 1);

    /// <summary>The same token with another part, its signature kept.</summary>
    public static string With(string token, int part, string json)
    {
        var parts = token.Split('.');
        parts[part] = Base64UrlEncoder.Encode(json);
        return string.Join('.', parts);
    }

    private static JsonElement Part(string token, int part) => JsonElement.Parse(Base64UrlEncoder.DecodeBytes(token.Split('.')[part]));
}
