using System.Collections.Frozen;
using System.Collections.Immutable;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Kinds.Legacy;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>The part of a proxy for which a policy of 2021 holds.</summary>
/// <param name="Type"><c>dataplane</c>, <c>inbound</c>, <c>outbound</c> or <c>service</c>.</param>
/// <param name="Name">Address of an inbound or outbound, or name of the service; empty for the proxy as a whole.</param>
/// <param name="Service">The service behind it, or empty.</param>
public readonly record struct Attachment(string Type, string Name, string Service)
{
    /// <summary>The proxy as a whole.</summary>
    public static Attachment Dataplane { get; } = new("dataplane", "", "");
}

/// <summary>A policy of 2021 that holds for a part of a proxy.</summary>
/// <param name="Attachment">The part.</param>
/// <param name="Policy">The policy.</param>
public readonly record struct OldMatch(Attachment Attachment, Resource Policy);

/// <summary>
/// Which policies of 2021 hold for a proxy. They are listed beside newer policies that take their place, as Kuma does. Outbounds
/// that a zone makes up for transparent proxies are not known here: only those that stand in the Dataplane count.
/// </summary>
public sealed class OldMatches
{
    /// <summary>Kuma's name for whatever leaves a proxy towards no service of the mesh.</summary>
    public const string PassThrough = "pass_through";

    private static readonly string[] ForProxies = ["ProxyTemplate", "TrafficTrace"];
    private static readonly string[] ForInbounds = ["TrafficPermission"];
    private static readonly string[] ForInboundsAll = ["FaultInjection", "RateLimit"];
    private static readonly string[] ForOutbounds = ["RateLimit", "Timeout", Route];
    private static readonly string[] ForServices = ["CircuitBreaker", "HealthCheck", "Retry"];
    private const string Log = "TrafficLog";
    private const string Route = "TrafficRoute";

    private readonly World world;
    private readonly ProxyView proxy;
    private readonly string mesh;
    private readonly ImmutableArray<(string Address, string Service)> outbounds;

    /// <summary>Looks at one proxy.</summary>
    /// <param name="world">What is stored.</param>
    /// <param name="dataplane">A Dataplane.</param>
    public OldMatches(World world, Resource dataplane)
    {
        this.world = world;
        proxy = ProxyView.Of(dataplane);
        mesh = dataplane.Mesh;
        outbounds =
        [
            .. (((DataplaneKind)dataplane.Kind).Spec(dataplane).Networking?.Outbound ?? [])
                .Where(o => o.BackendRef is null)
                .Select(o => ($"{(o.Address.Length > 0 ? o.Address : "127.0.0.1")}:{o.Port}", o.Tags.TryGetValue(TagKeys.Service, out var service) ? service : "")),
        ];
    }

    /// <summary>Everything that holds, by part and then by kind.</summary>
    /// <param name="kind">Looks for policies of one kind only.</param>
    public IReadOnlyList<OldMatch> All(string? kind = null)
    {
        return
        [
            .. OfProxy(Wanted(ForProxies)).Concat(OfInbounds(Wanted(ForInbounds), Wanted(ForInboundsAll)))
                .Concat(OfOutbounds(Wanted(ForOutbounds)))
                .Concat(OfServices(Wanted(ForServices), logs: kind is null or Log))
                .OrderBy(m => m.Attachment.Type, StringComparer.Ordinal)
                .ThenBy(m => m.Attachment.Name, StringComparer.Ordinal)
                .ThenBy(m => m.Policy.Kind.Name, StringComparer.Ordinal),
        ];

        string[] Wanted(string[] kinds) => kind is null ? kinds : [.. kinds.Where(k => k == kind)];
    }

    /// <summary>The policy of a kind with selectors that holds for the proxy; null when none does.</summary>
    public Resource? ForProxy(string kind) =>
        OldPolicy.Best(world.List(kind, mesh).Select(p => (p, OldPolicy.Best(OldPolicy.Of(p).Selectors, s => s.Fits(proxy)))));

    /// <summary>The policy of a kind that holds for connections from the proxy to a service; null when none does.</summary>
    /// <param name="kind">Name of the kind.</param>
    /// <param name="service">Name of the service.</param>
    public Resource? ForConnection(string kind, string service) => ForConnection(world, mesh, kind, s => s.Fits(proxy), service);

