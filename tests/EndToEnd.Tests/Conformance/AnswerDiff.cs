using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MeshConsole.EndToEnd.Tests.Conformance;

/// <summary>
/// Compares two answers as a client sees them: status, media type, the members of every object and their values, texts
/// for people among them. Not compared are times and identifiers that are new each time.
/// </summary>
internal sealed partial class AnswerDiff
{
    /// <summary>Members whose value is new each time.</summary>
    private static readonly HashSet<string> Free =
    [
        "creationTime", "modificationTime", "creationTimestamp", "createdAt", "clusterId", "hostname", "instanceId", "hash",
    ];

    private readonly SortedSet<string> differences = new(StringComparer.Ordinal);

    /// <summary>Every difference as a path, list positions left out: <c>items[].labels["app"]</c>; <c>+</c> before what only we have.</summary>
    public static IReadOnlyCollection<string> Of(RecordedCall recorded, int status, string contentType, string text)
    {
        var diff = new AnswerDiff();
        if (status != recorded.Status)
        {
            diff.differences.Add($"status {status}");
        }

        if (contentType != recorded.ContentType)
        {
            diff.differences.Add($"content-type {contentType}");
        }

        if (diff.differences.Count == 0 && recorded.Body is { } body)
        {
            diff.Compare("", body, JsonNode.Parse(text));
        }

        return diff.differences;
    }

    private void Compare(string path, JsonNode? theirs, JsonNode? ours)
    {
        switch (theirs, ours)
        {
            case (JsonObject a, JsonObject b):
                foreach (var (name, value) in a)
                {
                    var member = Member(path, name);
                    if (!b.TryGetPropertyValue(name, out var other))
                    {
                        differences.Add(member);
                    }
                    else if (name == "next")
                    {
                        Value(member, Query(value), Query(other));
                    }
                    else if (!Free.Contains(name))
                    {
                        Compare(member, value, other);
                    }
                }

                foreach (var (name, _) in b.Where(m => !a.ContainsKey(m.Key)))
                {
                    differences.Add("+" + Member(path, name));
                }

                break;
            case (JsonArray a, JsonArray b):
                List(path + "[]", a, b);
                break;
            default:
                Value(path, theirs?.ToString(), ours?.ToString());
                break;
        }
    }

    /// <summary>Items with a field, KRI or name are compared by it, others by position.</summary>
    private void List(string path, JsonArray theirs, JsonArray ours)
    {
        var keyed = (string[])["field", "kri", "name", "hostname"];
        var key = keyed.FirstOrDefault(k => theirs.Count > 0 && theirs.Concat(ours).All(i => i is JsonObject o && o[k] is JsonValue));
        var (a, b) = key is null ? (theirs.ToList(), ours.ToList()) : (Sorted(theirs, key), Sorted(ours, key));
        if (key is not null && !a.Select(i => (string)i![key]!).SequenceEqual(b.Select(i => (string)i![key]!)))
        {
            differences.Add($"{path}.{key}");
            return;
        }

        if (a.Count != b.Count)
        {
            differences.Add(path);
            return;
        }

        for (var i = 0; i < a.Count; i++)
        {
            Compare(path, a[i], b[i]);
        }
    }

    private void Value(string path, string? theirs, string? ours)
    {
        if (theirs != ours && theirs?.Contains("-redacted>", StringComparison.Ordinal) != true)
        {
            differences.Add(path);
        }
    }

    private static List<JsonNode?> Sorted(JsonArray list, string key) =>
        [.. list.OrderBy(i => (string)i![key]!, StringComparer.Ordinal).ThenBy(i => (string?)i!["type"], StringComparer.Ordinal)];

    private static string Query(JsonNode? next) => next is null ? "" : string.Join('&', new Uri((string)next!).Query.TrimStart('?').Split('&').Order(StringComparer.Ordinal));

    private static string Member(string path, string name) => Plain().IsMatch(name) ? (path.Length == 0 ? name : $"{path}.{name}") : $"{path}[\"{name}\"]";

    [GeneratedRegex("^[a-zA-Z_][a-zA-Z0-9_]*$")]
    private static partial Regex Plain();
}
