using System.Text.Json.Nodes;

namespace MeshConsole.Cli.Manifests;

/// <summary>Compares a manifest with what a control plane serves of the same resource.</summary>
internal static class Comparison
{
    /// <summary>
    /// What is served as a person would write it: without times, KRI and status, and without the labels that the control plane
    /// adds by itself unless <paramref name="manifest"/> holds them too.
    /// </summary>
    public static JsonObject Stored(JsonObject served, JsonObject? manifest)
    {
        var stored = Manifest.From(served, "").Body;
        if (stored["labels"] is JsonObject labels)
        {
            var written = manifest?["labels"] as JsonObject;
            foreach (var key in labels.Select(l => l.Key).Where(k => IsComputed(k) && written?.ContainsKey(k) != true).ToList())
            {
                labels.Remove(key);
            }

            if (labels.Count == 0)
            {
                stored.Remove("labels");
            }
        }

        return stored;
    }

    /// <summary>True when storing the manifest would change nothing. Absent, null and empty members count as the same.</summary>
    public static bool Same(JsonObject served, JsonObject manifest) => JsonNode.DeepEquals(Plain(Stored(served, manifest)), Plain(manifest));

    /// <summary>The manifest with its members in the order in which they are served, so that a diff shows values, not order.</summary>
    public static JsonObject InOrderOf(JsonObject manifest, JsonObject stored) => (JsonObject)Ordered(manifest, stored)!;

    private static bool IsComputed(string label) => label.StartsWith("kuma.io/", StringComparison.Ordinal) || label.StartsWith("k8s.kuma.io/", StringComparison.Ordinal);

    private static JsonNode? Plain(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                var plain = new JsonObject();
                foreach (var (key, value) in map)
                {
                    if (Plain(value) is { } kept && kept is not (JsonObject { Count: 0 } or JsonArray { Count: 0 }))
                    {
                        plain[key] = kept;
                    }
                }

                return plain;
            case JsonArray list:
                return new JsonArray([.. list.Select(Plain)]);
            default:
                return node?.DeepClone();
        }
    }

    private static JsonNode? Ordered(JsonNode? node, JsonNode? model) => (node, model) switch
    {
        (JsonObject map, JsonObject like) => new JsonObject(
            like.Where(m => map.ContainsKey(m.Key)).Select(m => KeyValuePair.Create(m.Key, Ordered(map[m.Key], m.Value)))
                .Concat(map.Where(m => !like.ContainsKey(m.Key)).Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone())))),
        (JsonArray list, JsonArray like) => new JsonArray([.. list.Select((item, i) => Ordered(item, i < like.Count ? like[i] : null))]),
        _ => node?.DeepClone(),
    };
}
