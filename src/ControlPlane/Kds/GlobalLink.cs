using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>A zone's connection with its global, as the zone sees it.</summary>
/// <param name="Connected">True while both sync streams work.</param>
/// <param name="Since">Since when it is connected, or not (UTC).</param>
/// <param name="Tries">Tries since it was last connected.</param>
/// <param name="Problem">Why it is not connected, in words; null while it is.</param>
/// <param name="NextTry">When it is tried again (UTC); null while it is connected or being tried.</param>
public sealed record GlobalLinkState(bool Connected, DateTimeOffset Since, int Tries = 0, string? Problem = null, DateTimeOffset? NextTry = null);

/// <summary>The newest state of the connection with global; watch it.</summary>
public sealed class GlobalLink(TimeProvider time)
{
    /// <summary>The state.</summary>
    public Live<GlobalLinkState> State { get; } = new(new GlobalLinkState(false, time.GetUtcNow(), Problem: "not tried yet"));

    internal void Up() => State.Update(s => s.Connected ? s : new GlobalLinkState(true, time.GetUtcNow()));

    internal void Trying() => State.Update(s => s with { NextTry = null, Tries = s.Tries + 1 });

    internal void Down(string problem, DateTimeOffset? nextTry) => State.Update(s =>
        s with { Connected = false, Since = s.Connected ? time.GetUtcNow() : s.Since, Problem = problem, NextTry = nextTry });
}

/// <summary>What global wants to know of a proxy.</summary>
public enum ProxyQuestion
{
    /// <summary>Its configuration.</summary>
    Config,

    /// <summary>Its statistics.</summary>
    Stats,

    /// <summary>Its clusters.</summary>
    Clusters,
}

/// <summary>A request of global about a proxy of this zone.</summary>
/// <param name="Question">What it wants to know.</param>
/// <param name="Proxy">The proxy, by its name in this zone.</param>
/// <param name="IncludeEndpoints">For the configuration: endpoints too.</param>
/// <param name="Json">JSON instead of text.</param>
/// <param name="UsedOnly">For statistics: only those that were touched.</param>
public sealed record ProxyQuery(ProxyQuestion Question, ResourceKey Proxy, bool IncludeEndpoints = false, bool Json = false, bool UsedOnly = false);

/// <summary>Answers requests about proxies of this zone; runs several at a time.</summary>
public delegate Task<Result<byte[]>> ProxyAnswers(ProxyQuery query, CancellationToken cancellationToken);
