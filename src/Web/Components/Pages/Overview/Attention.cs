using System.Collections.Immutable;
using MeshConsole.ControlPlane.Delivery;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Licensing;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Web.Components.Controls;
using MeshConsole.Web.Components.Pages.Traffic;
using MeshConsole.Web.Live;

namespace MeshConsole.Web.Components.Pages.Overview;

/// <summary>Finds what needs a person, ranked by harm: refused traffic before stale knowledge before risks.</summary>
public static class Attention
{
    /// <summary>Everything that is wrong now, worst first.</summary>
    public static ImmutableArray<AttentionItem> Find(
        EstateReader estate,
        ImmutableArray<ZoneFacts> zones,
        ImmutableArray<ProxyRow> proxies,
        ImmutableArray<IngressFacts> ingresses,
        DeliveryBoard board,
        ImmutableSortedDictionary<string, ZoneLink> links,
        LicenseState license,
        ViewClock clock)
    {
        var items = new List<AttentionItem>();
        items.AddRange(Zones(zones, proxies, ingresses, clock));
        items.AddRange(Links(links, zones, clock));
        items.AddRange(Rejections(board));
        items.AddRange(Meshes(estate.World, proxies));
        items.AddRange(Routes(estate.World));
        items.AddRange(Proxies(proxies));
        items.AddRange(Ingresses(zones, ingresses));
        if (license.Status is not LicenseStatus.Valid)
        {
            items.Add(new AttentionItem(license.Status is LicenseStatus.Expired ? 60 : 30, license.Status is LicenseStatus.Expired or LicenseStatus.Invalid ? Tone.Bad : Tone.Warn, "license", $"License: {license.Word}", license.Message, "Open license", "license"));
        }

        return [.. items.DistinctBy(i => (i.Title, i.Href)).OrderByDescending(i => i.Harm).ThenBy(i => i.Title, StringComparer.Ordinal)];
    }

    private static IEnumerable<AttentionItem> Zones(ImmutableArray<ZoneFacts> zones, ImmutableArray<ProxyRow> proxies, ImmutableArray<IngressFacts> ingresses, ViewClock clock)
    {
        foreach (var zone in zones.Where(z => z.State.Word is "offline" or "unknown"))
        {
            var behind = proxies.Count(p => p.Facts.Zone == zone.Name);
            var doors = ingresses.Count(i => i.Zone == zone.Name);
            if (zone.State.Since is null && behind == 0)
            {
                yield return new AttentionItem(20, Tone.Mute, "clock", $"Zone {zone.Name} has not connected yet", "It was added and its control plane has not called.", "Connect it", $"zones/new?name={zone.Name}");
                continue;
            }

            yield return new AttentionItem(
                90,
                Tone.Bad,
                "cross",
                zone.State.Since is { } since ? $"Zone {zone.Name} stopped answering at {clock.At(since)}" : $"Zone {zone.Name} is not connected",
                (behind + doors == 0 ? "" : $"{Words(behind, "data plane", "data planes")} and {Words(doors, "ingress", "ingresses")} are shown as last known. ") + $"Traffic inside {zone.Name} goes on with its last configuration.",
                "Diagnose",
                $"zones/new?name={zone.Name}");
        }
    }

    private static IEnumerable<AttentionItem> Links(ImmutableSortedDictionary<string, ZoneLink> links, ImmutableArray<ZoneFacts> zones, ViewClock clock)
    {
        foreach (var link in links.Values)
        {
            if (link.Alarm is { } alarm)
            {
                yield return new AttentionItem(95, Tone.Bad, "warning", $"Two control planes claim zone {link.Zone}", alarm, "Open zone", $"zones/{link.Zone}");
            }

            if (link is { Connected: false, Refusal: { } refusal })
            {
                yield return new AttentionItem(
                    zones.Any(z => z.Name == link.Zone) ? 85 : 55,
                    Tone.Warn,
                    "shield",
                    $"Turned away: {link.Zone}{(refusal.Count > 1 ? $", {refusal.Count} times" : "")}",
                    $"{refusal.Reason.TrimEnd('.')}. From {refusal.From}, last at {clock.At(refusal.At)}.",
                    "Diagnose",
                    $"zones/new?name={Uri.EscapeDataString(link.Zone)}");
            }

            foreach (var load in link.Loads.Values)
            {
                yield return new AttentionItem(
                    load.TooLarge ? 75 : 25,
                    load.TooLarge ? Tone.Bad : Tone.Warn,
                    "warning",
                    load.TooLarge ? $"{load.Kind} is too large to deliver to {link.Zone}" : $"{load.Kind} is close to what zone {link.Zone} takes",
                    $"{load.Bytes / 1048576d:0.0} MiB of {load.Limit / 1048576d:0.0} MiB in one message. Other kinds are not affected.",
                    "Open zone",
                    $"zones/{link.Zone}");
            }
        }
    }

