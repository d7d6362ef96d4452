using System.Text.Json.Nodes;
using MeshConsole.Cli.Client;

namespace MeshConsole.Cli.Output;

/// <summary>State of zones and proxies, from what the control plane observed of them.</summary>
internal static class States
{
    private const string ZoneIsGone = "meshctl.zoneIsGone";

    /// <summary>Notes on what came from a zone that is not connected that its state is only what was last known.</summary>
    public static void MarkZonesGone(IEnumerable<JsonObject> overviews, IEnumerable<JsonObject> zones)
    {
        var gone = Gone(zones);
        foreach (var overview in overviews.Where(o => gone.Contains(o.String("labels", "kuma.io/zone"))))
        {
            MarkZoneGone(overview);
        }
    }

    /// <summary>Notes on an overview that its zone is not connected.</summary>
    public static void MarkZoneGone(JsonObject overview) => overview[ZoneIsGone] = true;

    /// <summary>Names of the zones that are not connected.</summary>
    public static HashSet<string?> Gone(IEnumerable<JsonObject> zones) => [.. zones.Where(z => OfZone(z) == "offline").Select(z => z.String("name"))];

    /// <summary>State of a zone ingress or egress.</summary>
    public static string OfZoneProxy(JsonObject overview, string insight) =>
        overview.IsTrue(ZoneIsGone) ? "unknown" : IsOnline(overview.At(insight)) ? "online" : "offline";

    /// <summary>State of a zone, from its overview.</summary>
    public static string OfZone(JsonObject overview) =>
        overview.At("zone", "enabled") is not null && !overview.IsTrue("zone", "enabled") ? "disabled"
        : IsOnline(overview.At("zoneInsight")) ? "online"
        : "offline";

    /// <summary>State of a data plane, from its overview: degraded when some inbounds are not ready, unknown when its zone is not connected.</summary>
    public static string OfDataplane(JsonObject overview)
    {
        if (overview.IsTrue(ZoneIsGone))
        {
            return "unknown";
        }

        if (!IsOnline(overview.At("dataplaneInsight")))
        {
            return "offline";
        }

        var inbounds = overview.Objects("dataplane", "networking", "inbound").ToList();
        var ready = inbounds.Count(i => i.String("state") is null or "Ready" && (i.At("health", "ready") is null || i.IsTrue("health", "ready")));
        return inbounds.Count == 0 || ready == inbounds.Count ? "online" : ready == 0 ? "offline" : "degraded";
    }

    /// <summary>True when the last subscription of an insight has begun and not ended.</summary>
    public static bool IsOnline(JsonNode? insight) =>
        insight.Objects("subscriptions").LastOrDefault() is { } last && last.String("connectTime") is not null && last.String("disconnectTime") is null;

    /// <summary>The last subscription of an insight, or null.</summary>
    public static JsonObject? LastSubscription(JsonNode? insight) => insight.Objects("subscriptions").LastOrDefault();
}
