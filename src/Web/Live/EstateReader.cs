using System.Collections.Immutable;
using MeshConsole.ControlPlane.Insights;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Protos.Kuma.System;
using MeshConsole.Shared;

namespace MeshConsole.Web.Live;

/// <summary>Reads what pages show of zones, ingresses and proxies from the newest state. Holds nothing itself.</summary>
public sealed class EstateReader(Live<World> worlds, ZoneLinks links, States states)
{
    /// <summary>The newest stored state.</summary>
    public World World => worlds.Value;

    /// <summary>All zones, by name.</summary>
    public ImmutableArray<ZoneFacts> Zones()
    {
        var world = World;
        var proxies = world.List("Dataplane").ToLookup(d => d.Zone ?? "");
        var ingresses = world.List("ZoneIngress").ToLookup(d => d.Zone ?? "");
        return [.. world.List("Zone").Select(z => Zone(world, z, proxies[z.Name], ingresses[z.Name]))];
    }

    /// <summary>One zone, or null.</summary>
    public ZoneFacts? Zone(string name) => World.Find("Zone", name) is { } zone
        ? Zone(World, zone, World.List("Dataplane").Where(d => d.Zone == name), World.List("ZoneIngress").Where(i => i.Zone == name))
        : null;

    /// <summary>The state of a zone's link.</summary>
    public StateFacts ZoneState(string zone)
    {
        var world = World;
        if (world.Find("Zone", zone) is not { } resource)
        {
            return new StateFacts("unknown", null, $"zone {zone} is not registered");
        }

        var state = StateFacts.Of(states.Of(resource, world));
        return state.Since is null && !state.Online ? state with { Since = LastSeen(world, zone) } : state;
    }

    /// <summary>The state of a proxy or ingress: what its zone last said, as far as that zone is there to say it.</summary>
    public StateFacts StateOf(Resource resource) => StateFacts.Of(states.Of(resource, World));

    /// <summary>All proxies, or those of one mesh, with their states.</summary>
    public ImmutableArray<ProxyRow> Proxies(string? mesh = null)
    {
        var world = World;
        return [.. (mesh is null ? world.List("Dataplane") : world.List("Dataplane", mesh)).Select(d => new ProxyRow(ProxyFacts.Of(world, d), StateOf(d)))];
    }

    /// <summary>All ingresses.</summary>
    public ImmutableArray<IngressFacts> Ingresses()
    {
        var world = World;
        return [.. world.List("ZoneIngress").Select(i => Ingress(world, i))];
    }

    /// <summary>One ingress with its state.</summary>
    public IngressFacts Ingress(World world, Resource resource)
    {
        var spec = resource.Kind.TypedSpec(resource) as ZoneIngress;
        var insightResource = world.Find("ZoneIngressInsight", resource.Name);
        var zone = resource.Zone ?? spec?.Zone ?? "";
        var state = StateOf(resource);
        var networking = spec?.Networking;
        return new IngressFacts(
            resource.Key,
            resource.DisplayName,
            zone,
            networking is null ? "" : $"{networking.Address}:{networking.Port}",
            networking is null || networking.AdvertisedAddress.Length == 0 ? "" : $"{networking.AdvertisedAddress}:{networking.AdvertisedPort}",
            spec?.AvailableServices.Select(s => (s.Mesh, s.Tags.GetValueOrDefaultOf("kuma.io/service"))).Distinct().Count() ?? 0,
            state,
            Math.Max(resource.Revision, insightResource?.Revision ?? 0));
    }

    /// <summary>The subscriptions of a zone, newest last; null when it never connected.</summary>
    public ZoneInsight? Insight(string zone) => Insight(World, zone);

    private static DateTimeOffset? LastSeen(World world, string zone) =>
        Insight(world, zone)?.Subscriptions.LastOrDefault() is { } last
            ? ProxyFacts.Moment(last.DisconnectTime ?? last.Status?.LastUpdateTime ?? last.ConnectTime)
            : null;

    private ZoneFacts Zone(World world, Resource zone, IEnumerable<Resource> proxies, IEnumerable<Resource> ingresses)
    {
        var insightResource = world.Find("ZoneInsight", zone.Name);
        var insight = Insight(world, zone.Name);
        var link = links.Of(zone.Name);
        var last = insight?.Subscriptions.LastOrDefault();
        var doors = ingresses.Select(i => Ingress(world, i)).ToList();
        var tally = Tally.Of(proxies.Select(StateOf));
        return new ZoneFacts(zone.Name, ZoneState(zone.Name), Math.Max(zone.Revision, insightResource?.Revision ?? 0))
        {
            Version = link.Version.Length > 0 ? link.Version : insight?.Subscriptions.LastOrDefault(s => s.Version?.KumaCp is not null)?.Version.KumaCp.Version ?? "",
            ConnectedAt = link.Connected ? link.Since : ProxyFacts.Moment(last?.ConnectTime),
            Proxies = tally.Total,
            ProxiesOnline = tally.Online,
            ProxiesUnknown = tally.Unknown,
            IngressCount = doors.Count,
            Ingresses = string.Join(", ", doors.Select(d => d.Advertised.Length > 0 ? d.Advertised : d.Address)),
            Created = zone.CreationTime,
            Rejected = last is { DisconnectTime: null } ? (int)Math.Min(int.MaxValue, last.Status?.Total?.ResponsesRejected ?? 0) : 0,
        };
    }

    private static ZoneInsight? Insight(World world, string zone) =>
        world.Find("ZoneInsight", zone) is { } resource ? resource.Kind.TypedSpec(resource) as ZoneInsight : null;
}

/// <summary>Reading of protobuf maps.</summary>
internal static class MapReading
{
    /// <summary>The value, or the empty string.</summary>
    public static string GetValueOrDefaultOf(this IDictionary<string, string> map, string key) => map.TryGetValue(key, out var value) ? value : "";
}