    private static IEnumerable<AttentionItem> Rejections(DeliveryBoard board)
    {
        foreach (var revision in board.Newest.Values)
        {
            if (board.Of(revision) is not { State: DeliveryState.Rejected } delivery)
            {
                continue;
            }

            foreach (var (zone, state) in delivery.Zones.Where(z => z.Value.State == DeliveryState.Rejected))
            {
                yield return new AttentionItem(80, Tone.Bad, "warning", $"{zone} rejected {delivery.Key.Kind} {delivery.DisplayName}", $"“{state.Reason}” It keeps the version before.", "Open change", $"changes/{revision}");
            }
        }
    }

    private static IEnumerable<AttentionItem> Meshes(World world, ImmutableArray<ProxyRow> proxies)
    {
        foreach (var mesh in world.List("Mesh"))
        {
            var facts = MeshFacts.Of(mesh);
            if (facts.EnabledBackend.Length > 0 && !world.List("MeshTrafficPermission", mesh.Name).Any() && !world.List("TrafficPermission", mesh.Name).Any())
            {
                yield return new AttentionItem(88, Tone.Bad, "shield", $"Mesh {mesh.Name}: every request is denied", "mTLS is on and there is no MeshTrafficPermission, so nobody may call anybody.", "Add a permission", $"meshes/{mesh.Name}/policies/MeshTrafficPermission/new");
            }
            else if (facts.EnabledBackend.Length == 0 && proxies.Any(p => p.Facts.Mesh == mesh.Name))
            {
                yield return new AttentionItem(15, Tone.Warn, "shield", $"Mesh {mesh.Name}: traffic is not encrypted", "mTLS is off: between zones, requests can be read and nobody proves who they are.", "Turn on mTLS", $"meshes/{mesh.Name}/mtls");
            }
        }
    }

    private static IEnumerable<AttentionItem> Routes(World world)
    {
        var lookups = new Dictionary<string, TargetLookup>();
        foreach (var route in world.List("MeshHTTPRoute"))
        {
            var lookup = lookups.TryGetValue(route.Mesh, out var known) ? known : lookups[route.Mesh] = new TargetLookup(world, route.Mesh);
            foreach (var (target, state) in lookup.Missing(ResourceJson.ToManifest(route)))
            {
                yield return new AttentionItem(70, Tone.Warn, "split", $"{route.DisplayName}: {target.Title} has weight {target.Weight} and {(state.Found ? "no endpoint" : "does not exist")}", state.Problem!, "Open policy", Places.Of(route));
            }
        }
    }

    private static IEnumerable<AttentionItem> Proxies(ImmutableArray<ProxyRow> proxies)
    {
        foreach (var zone in proxies.Where(p => p.State.Word == "offline" && p.Facts.ConnectedAt is null).GroupBy(p => p.Facts.Zone))
        {
            yield return new AttentionItem(
                10,
                Tone.Mute,
                "proxy",
                $"{zone.Key}: {Words(zone.Count(), "data plane has", "data planes have")} not started",
                $"Registered with the zone; no proxy has connected under these names: {string.Join(", ", zone.Select(p => p.Facts.Services).Where(s => s.Length > 0).Distinct().Take(6))}.",
                "Show them",
                $"dataplanes?state=offline&zone={zone.Key}");
        }

        foreach (var group in proxies.Where(p => p.State.Word is "offline" or "degraded" && p.Facts.ConnectedAt is not null).GroupBy(p => (p.Facts.Mesh, p.Facts.Zone, p.Facts.Services)))
        {
            var all = proxies.Count(p => (p.Facts.Mesh, p.Facts.Zone, p.Facts.Services) == group.Key);
            var down = group.Count(p => p.State.Word == "offline") == all;
            yield return new AttentionItem(
                down ? 65 : 40,
                down ? Tone.Bad : Tone.Warn,
                "proxy",
                $"{(group.Key.Services.Length > 0 ? group.Key.Services : "A service")} in {group.Key.Zone}: {group.Count()} of {Words(all, "data plane", "data planes")} not online",
                down ? "Nobody answers there." : "The others carry its traffic.",
                "Show them",
                $"dataplanes?q={Uri.EscapeDataString(group.Key.Services)}&zone={group.Key.Zone}");
        }
    }

    private static IEnumerable<AttentionItem> Ingresses(ImmutableArray<ZoneFacts> zones, ImmutableArray<IngressFacts> ingresses)
    {
        foreach (var ingress in ingresses.Where(i => i.State.Word == "offline"))
        {
            yield return new AttentionItem(
                ingress.State.Since is null ? 12 : 68,
                ingress.State.Since is null ? Tone.Mute : Tone.Bad,
                "door",
                ingress.State.Since is null ? $"Ingress {ingress.Name} of {ingress.Zone} has not started" : $"Ingress {ingress.Name} of {ingress.Zone} is offline",
                $"Other zones cannot reach the services of {ingress.Zone} through it.",
                "Open ingress",
                Places.Of(ingress.Key));
        }

        foreach (var zone in zones.Where(z => z is { IngressCount: 0, Proxies: > 0, State.Online: true }).Where(_ => zones.Length > 1))
        {
            yield return new AttentionItem(35, Tone.Warn, "door", $"Zone {zone.Name} has no ingress", "Its services can only be called from inside it.", "Open zone", $"zones/{zone.Name}");
        }
    }

    private static string Words(int count, string one, string many) => $"{count:N0} {(count == 1 ? one : many)}";
}
