using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace MeshConsole.Shared;

/// <summary>
/// Fills in the defaults of a schema as Kubernetes does: a member that is absent (or null) gets its default when the object around it
/// is there; objects are not made up.
/// </summary>
public static class SchemaDefaults
{
    private static readonly ConditionalWeakTable<SpecSchema, object> HasDefaults = [];

    /// <summary>The body with its defaults; the same instance when nothing was missing.</summary>
    public static JsonBody Fill(JsonBody body, SpecSchema schema)
    {
        if (!Has(schema))
        {
            return body;
        }

        var node = body.ToNode();
        return Fill(node, schema) ? JsonBody.FromNode(node) : body;
    }

    private static bool Fill(JsonNode? node, SpecSchema schema)
    {
        if (!Has(schema))
        {
            return false;
        }

        var changed = false;
        switch (node)
        {
            case JsonObject map when schema.Type == SchemaType.Map:
                foreach (var (_, value) in map)
                {
                    changed |= Fill(value, schema.Items!);
                }

                break;
            case JsonObject obj when schema.Type == SchemaType.Object:
                foreach (var member in schema.Members)
                {
                    if (obj[member.Name] is { } value)
                    {
                        changed |= Fill(value, member.Schema);
                    }
                    else if (member.Default is not null)
                    {
                        obj[member.Name] = JsonNode.Parse(member.Default);
                        changed = true;
                    }
                }

                break;
            case JsonArray array when schema.Type == SchemaType.Array:
                foreach (var item in array)
                {
                    changed |= Fill(item, schema.Items!);
                }

                break;
        }

        return changed;
    }

    private static bool Has(SpecSchema schema) => (bool)HasDefaults.GetValue(
        schema,
        static s => (s.Items is not null && Has(s.Items)) || s.Members.Any(m => m.Default is not null || Has(m.Schema)));
}
