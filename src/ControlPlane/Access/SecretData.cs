using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Access;

/// <summary>The value of a <c>Secret</c> or <c>GlobalSecret</c>: one member <c>data</c>, base64.</summary>
internal static class SecretData
{
    public const string Secret = "Secret";
    public const string GlobalSecret = "GlobalSecret";

    /// <summary>The value, or null when there is no such member or it is not base64.</summary>
    public static byte[]? Read(Resource secret)
    {
        var spec = secret.Spec.Parse();
        return spec.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.String && data.TryGetBytesFromBase64(out var value)
            ? value
            : null;
    }

    /// <summary>The value as UTF-8 text, or the empty string.</summary>
    public static string ReadText(Resource secret) => Read(secret) is { } data ? Encoding.UTF8.GetString(data) : "";

    public static JsonBody Write(ReadOnlySpan<byte> data) => JsonBody.FromNode(new JsonObject { ["data"] = Convert.ToBase64String(data) });

    /// <summary>A draft as control planes make it: Kuma gives its own secrets no labels.</summary>
    public static Resource Draft(KindRegistry kinds, string kind, string mesh, string name, ReadOnlySpan<byte> data) =>
        new() { Kind = kinds[kind], Mesh = mesh, Name = name, Spec = Write(data) };
}
