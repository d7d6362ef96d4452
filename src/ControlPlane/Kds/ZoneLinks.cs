using System.Collections.Immutable;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>Why a zone, or somebody under its name, was turned away.</summary>
/// <param name="Reason">In words.</param>
/// <param name="From">Address and port it came from.</param>
/// <param name="At">When it happened last (UTC).</param>
/// <param name="Count">How many connections were turned away since it was last connected.</param>
public sealed record LinkRefusal(string Reason, string From, DateTimeOffset At, int Count);

/// <summary>A kind that cannot be delivered, or soon cannot, because its complete set is too large for one message.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Bytes">Size of the complete set.</param>
/// <param name="Limit">Largest message.</param>
public sealed record LinkLoad(string Kind, long Bytes, long Limit)
{
    /// <summary>True when it is too large to deliver; false when it is above four fifths of the limit.</summary>
    public bool TooLarge => Bytes > Limit;
}

/// <summary>The connection of one zone with this instance, or with another one on the same store.</summary>
/// <param name="Zone">Name of the zone.</param>
public sealed record ZoneLink(string Zone)
{
    /// <summary>True while at least one sync stream of the zone is open.</summary>
    public bool Connected { get; init; }

    /// <summary>The other instance that holds the connection, or held it last; empty when it is this one.</summary>
    public string Instance { get; init; } = "";

    /// <summary>
    /// Since when it is connected, or not (UTC); null when it never was since this instance started. A link that was found dead
    /// counts as gone since it was last heard.
    /// </summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>When the zone was last heard (UTC); grows only on what arrives, and at the end of the connection.</summary>
    public DateTimeOffset? LastSeen { get; init; }

    /// <summary>How its last connection ended, in words; empty while it is connected, and when it never was since this instance started.</summary>
    public string Ended { get; init; } = "";

    /// <summary>Address of the zone's end of the connection.</summary>
    public string Address { get; init; } = "";

    /// <summary>Instance of the zone's control plane.</summary>
    public string InstanceId { get; init; } = "";

    /// <summary>Version of the zone's control plane.</summary>
    public string Version { get; init; } = "";

    /// <summary>Whether it presented a zone token.</summary>
    public bool HasToken { get; init; }

    /// <summary>The last time somebody under this name was turned away, or null.</summary>
    public LinkRefusal? Refusal { get; init; }

    /// <summary>What is wrong and needs a person: two control planes under one name; or null.</summary>
    public string? Alarm { get; init; }

    /// <summary>Kinds that are too large to deliver or near it, by name.</summary>
    public ImmutableSortedDictionary<string, LinkLoad> Loads { get; init; } = ImmutableSortedDictionary<string, LinkLoad>.Empty;
}

/// <summary>The connections of all zones with this instance, for states, pages and metrics.</summary>
public sealed class ZoneLinks(TimeProvider time)
{
    private const int MostUnknown = 256;

    /// <summary>By zone name; watch it.</summary>
    public Live<ImmutableSortedDictionary<string, ZoneLink>> Board { get; } =
        new(ImmutableSortedDictionary.Create<string, ZoneLink>(StringComparer.Ordinal));

    /// <summary>The connection of a zone; one that was never seen is not connected.</summary>
    public ZoneLink Of(string zone) => Board.Value.GetValueOrDefault(zone) ?? new ZoneLink(zone);

    internal void Update(string zone, Func<ZoneLink, ZoneLink> change) => Board.Update(board =>
    {
        var link = board.GetValueOrDefault(zone) ?? new ZoneLink(zone);
        var next = change(link);
        return next == link && board.ContainsKey(zone) ? board : board.SetItem(zone, next);
    });

    internal void Refused(string zone, string reason, string from) => Board.Update(board =>
    {
        var link = board.GetValueOrDefault(zone);
        if (link is null && board.Count(p => p.Value.Since is null) >= MostUnknown)
        {
            return board; // names are free to invent: what is kept of them is bounded
        }

        link ??= new ZoneLink(zone);
        var before = link.Refusal?.From == from ? link.Refusal.Count - 1 : link.Refusal?.Count ?? 0; // a try is one connection, however many calls it made
        return board.SetItem(zone, link with { Refusal = new LinkRefusal(reason, from, time.GetUtcNow(), before + 1) });
    });

    internal void Forget(string zone) => Board.Update(board => board.TryGetValue(zone, out var link) && !link.Connected ? board.Remove(zone) : board);
}
