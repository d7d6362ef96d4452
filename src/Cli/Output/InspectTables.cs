using System.Text.Json.Nodes;
using MeshConsole.Cli.Client;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Output;

/// <summary>Tables of the inspect answers: what is in effect, where, and from which policies.</summary>
internal static class InspectTables
{
    /// <summary>Of <c>_rules</c>.</summary>
    public static TableView Rules(JsonObject answer)
    {
        var table = new TableView("POLICY", "DIRECTION", "WHERE", "CONFIGURATION", "FROM");
        foreach (var rule in answer.Objects("rules"))
        {
            var type = rule.String("type") ?? "";
            if (rule["proxyRule"] is JsonObject proxy)
            {
                table.Add(type, "proxy", "", Compact(proxy["conf"]), Origins(proxy));
            }

            foreach (var to in rule.Objects("toRules"))
            {
                table.Add(type, "to", Matchers(to), Compact(to["conf"]), Origins(to));
            }

            foreach (var to in rule.Objects("toResourceRules"))
            {
                var section = to.String("resourceSectionName") is { Length: > 0 } name ? $" port {name}" : "";
                table.Add(type, "to", Resource(to["resourceMeta"]) + section, Confs(to), Origins(to));
            }

            foreach (var from in rule.Objects("fromRules"))
            {
                foreach (var inner in from.Objects("rules"))
                {
                    table.Add(type, "from", Join(Inbound(from["inbound"]), Matchers(inner)), Compact(inner["conf"]), Origins(inner));
                }
            }

            foreach (var inbound in rule.Objects("inboundRules"))
            {
                foreach (var inner in inbound.Objects("rules"))
                {
                    table.Add(type, "inbound", Join(Inbound(inbound["inbound"]), inner["match"] is { } match ? Compact(match) : ""), Confs(inner), Origins(inner));
                }
            }
        }

        return table;
    }

    /// <summary>Of <c>_policies</c>.</summary>
    public static TableView Policies(JsonObject answer)
    {
        var table = new TableView("POLICY", "CONFIGURATION", "FROM");
        foreach (var policy in answer.Objects("policies"))
        {
            table.Add(policy.String("kind") ?? "", Compact(policy["conf"]), string.Join(", ", policy.Objects("origins").Select(o => o.String("kri") ?? "")));
        }

        return table;
    }

    /// <summary>Of the older <c>policies</c>.</summary>
    public static TableView MatchedPolicies(JsonObject answer)
    {
        var table = new TableView("AT", "POLICY", "NAME");
        foreach (var item in answer.Objects("items"))
        {
            var at = Join(item.String("type") ?? "", item.String("name") ?? item.String("service") ?? "");
            foreach (var (type, policies) in item["matchedPolicies"] as JsonObject ?? [])
            {
                foreach (var policy in (policies as JsonArray ?? []).OfType<JsonObject>())
                {
                    table.Add(at, type, policy.String("name") ?? "");
                }
            }
        }

        return table;
    }

    /// <summary>Of <c>_layout</c>.</summary>
    public static TableView Layout(JsonObject answer)
    {
        var table = new TableView("SIDE", "PORT", "PROTOCOL", "NAME", "KRI");
        foreach (var side in (string[])["inbounds", "outbounds", "listeners"])
        {
            foreach (var item in answer.Objects(side))
            {
                table.Add(side[..^1], item.String("port") ?? "", item.String("protocol") ?? item.String("type") ?? "", item.String("proxyResourceName") ?? "", item.String("kri") ?? "");
            }
        }

        return table;
    }

    private static string Compact(JsonNode? node) => node?.ToJsonString(Json.Compact) ?? "";

    private static string Confs(JsonObject rule) => string.Join(" ", (rule["conf"] as JsonArray ?? []).Select(Compact));

    private static string Matchers(JsonObject rule) =>
        string.Join(" ", rule.Objects("matchers").Select(m => $"{m.String("key")}{(m.IsTrue("not") ? "!=" : "=")}{m.String("value")}"));

    private static string Inbound(JsonNode? inbound) => Join($"port {inbound.String("port")}", inbound.String("name") is { Length: > 0 } name ? $"({name})" : "");

    private static string Resource(JsonNode? meta) => $"{meta.String("type")} {meta.String("labels", "kuma.io/display-name") ?? meta.String("name")}";

    /// <summary>Names of the policies that a rule comes from; entries are metas, or objects that hold one.</summary>
    private static string Origins(JsonObject rule) => rule["origin"] switch
    {
        JsonArray list => string.Join(", ", list.OfType<JsonObject>().Select(Origin).Distinct()),
        JsonObject one => Origin(one),
        _ => "",
    };

    private static string Origin(JsonObject origin) => (origin["resourceMeta"] as JsonObject ?? origin).String("name") ?? "";

    private static string Join(string a, string b) => a.Length == 0 ? b : b.Length == 0 ? a : $"{a} {b}";
}
