using System.Collections.Immutable;
using MeshConsole.ControlPlane.Insights;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Protos.Kuma.System;
using MeshConsole.Shared;

namespace MeshConsole.Web.Live;

/// <summary>
/// Reads what pages show of zones, ingresses and proxies from the newest state. A reading is kept until the state or a
/// connection moves, so that many open pages cost one reading.
/// </summary>
public sealed class EstateReader(Live<World> worlds, ZoneLinks links, States states)
{
    private volatile Reading? last;

    /// <summary>The newest stored state.</summary>
    public World World => worlds.Value;

    /// <summary>All zones, by name.</summary>
    public ImmutableArray<ZoneFacts> Zones() => Now().Zones.Value;

    /// <summary>One zone, or null.</summary>
    public ZoneFacts? Zone(string name) => Zones().FirstOrDefault(z => z.Name == name);

    /// <summary>All proxies, or those of one mesh, with their states.</summary>
    public ImmutableArray<ProxyRow> Proxies(string? mesh = null) =>
        mesh is null ? Now().Proxies.Value : [.. Now().Proxies.Value.Where(p => p.Facts.Mesh == mesh)];

    /// <summary>All ingresses.</summary>
    public ImmutableArray<IngressFacts> Ingresses() => Now().Ingresses.Value;

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

    private Reading Now()
    {
        var (world, board) = (worlds.Value, links.Board.Value);
        if (last is { } known && ReferenceEquals(known.World, world) && ReferenceEquals(known.Board, board))
        {
            return known;
        }

        return last = new Reading(world, board, this);
    }

    /// <summary>One ingress with its state.</summary>
    public IngressFacts Ingress(Resource resource)
    {
        var spec = resource.Kind.TypedSpec(resource) as ZoneIngress;
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
            state);
    }

    /// <summary>The subscriptions of a zone, newest last; null when it never connected.</summary>
    public ZoneInsight? Insight(string zone) => Insight(World, zone);

    private static DateTimeOffset? LastSeen(World world, string zone) =>
        Insight(world, zone)?.Subscriptions.LastOrDefault() is { } last
            ? ProxyFacts.Moment(last.DisconnectTime ?? last.Status?.LastUpdateTime ?? last.ConnectTime)
            : null;

    private ZoneFacts Zone(World world, Resource zone, IEnumerable<ProxyRow> proxies, IEnumerable<IngressFacts> ingresses)
    {
        var insight = Insight(world, zone.Name);
        var link = links.Of(zone.Name);
        var connection = insight?.Subscriptions.LastOrDefault();
        var doors = ingresses.ToList();
        var tally = Tally.Of(proxies.Select(p => p.State));
        return new ZoneFacts(zone.Name, ZoneState(zone.Name))
        {
            Version = link.Version.Length > 0 ? link.Version : insight?.Subscriptions.LastOrDefault(s => s.Version?.KumaCp is not null)?.Version.KumaCp.Version ?? "",
            ConnectedAt = link.Connected ? link.Since : ProxyFacts.Moment(connection?.ConnectTime),
            Proxies = tally.Total,
            ProxiesOnline = tally.Online,
            ProxiesUnknown = tally.Unknown,
            IngressCount = doors.Count,
            Ingresses = string.Join(", ", doors.Select(d => d.Advertised.Length > 0 ? d.Advertised : d.Address)),
            Created = zone.CreationTime,
        };
    }

    private static ZoneInsight? Insight(World world, string zone) =>
        world.Find("ZoneInsight", zone) is { } resource ? resource.Kind.TypedSpec(resource) as ZoneInsight : null;

    private sealed class Reading
    {
        public Reading(World world, ImmutableSortedDictionary<string, ZoneLink> board, EstateReader reader)
        {
            World = world;
            Board = board;
            Proxies = new(() => [.. world.List("Dataplane").Select(d => new ProxyRow(ProxyFacts.Of(world, d), reader.StateOf(d)))]);
            Ingresses = new(() => [.. world.List("ZoneIngress").Select(reader.Ingress)]);
            Zones = new(() =>
            {
                var proxies = Proxies.Value.ToLookup(p => p.Facts.Zone);
                var ingresses = Ingresses.Value.ToLookup(i => i.Zone);
                return [.. world.List("Zone").Select(z => reader.Zone(world, z, proxies[z.Name], ingresses[z.Name]))];
            });
        }

        public World World { get; }

        public ImmutableSortedDictionary<string, ZoneLink> Board { get; }

        public Lazy<ImmutableArray<ProxyRow>> Proxies { get; }

        public Lazy<ImmutableArray<IngressFacts>> Ingresses { get; }

        public Lazy<ImmutableArray<ZoneFacts>> Zones { get; }
    }
}

/// <summary>Reading of protobuf maps.</summary>
internal static class MapReading
{
    /// <summary>The value, or the empty string.</summary>
    public static string GetValueOrDefaultOf(this IDictionary<string, string> map, string key) => map.TryGetValue(key, out var value) ? value : "";
}
