using System.Text.Json.Nodes;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>
/// Merges configurations as JSON merge patch does (RFC 7396): objects member by member, everything else is replaced. Lists whose
/// name begins with <c>append</c> are joined instead, at any depth reached through objects.
/// </summary>
public static class ConfMerge
{
    private const string AppendPrefix = "append";

    /// <summary>Merges <paramref name="confs"/>, the one of lowest precedence first; the result is a new object.</summary>
    public static JsonObject Merge(IReadOnlyList<JsonObject> confs)
    {
        if (confs.Count == 1)
        {
            return confs[0];
        }

        var merged = new JsonObject();
        foreach (var conf in confs)
        {
            Apply(merged, conf);
        }

        return merged;
    }

    private static void Apply(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            switch (value)
            {
                case null:
                    break;
                case JsonObject inner when target[name] is JsonObject known:
                    Apply(known, inner);
                    break;
                case JsonObject inner:
                    var added = new JsonObject();
                    target[name] = added;
                    Apply(added, inner);
                    break;
                case JsonArray list when name.StartsWith(AppendPrefix, StringComparison.Ordinal) && target[name] is JsonArray known:
                    foreach (var item in list)
                    {
                        known.Add(item?.DeepClone());
                    }

                    break;
                default:
                    target[name] = value.DeepClone();
                    break;
            }
        }
    }
}
