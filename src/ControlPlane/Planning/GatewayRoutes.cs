using System.Collections.Immutable;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Kinds.Legacy;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>A destination of a route of a built-in gateway.</summary>
/// <param name="Tags">Its tags.</param>
/// <param name="Policies">The policies of 2021 that hold on the way there, one of a kind, by kind.</param>
public sealed record GatewayDestination(ImmutableSortedDictionary<string, string> Tags, ImmutableArray<Resource> Policies);

/// <summary>A MeshGatewayRoute on one host name of a listener.</summary>
/// <param name="Route">The route.</param>
/// <param name="Destinations">Where it leads, mirrors among them.</param>
public sealed record GatewayRoute(Resource Route, ImmutableArray<GatewayDestination> Destinations);

/// <summary>A host name of a listener.</summary>
/// <param name="Name">The name; <c>*</c> for all.</param>
/// <param name="Routes">Its routes, by name.</param>
public sealed record GatewayHost(string Name, ImmutableArray<GatewayRoute> Routes);

/// <summary>A port of a built-in gateway.</summary>
/// <param name="Port">The port.</param>
/// <param name="Protocol">Its protocol: TCP, TLS, HTTP or HTTPS.</param>
/// <param name="Hosts">The host names, in order.</param>
public sealed record GatewayPort(uint Port, string Protocol, ImmutableArray<GatewayHost> Hosts);

/// <summary>The routes of 2021 (MeshGatewayRoute) on the listeners of a built-in gateway.</summary>
public static class GatewayRoutes
{
    private static readonly string[] ConnectionKinds = ["CircuitBreaker", "FaultInjection", "HealthCheck", "RateLimit", "Retry", "Timeout"];

    /// <summary>The ports with their routes; none when nothing configures the gateway.</summary>
    /// <param name="world">What is stored.</param>
    /// <param name="proxy">A built-in gateway as <see cref="MeshPlan.View"/> shows it.</param>
    public static ImmutableArray<GatewayPort> Of(World world, ProxyView proxy) => proxy.Gateway is not { } gateway ? [] :
    [
        .. GatewayListeners.Of(gateway, proxy.GatewayTags).GroupBy(l => l.Listener.Port).Select(port => new GatewayPort(
            port.Key,
            port.First().Listener.Protocol.ToString().ToUpperInvariant(),
            [
                .. port.SelectMany(listener => On(world, gateway.Mesh, listener))
                    .GroupBy(r => r.Host, r => r.Route)
                    .OrderBy(h => h.Key, StringComparer.Ordinal)
                    .Select(h => new GatewayHost(h.Key, [.. h])),
            ])),
    ];

    private static IEnumerable<(string Host, GatewayRoute Route)> On(World world, string mesh, GatewayListener listener)
    {
        foreach (var route in world.List("MeshGatewayRoute", mesh).Where(r => OldPolicy.Of(r).Selectors.Any(s => s.Fits(listener.Tags))))
        {
            var conf = ((MeshGatewayRouteKind)route.Kind).Spec(route).Conf;
            var hosts = conf?.Http is { Hostnames.Count: > 0 } http ? http.Hostnames.Select(h => Common(listener.Hostname, h)).OfType<string>() : [listener.Hostname];
            var destinations = (conf?.Tcp?.Rules.SelectMany(r => r.Backends) ?? [])
                .Concat(conf?.Http?.Rules.SelectMany(r => r.Backends.Concat(r.Filters.Select(f => f.Mirror?.Backend).OfType<Protos.Kuma.Mesh.MeshGatewayRoute.Types.Backend>())) ?? [])
                .Select(b => b.Destination.ToImmutableSortedDictionary(StringComparer.Ordinal))
                .OrderBy(d => string.Join(',', d), StringComparer.Ordinal)
                .Select(d => new GatewayDestination(d, Policies(world, mesh, listener, d)))
                .ToImmutableArray();
            if (destinations.Length > 0)
            {
                foreach (var host in hosts)
                {
                    yield return (host, new GatewayRoute(route, destinations));
                }
            }
        }
    }

    private static ImmutableArray<Resource> Policies(World world, string mesh, GatewayListener listener, IReadOnlyDictionary<string, string> destination) =>
    [
        .. ConnectionKinds.Select(k => OldMatches.ForConnection(world, mesh, k, s => s.Fits(listener.Tags), destination.GetValueOrDefault(TagKeys.Service, ""))).OfType<Resource>(),
    ];

    /// <summary>The host name that fits both; null when none does.</summary>
    private static string? Common(string listener, string route) =>
        Covers(listener, route) ? route : Covers(route, listener) ? listener : null;

    private static bool Covers(string general, string name) =>
        general == TagKeys.Any || general == name || (general.StartsWith("*.", StringComparison.Ordinal) && name.EndsWith(general[1..], StringComparison.OrdinalIgnoreCase));
}
