using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Protos.Kuma.System;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Insights;

/// <summary>The words for the state of a thing, the same everywhere.</summary>
public enum StateWord
{
    /// <summary>Its link is up and it is ready.</summary>
    Online,

    /// <summary>Up, but not in all its parts.</summary>
    Degraded,

    /// <summary>It said goodbye, or its link is gone.</summary>
    Offline,

    /// <summary>Its zone is not connected, so nobody can tell.</summary>
    Unknown,

    /// <summary>Switched off by a person.</summary>
    Disabled,
}

/// <summary>The state of a thing.</summary>
/// <param name="Word">The word.</param>
/// <param name="Since">Since when, or for <see cref="StateWord.Unknown"/> when it was last known (UTC); null when nobody knows.</param>
/// <param name="Reason">Why, in a few words; empty when the word says all.</param>
public sealed record ResourceState(StateWord Word, DateTimeOffset? Since = null, string Reason = "")
{
    /// <summary>For <see cref="StateWord.Unknown"/>: the last word known before.</summary>
    public StateWord? LastKnown { get; init; }
}

/// <summary>Computes states: once, on the server, for REST, console and metrics alike.</summary>
/// <param name="site">Where we are.</param>
/// <param name="links">The connections of zones; used at global.</param>
public sealed class States(Site site, ZoneLinks links)
{
    /// <summary>What the states rest on besides the world: as long as it is the same object, so are they.</summary>
    public object Links => links.Board.Value;

    /// <summary>Completes when <see cref="Links"/> is another object than <paramref name="known"/>.</summary>
    public async Task MovedAsync(object known, CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = links.Board.Value;
            if (!ReferenceEquals(now, known))
            {
                return;
            }

            await links.Board.NextAsync(now, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>State of a Zone, Dataplane, ZoneIngress or ZoneEgress.</summary>
    public ResourceState Of(Resource resource, World world)
    {
        if (resource.Kind.Name == "Zone")
        {
            return OfZone(resource);
        }

        var insight = ProxyInsight.Of(world.Find(resource.Kind.Name + "Insight", resource.Mesh, resource.Name));
        var own = OfProxy(resource, insight);
        if (!site.IsGlobal || resource.Zone is not { } zone)
        {
            return own;
        }

        var link = links.Of(zone);
        return link.Connected
            ? own
            : new ResourceState(StateWord.Unknown, link.LastSeen ?? link.Since ?? LastSeen(zone, world), $"zone {zone} is not connected") { LastKnown = own.Word };
    }

    private static ResourceState OfProxy(Resource resource, ProxyInsight? insight)
    {
        if (insight is not { IsOnline: true })
        {
            return insight is null
                ? new ResourceState(StateWord.Offline, null, "registered, its proxy never connected")
                : new ResourceState(StateWord.Offline, insight.DisconnectedAt);
        }

        if (resource.Kind.Name == "Dataplane" && ProxyFacts.Of(resource) is { } facts && facts.ReadyInbounds < facts.Inbounds)
        {
            return new ResourceState(StateWord.Degraded, insight.ConnectedAt, $"{facts.ReadyInbounds} of {facts.Inbounds} inbounds ready");
        }

        return new ResourceState(StateWord.Online, insight.ConnectedAt);
    }

    private static DateTimeOffset? LastSeen(string zone, World world) =>
        world.Find("ZoneInsight", zone) is { } insight && ((ZoneInsight)insight.Kind.TypedSpec(insight)).Subscriptions.LastOrDefault() is { } last
            ? (last.DisconnectTime ?? last.Status?.LastUpdateTime ?? last.ConnectTime)?.ToDateTimeOffset()
            : null;

    private ResourceState OfZone(Resource zone)
    {
        var link = links.Of(zone.Name);
        if (zone.Spec.Parse().TryGetProperty("enabled", out var enabled) && enabled.ValueKind == System.Text.Json.JsonValueKind.False)
        {
            return new ResourceState(StateWord.Disabled, link.Since, link.Connected ? "connected; its services are hidden from other zones" : "not connected");
        }

        return link.Connected
            ? new ResourceState(StateWord.Online, link.Since)
            : new ResourceState(StateWord.Offline, link.Since, link.Refusal?.Reason ?? (link.Since is null ? "not connected since this control plane started" : link.Ended));
    }
}
