using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Web.Live;

namespace MeshConsole.Web.Components.Pages.Traffic;

/// <summary>What a target of a split finds now.</summary>
/// <param name="Found">There is such a service.</param>
/// <param name="Problem">Why requests sent there fail, in words; null when all is well.</param>
/// <param name="Endpoints">Proxies per zone that stand behind it.</param>
public sealed record TargetState(bool Found, string? Problem, ImmutableArray<ZoneEndpoints> Endpoints)
{
    /// <summary>Proxies behind it, all zones.</summary>
    public int Total => Endpoints.Sum(e => e.Total);
}

/// <summary>The proxies of one zone behind a service.</summary>
/// <param name="Zone">The zone, or empty.</param>
/// <param name="Ready">Those that are ready as far as is known.</param>
/// <param name="Total">All of them.</param>
public sealed record ZoneEndpoints(string Zone, int Ready, int Total);

/// <summary>Finds the services that targets of a split name.</summary>
public sealed class TargetLookup
{
    private static readonly string[] Kinds = ["MeshMultiZoneService", "MeshService", "MeshExternalService"];
    private readonly ImmutableArray<ServiceFacts> services;
    private readonly Lazy<ILookup<string, ProxyFacts>> proxiesByZone;

    /// <summary>Looks in one mesh of one state.</summary>
    public TargetLookup(World world, string mesh)
    {
        services = [.. Kinds.SelectMany(k => world.List(k, mesh)).Select(ServiceFacts.Of)];
        proxiesByZone = new(() => world.List("Dataplane", mesh).Select(d => ProxyFacts.Of(world, d)).ToLookup(p => p.Zone));
    }

    /// <summary>All services of the mesh that can be targets.</summary>
    public ImmutableArray<ServiceFacts> Services => services;

    /// <summary>What a target finds.</summary>
    public TargetState Find(SplitTarget target)
    {
        var missing = new TargetState(false, "No such service. Its share fails with 503.", []);
        switch (target.Kind)
        {
            case "MeshMultiZoneService" or "MeshExternalService" or "MeshService":
                var named = services.Where(s => s.Kind == target.Kind && Means(target, s)).ToList();
                if (named.Count == 0)
                {
                    return target.Kind == "MeshService" && target.Labels.IsEmpty && services.Any(s => s.Kind == "MeshService" && s.Name == target.Name)
                        ? missing with { Problem = "Named without a zone, so zones find nothing. Name it by display name and zone." }
                        : missing;
                }

                if (target.Port is { } port && named.All(s => s.Ports.All(p => p.Port != port)))
                {
                    return new TargetState(true, $"It has no port {port}. Its share fails with 503.", Endpoints(named));
                }

                var endpoints = Endpoints(named);
                return new TargetState(true, target.Kind != "MeshExternalService" && endpoints.Sum(e => e.Total) == 0 ? "No endpoint. Its share fails with 503." : null, endpoints);
            case "MeshSubset" or "MeshServiceSubset":
                var tagged = proxiesByZone.Value.SelectMany(g => g).Where(p => p.Inbounds.Any(i => Fits(target, i))).ToList();
                return tagged.Count == 0
                    ? missing with { Problem = "No proxy has these tags. Its share fails with 503." }
                    : new TargetState(true, null, ByZone(tagged.Select(p => (p.Zone, p.Inbounds.Any(i => i.Ready && Fits(target, i))))));
            default:
                return new TargetState(true, null, []);
        }
    }

    /// <summary>What each target of a rule finds, in their order.</summary>
    public ImmutableArray<TargetState> States(SplitRule rule) => [.. rule.Targets.Select(Find)];

    /// <summary>The proxies behind a service.</summary>
    public ImmutableArray<ZoneEndpoints> Endpoints(ServiceFacts service) => Endpoints([service]);

    /// <summary>The targets of a stored route that find nothing though they carry weight.</summary>
    public IEnumerable<(SplitTarget Target, TargetState State)> Missing(JsonObject manifest)
    {
        foreach (var to in SplitDraft.Array(SplitDraft.Node(manifest, "spec"), "to").OfType<JsonObject>())
        {
            foreach (var rule in SplitDraft.Array(to, "rules").OfType<JsonObject>())
            {
                foreach (var target in SplitRule.Read(rule, 0, 0).Targets)
                {
                    if (target.Weight > 0 && Find(target) is { Problem: not null } state)
                    {
                        yield return (target, state);
                    }
                }
            }
        }
    }

    private static bool Means(SplitTarget target, ServiceFacts service) => target.Labels.IsEmpty
        ? target.Name == service.Key.Name && (service.Kind != "MeshService" || service.Zone.Length == 0)
        : target.Labels.All(l => SplitDraft.Carries(service, l.Key, l.Value));

    private static bool Fits(SplitTarget target, InboundFacts inbound) =>
        (target.Kind == "MeshSubset" || inbound.Service == target.Name)
        && target.Tags.All(t => inbound.Tags.TryGetValue(t.Key, out var value) && value == t.Value);

    private static ImmutableArray<ZoneEndpoints> ByZone(IEnumerable<(string Zone, bool Ready)> proxies) =>
        [.. proxies.GroupBy(p => p.Zone).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new ZoneEndpoints(g.Key, g.Count(p => p.Ready), g.Count()))];

    private ImmutableArray<ZoneEndpoints> Endpoints(IReadOnlyCollection<ServiceFacts> named)
    {
        var direct = named.Where(s => s.Kind == "MeshService")
            .Concat(named.Where(s => s.Kind == "MeshMultiZoneService").SelectMany(m => services.Where(s => s.Kind == "MeshService" && m.Joins.Count > 0 && m.Joins.All(l => SplitDraft.Carries(s, l.Key, l.Value)))))
            .DistinctBy(s => s.Key);
        return ByZone(direct.SelectMany(s => s.Selector.IsEmpty ? [] : proxiesByZone.Value[s.Zone]
            .Where(p => p.Inbounds.Any(i => Selects(s, i)))
            .Select(p => (p.Zone, p.Inbounds.Any(i => i.Ready && Selects(s, i))))));
    }

    private static bool Selects(ServiceFacts service, InboundFacts inbound) =>
        service.Selector.All(t => inbound.Tags.TryGetValue(t.Key, out var value) && value == t.Value);
}
