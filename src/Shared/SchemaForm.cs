using System.Text.Json.Nodes;

namespace MeshConsole.Shared;

/// <summary>Brings values into the one form that a schema knows for them.</summary>
public static class SchemaForm
{
    /// <summary>Writes every duration in <paramref name="node"/> as Go writes it: <c>90m</c> becomes <c>1h30m0s</c>. What is no duration stays.</summary>
    public static void NormalizeDurations(JsonNode? node, SpecSchema schema)
    {
        switch (node)
        {
            case JsonObject map when schema is { Type: SchemaType.Map, Items: { } items }:
                foreach (var name in map.Select(m => m.Key).ToList())
                {
                    Normalize(map[name], items, value => map[name] = value);
                }

                break;
            case JsonObject obj when schema.Type == SchemaType.Object:
                foreach (var member in schema.Members)
                {
                    Normalize(obj[member.Name], member.Schema, value => obj[member.Name] = value);
                }

                break;
            case JsonArray array when schema is { Type: SchemaType.Array, Items: { } items }:
                for (var i = 0; i < array.Count; i++)
                {
                    var index = i;
                    Normalize(array[i], items, value => array[index] = value);
                }

                break;
        }
    }

    private static void Normalize(JsonNode? value, SpecSchema schema, Action<JsonNode> replace)
    {
        if (schema is { Type: SchemaType.String, Format: "duration" })
        {
            if (value is JsonValue text && text.TryGetValue<string>(out var written) && GoDuration.TryParse(written, out var duration) && duration.ToString() != written)
            {
                replace(JsonValue.Create(duration.ToString()));
            }
        }
        else if (schema.Type is SchemaType.Object or SchemaType.Map or SchemaType.Array)
        {
            NormalizeDurations(value, schema);
        }
    }
}