    /// <summary>The policy of a kind that holds for connections from something to a service; null when none does.</summary>
    internal static Resource? ForConnection(World world, string mesh, string kind, Func<TagSelector, bool> isSource, string service)
    {
        var destination = new Dictionary<string, string> { [TagKeys.Service] = service };
        return OldPolicy.Best(world.List(kind, mesh).Select(p =>
        {
            var policy = OldPolicy.Of(p);
            return (p, OldPolicy.Best(policy.Sources, isSource) is { } from && OldPolicy.Best(policy.Destinations, s => s.Fits(destination)) is { } to
                ? to.With(from)
                : (SelectorRank?)null);
        }));
    }

    private IEnumerable<OldMatch> OfProxy(string[] kinds) =>
        kinds.Select(ForProxy).OfType<Resource>().Select(p => new OldMatch(Attachment.Dataplane, p));

    private IEnumerable<OldMatch> OfInbounds(string[] one, string[] all)
    {
        var networking = ((DataplaneKind)proxy.Resource.Kind).Spec(proxy.Resource).Networking;
        foreach (var inbound in networking?.Inbound ?? [])
        {
            var address = inbound.Address.Length > 0 ? inbound.Address : networking!.Address;
            var attachment = new Attachment(
                "inbound",
                $"{address}:{inbound.Port}:{(inbound.ServicePort > 0 ? inbound.ServicePort : inbound.Port)}",
                inbound.Tags.TryGetValue(TagKeys.Service, out var service) ? service : "");
            var tags = inbound.Tags.ToFrozenDictionary(StringComparer.Ordinal);
            foreach (var policy in one.Select(k => OldPolicy.Best(world.List(k, mesh), p => p.Destinations, tags)).OfType<Resource>())
            {
                yield return new OldMatch(attachment, policy);
            }

            foreach (var policy in all.SelectMany(k => Fitting(k, tags)))
            {
                yield return new OldMatch(attachment, policy);
            }
        }
    }

    /// <summary>All policies for an inbound, the one with the most precise source first.</summary>
    private IEnumerable<Resource> Fitting(string kind, FrozenDictionary<string, string> tags) => world.List(kind, mesh)
        .Where(p => OldPolicy.Of(p).Destinations.Any(s => s.Fits(tags)))
        .OrderByDescending(p => OldPolicy.Of(p).Sources.Select(s => s.Rank).FirstOrDefault())
        .ThenByDescending(p => p.CreationTime);

    private IEnumerable<OldMatch> OfOutbounds(string[] kinds) => outbounds.SelectMany(o => kinds
        .Select(k => ForConnection(k, o.Service)).OfType<Resource>()
        .Select(p => new OldMatch(new Attachment("outbound", o.Address, o.Service), p)));

    private IEnumerable<OldMatch> OfServices(string[] kinds, bool logs)
    {
        var found = kinds.Length == 0 ? [] : Destinations().SelectMany(s => kinds.Select(k => (Service: s, Policy: ForConnection(k, s))));
        if (logs)
        {
            found = found.Concat(outbounds.Select(o => o.Service).Append(PassThrough).Distinct().Select(s => (Service: s, Policy: ForConnection(Log, s))));
        }

        return found.Where(f => f.Policy is not null).Select(f => new OldMatch(new Attachment("service", f.Service, f.Service), f.Policy!));
    }

    /// <summary>The services that traffic of the outbounds ends at: a route may lead elsewhere than the outbound says.</summary>
    private IEnumerable<string> Destinations() => outbounds.SelectMany(o => ForConnection(Route, o.Service) is { Kind: TrafficRouteKind kind } route && kind.Spec(route).Conf is { } conf
            ? conf.Split.Select(s => s.Destination).Append(conf.Destination)
                .Concat(conf.Http.SelectMany(h => h.Split.Select(s => s.Destination).Append(h.Destination)))
                .Select(d => d.TryGetValue(TagKeys.Service, out var service) ? service : "")
                .Where(s => s.Length > 0)
                .Select(s => s == TagKeys.Any ? o.Service : s)
            : [o.Service])
        .Distinct();
}
