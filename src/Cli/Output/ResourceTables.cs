using System.Text.Json.Nodes;
using MeshConsole.Cli.Client;

namespace MeshConsole.Cli.Output;

/// <summary>Which columns the resources of a kind have.</summary>
internal static class ResourceTables
{
    /// <summary>The table of these resources (overviews where the kind has them).</summary>
    public static TableView Of(ApiKind kind, IEnumerable<JsonObject> items, DateTimeOffset now)
    {
        var columns = Columns(kind);
        var table = new TableView([.. columns.Select(c => c.Heading)]);
        foreach (var item in items)
        {
            table.Add([.. columns.Select(c => c.Cell(item, now))]);
        }

        return table;
    }

    private static List<Column> Columns(ApiKind kind)
    {
        List<Column> columns = [new("NAME", (i, _) => i.String("name") ?? "")];
        if (kind.InMesh)
        {
            columns.Insert(0, new("MESH", (i, _) => i.String("mesh") ?? ""));
        }

        columns.AddRange(kind.Name switch
        {
            "Mesh" => [new("MTLS", (i, _) => Mtls(i)), new("LOCALITY", (i, _) => Switch(i, "localityAwareLoadBalancing")), new("ZONEEGRESS", (i, _) => Switch(i, "zoneEgress"))],
            "Dataplane" => [new("TAGS", (i, _) => Tags(i)), new("ADDRESS", (i, _) => i.String("dataplane", "networking", "address") ?? ""), new("STATUS", (i, _) => States.OfDataplane(i)), new("ZONE", (i, _) => Zone(i))],
            "Zone" => [
                new("STATUS", (i, _) => States.OfZone(i)),
                new("LAST CONNECTED", (i, now) => Words.Age(States.LastSubscription(i.At("zoneInsight")).String("connectTime"), now)),
                new("VERSION", (i, _) => States.LastSubscription(i.At("zoneInsight")).String("version", "kumaCp", "version") ?? ""),
            ],
            "ZoneIngress" => [new("ZONE", (i, _) => i.String("zoneIngress", "zone") ?? Zone(i)), new("ADVERTISED", (i, _) => Advertised(i)), new("STATUS", (i, _) => States.OfZoneProxy(i, "zoneIngressInsight"))],
            "ZoneEgress" => [new("ZONE", (i, _) => i.String("zoneEgress", "zone") ?? Zone(i)), new("ADDRESS", (i, _) => i.String("zoneEgress", "networking", "address") ?? ""), new("STATUS", (i, _) => States.OfZoneProxy(i, "zoneEgressInsight"))],
            "ExternalService" => [new("TAGS", (i, _) => Join(i.Pairs("tags"))), new("ADDRESS", (i, _) => i.String("networking", "address") ?? "")],
            "MeshService" => [new("PORTS", (i, _) => Ports(i)), new("STATE", (i, _) => i.String("spec", "state")?.ToLowerInvariant() ?? ""), new("ZONE", (i, _) => Zone(i))],
            "MeshMultiZoneService" => [new("PORTS", (i, _) => Ports(i)), new("SERVICES", (i, _) => i.Objects("status", "meshServices").Count().ToString(System.Globalization.CultureInfo.InvariantCulture))],
            "ServiceInsight" => [new("STATUS", (i, _) => i.String("status")?.Replace('_', ' ') ?? ""), new("ONLINE", (i, _) => $"{i.Number("dataplanes", "online")}/{i.Number("dataplanes", "total")}"), new("ADDRESS", (i, _) => i.String("addressPort") ?? "")],
            "MeshInsight" => [new("ONLINE", (i, _) => $"{i.Number("dataplanes", "online")}/{i.Number("dataplanes", "total")}"), new("SERVICES", (i, _) => i.String("services", "total") ?? "0"), new("POLICIES", (i, _) => i.At("policies").Pairs().Sum(p => i.Number("policies", p.Key, "total")).ToString(System.Globalization.CultureInfo.InvariantCulture))],
            _ when kind.IsTargetRef => [new("TARGET", (i, _) => Target(i)), new("ORIGIN", (i, _) => Zone(i) is { Length: > 0 } zone ? $"zone {zone}" : i.String("labels", "kuma.io/origin") ?? "")],
            _ => (List<Column>)[],
        });
        columns.Add(new("AGE", (i, now) => Words.Age(i.String("modificationTime"), now)));
        return columns;
    }

    private static string Mtls(JsonObject mesh)
    {
        var enabled = mesh.String("mtls", "enabledBackend");
        var type = mesh.Objects("mtls", "backends").FirstOrDefault(b => b.String("name") == enabled)?.String("type");
        return string.IsNullOrEmpty(enabled) ? "off" : $"{type}/{enabled}";
    }

    private static string Switch(JsonObject mesh, string member) => mesh.IsTrue("routing", member) ? "on" : "off";

    private static string Tags(JsonObject overview)
    {
        var networking = overview.At("dataplane", "networking");
        var tags = networking.Objects("inbound").SelectMany(i => i.Pairs("tags")).Concat(networking.Pairs("gateway", "tags"))
            .GroupBy(t => t.Key, StringComparer.Ordinal)
            .Select(g => KeyValuePair.Create(g.Key, string.Join(',', g.Select(t => t.Value).Distinct().Order(StringComparer.Ordinal))));
        return Join(tags.OrderBy(t => t.Key, StringComparer.Ordinal));
    }

    private static string Join(IEnumerable<KeyValuePair<string, string>> pairs) => string.Join(' ', pairs.Select(p => $"{p.Key}={p.Value}"));

    private static string Zone(JsonObject item) => item.String("labels", "kuma.io/zone") ?? "";

    private static string Advertised(JsonObject overview)
    {
        var networking = overview.At("zoneIngress", "networking");
        return networking.String("advertisedAddress") is { Length: > 0 } address ? $"{address}:{networking.String("advertisedPort")}" : "";
    }

    private static string Ports(JsonObject service) =>
        string.Join(' ', service.Objects("spec", "ports").Select(p => $"{p.String("port")}/{p.String("appProtocol") ?? "tcp"}"));

    private static string Target(JsonObject policy)
    {
        var target = policy.At("spec", "targetRef");
        var kind = target.String("kind") ?? "Mesh";
        var name = target.String("name") is { Length: > 0 } given ? $" {given}" : "";
        var labels = Join(target.Pairs("labels").Concat(target.Pairs("tags")));
        return $"{kind}{name}{(labels.Length > 0 ? $" [{labels}]" : "")}";
    }

    private sealed record Column(string Heading, Func<JsonObject, DateTimeOffset, string> Cell);
}
