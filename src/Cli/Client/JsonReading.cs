using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeshConsole.Cli.Client;

/// <summary>Reads members of JSON trees of which some may be absent or of another type.</summary>
internal static class JsonReading
{
    /// <summary>The node behind a path of members, or null.</summary>
    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var member in path)
        {
            node = node is JsonObject map ? map[member] : null;
        }

        return node;
    }

    /// <summary>The text behind a path, or null; numbers and booleans count as their text.</summary>
    public static string? String(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path) switch
    {
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        JsonValue value => value.ToJsonString(),
        _ => null,
    };

    /// <summary>The whole number behind a path, or 0; Kuma writes 64-bit numbers as text. Fractions are cut off.</summary>
    public static long Number(this JsonNode? node, params ReadOnlySpan<string> path) =>
        decimal.TryParse(node.String(path), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && Math.Abs(value) < long.MaxValue ? (long)value : 0;

    /// <summary>True when the path leads to <c>true</c>.</summary>
    public static bool IsTrue(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path) is JsonValue value && value.GetValueKind() == JsonValueKind.True;

    /// <summary>The objects of the list behind a path; none when there is no list.</summary>
    public static IEnumerable<JsonObject> Objects(this JsonNode? node, params ReadOnlySpan<string> path) =>
        (node.At(path) as JsonArray)?.OfType<JsonObject>() ?? [];

    /// <summary>The members of the object behind a path as text, in their order.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Pairs(this JsonNode? node, params ReadOnlySpan<string> path) =>
        (node.At(path) as JsonObject)?.Select(m => KeyValuePair.Create(m.Key, m.Value.String() ?? "")) ?? [];
}
