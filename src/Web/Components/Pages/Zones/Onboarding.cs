using System.Collections.Immutable;
using MeshConsole.ControlPlane.Delivery;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Web.Components.Controls;
using MeshConsole.Web.Live;

namespace MeshConsole.Web.Components.Pages.Zones;

/// <summary>One line of the checklist.</summary>
/// <param name="Key">Its key, for tests.</param>
/// <param name="Title">What is checked.</param>
/// <param name="Tone">Done, failed, or waiting.</param>
/// <param name="Text">What was seen, or what it waits for.</param>
public sealed record OnboardingStep(string Key, string Title, Tone Tone, string Text);

/// <summary>What really happened on the way of a zone to us, and where it hangs. Nothing is assumed.</summary>
public static class Onboarding
{
    /// <summary>The checklist as it stands.</summary>
    /// <param name="zone">The zone that is expected.</param>
    /// <param name="link">Its connection.</param>
    /// <param name="links">All connections: a zone that comes under another name shows up there.</param>
    /// <param name="world">What is stored.</param>
    /// <param name="board">What was delivered.</param>
    /// <param name="clock">Times as the person reads them.</param>
    /// <param name="kuma">It is a Kuma 2.x zone, let in by network.</param>
    public static ImmutableArray<OnboardingStep> Steps(
        string zone,
        ZoneLink link,
        ImmutableSortedDictionary<string, ZoneLink> links,
        World world,
        DeliveryBoard board,
        ViewClock clock,
        bool kuma)
    {
        var steps = ImmutableArray.CreateBuilder<OnboardingStep>();
        var heard = link.Connected || link.Since is not null || link.Refusal is not null;
        var refused = link is { Connected: false, Refusal: not null } ? link.Refusal : null;
        steps.Add(heard
            ? new("reached", "Address reached, TLS trusted", Tone.Ok, link.Address.Length > 0 ? $"from {link.Address}" : $"from {refused?.From}")
            : new("reached", "Address reached, TLS trusted", Tone.Mute, "Nobody has called under this name yet. If the command runs and this stays so: a firewall or a wrong address is in the way; the zone's own log says what it got."));

        var stranger = links.Values.FirstOrDefault(l => l.Zone != zone && l is { Connected: false, Refusal: not null } && l.Refusal!.Reason.Contains(zone, StringComparison.Ordinal));
        steps.Add(link.Connected
            ? new("admitted", "Admitted", Tone.Ok, link.HasToken ? $"with its token, as {zone}" : $"without token, from a listed network, as {zone}")
            : refused is not null
                ? new("admitted", "Not admitted", Tone.Bad, $"{Refusal(refused, clock)} {Mend(refused.Reason, kuma)}")
                : stranger is not null
                    ? new("admitted", "Not admitted", Tone.Bad, $"A zone that calls itself {stranger.Zone} was turned away: {Sentence(stranger.Refusal!.Reason)} Start it with --name {zone}, or issue a token for {stranger.Zone}.")
                    : new("admitted", "Admitted", Tone.Mute, "waits for the first call"));

        steps.Add(link.Connected
            ? new("connected", "Connected", link.Alarm is null ? Tone.Ok : Tone.Bad, link.Alarm ?? $"since {clock.At(link.Since ?? clock.Now)}, control plane {(link.Version.Length > 0 ? link.Version : "of unknown version")}")
            : link.Since is { } ended && refused is null
                ? new("connected", "Connected", Tone.Warn, $"The connection ended at {clock.At(link.LastSeen ?? ended)}. The zone calls again by itself.")
                : new("connected", "Connected", Tone.Mute, "waits for admission"));

        steps.Add(Sync(zone, link, world, board));
        var ingresses = world.List("ZoneIngress").Where(i => i.Zone == zone).ToList();
        steps.Add(ingresses.Count > 0
            ? new("ingress", "Ingress registered", Tone.Ok, string.Join(", ", ingresses.Select(i => i.DisplayName)))
            : new("ingress", "Ingress registered", Tone.Mute, link.Connected ? $"Start one in {zone}, so that other zones can call in. Services inside {zone} work without it." : "waits for the connection"));
        var proxies = world.List("Dataplane").Count(d => d.Zone == zone);
        steps.Add(proxies > 0
            ? new("dataplanes", "Data planes registered", Tone.Ok, proxies == 1 ? "1 so far" : $"{proxies} so far")
            : new("dataplanes", "Data planes registered", Tone.Mute, link.Connected ? "none yet" : "waits for the connection"));
        return steps.ToImmutable();
    }

    /// <summary>Why somebody under the zone's name was turned away, when last, and how often.</summary>
    public static string Refusal(LinkRefusal refusal, ViewClock clock) =>
        $"{Sentence(refusal.Reason)} Last at {clock.At(refusal.At)}, {(refusal.Count == 1 ? "once" : $"{refusal.Count} times")}.";

    private static OnboardingStep Sync(string zone, ZoneLink link, World world, DeliveryBoard board)
    {
        var held = board.Newest.Values.Select(board.Of).OfType<Delivery>().Select(d => d.Zones.GetValueOrDefault(zone)).OfType<ZoneDelivery>().Where(d => d.State != DeliveryState.Withheld).ToList();
        var open = held.Count(d => d.State is DeliveryState.Pending or DeliveryState.Sent);
        var refused = held.Count(d => d.State == DeliveryState.Rejected);
        if (!link.Connected)
        {
            return new("sync", "First sync", Tone.Mute, $"{world.Count("Mesh")} {(world.Count("Mesh") == 1 ? "mesh with its policies waits" : "meshes with their policies wait")} to be sent");
        }

        var acknowledged = world.Find("ZoneInsight", zone) is { } insight
            && insight.Kind.TypedSpec(insight) is MeshConsole.Protos.Kuma.System.ZoneInsight spec
            ? spec.Subscriptions.LastOrDefault()?.Status?.Total?.ResponsesAcknowledged ?? 0
            : 0;
        return refused > 0
            ? new("sync", "First sync", Tone.Bad, $"{refused} of {held.Count} changes rejected; the zone page names them")
            : open > 0
                ? new("sync", "First sync", Tone.Accent, $"{held.Count - open} of {held.Count} acknowledged")
                : new("sync", "First sync", Tone.Ok, acknowledged > 0 ? $"{acknowledged} responses acknowledged" : "everything acknowledged");
    }

    private static string Sentence(string text) => text.TrimEnd('.') + ".";

    private static string Mend(string reason, bool kuma) => reason switch
    {
        _ when reason.Contains("no zone token", StringComparison.Ordinal) => kuma
            ? "List the network it comes from on the left."
            : "Start it with --token-file, or, for a Kuma 2.x zone, list its network under “Kuma on Kubernetes”.",
        _ when reason.Contains("expired", StringComparison.OrdinalIgnoreCase) || reason.Contains("revoked", StringComparison.OrdinalIgnoreCase) => "Issue a new token on the left and start the zone with it.",
        _ when reason.Contains("only from", StringComparison.Ordinal) => "Change the networks on the left if that address is right.",
        _ when reason.Contains("token", StringComparison.OrdinalIgnoreCase) || reason.Contains("signing key", StringComparison.OrdinalIgnoreCase) => "Issue a token on the left and start the zone with exactly that file.",
        _ => "",
    };
}
