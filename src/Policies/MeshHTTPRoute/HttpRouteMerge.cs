using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Planning;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshHTTPRoute;

/// <summary>
/// Merges routes rule by rule: rules with the same matches become one, whose members of higher precedence replace; all others
/// stand side by side, those of the higher policy first, and within a policy as written. The same matches twice in one policy:
/// the first written wins. Routes of different host names never meet.
/// </summary>
public static class HttpRouteMerge
{
    /// <summary>Merges configurations of the shape <c>{rules, hostnames}</c>, lowest precedence first; one comes out per host name.</summary>
    public static ImmutableArray<JsonObject> Merge(IReadOnlyList<JsonObject> confs)
    {
        var byHostname = new List<(string Hostname, List<JsonObject> Confs)>();
        foreach (var conf in confs)
        {
            var hostnames = (conf["hostnames"] as JsonArray ?? []).Select(h => h?.GetValue<string>() ?? "").DefaultIfEmpty("");
            foreach (var hostname in hostnames)
            {
                var group = byHostname.Find(g => g.Hostname == hostname);
                if (group.Confs is null)
                {
                    group = (hostname, []);
                    byHostname.Add(group);
                }

                group.Confs.Add(conf);
            }
        }

        return [.. byHostname.Select(g => MergeGroup(g.Hostname, g.Confs))];
    }

    /// <summary>Names the matches of a rule: SHA-256 over their JSON as Kuma writes it, base64.</summary>
    public static string Hash(JsonObject rule)
    {
        var matches = rule["matches"].Deserialize<IReadOnlyList<HttpRouteMatch>>(Json.Spec) ?? [];
        return Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Text(matches))));
    }

    private static JsonObject MergeGroup(string hostname, List<JsonObject> confs)
    {
        var rules = new List<(string Key, JsonNode Matches, List<JsonObject> Confs)>();
        foreach (var rule in confs.SelectMany(c => (c["rules"] as JsonArray ?? []).OfType<JsonObject>().Reverse()))
        {
            var key = Hash(rule);
            var own = rule["default"] as JsonObject ?? [];
            var known = rules.FindIndex(r => r.Key == key);
            List<JsonObject> together = known < 0 ? [own] : [.. rules[known].Confs, own];
            if (known >= 0)
            {
                rules.RemoveAt(known); // the place of the last one counts
            }

            rules.Add((key, rule["matches"] ?? new JsonArray(), together));
        }

        rules.Reverse();
        var merged = new JsonObject();
        if (rules.Count > 0)
        {
            merged["rules"] = new JsonArray([
                .. rules.Select(r => new JsonObject { ["matches"] = r.Matches.DeepClone(), ["default"] = ConfMerge.Merge(r.Confs).DeepClone() }),
            ]);
        }

        if (hostname.Length > 0)
        {
            merged["hostnames"] = new JsonArray(hostname);
        }

        return merged;
    }

    /// <summary>The members in the order, and with the escapes, that Kuma's JSON has.</summary>
    private static string Text(IReadOnlyList<HttpRouteMatch> matches)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartArray();
            foreach (var match in matches)
            {
                Write(writer, match);
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.ToArray())
            .Replace("<", "\\u003c", StringComparison.Ordinal)
            .Replace(">", "\\u003e", StringComparison.Ordinal)
            .Replace("&", "\\u0026", StringComparison.Ordinal);
    }

    private static void Write(Utf8JsonWriter writer, HttpRouteMatch match)
    {
        writer.WriteStartObject();
        if (match.Path is { } path)
        {
            writer.WriteStartObject("path");
            writer.WriteString("value", path.Value);
            writer.WriteString("type", path.Type);
            writer.WriteEndObject();
        }

        if (match.Method is not null)
        {
            writer.WriteString("method", match.Method);
        }

        if (match.QueryParams is not null)
        {
            writer.WriteStartArray("queryParams");
            foreach (var parameter in match.QueryParams)
            {
                writer.WriteStartObject();
                writer.WriteString("type", parameter.Type);
                writer.WriteString("name", parameter.Name);
                writer.WriteString("value", parameter.Value);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        if (match.Headers is not null)
        {
            writer.WriteStartArray("headers");
            foreach (var header in match.Headers)
            {
                Write(writer, header);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, HeaderMatch header)
    {
        writer.WriteStartObject();
        if (header.Type is not null)
        {
            writer.WriteString("type", header.Type);
        }

        writer.WriteString("name", header.Name);
        if (!string.IsNullOrEmpty(header.Value))
        {
            writer.WriteString("value", header.Value);
        }

        writer.WriteEndObject();
    }
}
