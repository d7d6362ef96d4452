using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>
/// Kuma reads the durations of protobuf kinds in Go's text form (<c>1h30m</c>, <c>250ms</c>) and writes them in seconds
/// (<c>5400s</c>, <c>0.250s</c>), which is the only form that protobuf's JSON knows.
/// </summary>
internal static partial class ProtoDurations
{
    private static readonly ConditionalWeakTable<SpecSchema, object> HasDurations = [];

    /// <summary>The body with every readable duration in seconds; the same instance when nothing changes.</summary>
    public static JsonBody InSeconds(JsonBody body, SpecSchema schema)
    {
        if (!Has(schema) || !Differs(body.Parse(), schema))
        {
            return body;
        }

        var node = body.ToNode();
        Rewrite(node, schema);
        return JsonBody.FromNode(node);
    }

    /// <summary>The duration in seconds, or null when it is in that form already, or is none.</summary>
    private static string? Seconds(string? text)
    {
        if (!GoDuration.TryParse(text, out var duration) || SecondsPattern().IsMatch(text!))
        {
            return null;
        }

        return (duration.Nanoseconds / 1_000_000_000m).ToString("0.#########", CultureInfo.InvariantCulture) + "s";
    }


    private static bool Differs(JsonElement value, SpecSchema schema) => value.ValueKind switch
    {
        _ when !Has(schema) => false,
        JsonValueKind.String => Seconds(value.GetString()) is not null,
        JsonValueKind.Array when schema.Type == SchemaType.Array => value.EnumerateArray().Any(item => Differs(item, schema.Items!)),
        JsonValueKind.Object when schema.Type == SchemaType.Map => value.EnumerateObject().Any(m => Differs(m.Value, schema.Items!)),
        JsonValueKind.Object when schema.Type == SchemaType.Object =>
            value.EnumerateObject().Any(m => Member(schema, m.Name) is { } member && Differs(m.Value, member)),
        _ => false,
    };

    private static void Rewrite(JsonNode? node, SpecSchema schema)
    {
        if (!Has(schema))
        {
            return;
        }

        switch (node)
        {
            case JsonArray array when schema.Type == SchemaType.Array:
                for (var i = 0; i < array.Count; i++)
                {
                    if (Text(array[i]) is { } seconds && schema.Items!.Format == "duration")
                    {
                        array[i] = seconds;
                    }

                    Rewrite(array[i], schema.Items!);
                }

                break;
            case JsonObject obj:
                foreach (var name in obj.Select(m => m.Key).ToArray())
                {
                    var inner = schema.Type == SchemaType.Map ? schema.Items : Member(schema, name);
                    if (inner is null)
                    {
                        continue;
                    }

                    if (inner.Format == "duration" && Text(obj[name]) is { } seconds)
                    {
                        obj[name] = seconds;
                    }

                    Rewrite(obj[name], inner);
                }

                break;
        }
    }

    private static string? Text(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) ? Seconds(text) : null;

    private static SpecSchema? Member(SpecSchema schema, string name)
    {
        foreach (var member in schema.Members)
        {
            if (member.Name == name || member.AlternativeName == name)
            {
                return member.Schema;
            }
        }

        return null;
    }

    private static bool Has(SpecSchema schema) => (bool)HasDurations.GetValue(
        schema,
        static s => s.Format == "duration" || (s.Items is not null && Has(s.Items)) || s.Members.Any(m => Has(m.Schema)));

    [GeneratedRegex(@"^-?[0-9]+(\.[0-9]{1,9})?s\z", RegexOptions.CultureInvariant)]
    private static partial Regex SecondsPattern();
}
