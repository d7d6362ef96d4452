using System.Collections.Immutable;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Delivery;

/// <summary>How far a change is on its way to one zone.</summary>
public enum DeliveryState
{
    /// <summary>Not sent yet: the zone is not connected, or another response has to be answered first.</summary>
    Pending,

    /// <summary>Handed to the connection, not answered yet.</summary>
    Sent,

    /// <summary>The zone acknowledged it.</summary>
    Accepted,

    /// <summary>The zone refused it; the reason is the zone's.</summary>
    Rejected,

    /// <summary>It does not go to this zone; the reason says why.</summary>
    Withheld,
}

/// <summary>One change on its way to one zone.</summary>
/// <param name="State">How far it is.</param>
/// <param name="SentAt">When it was handed to the connection (UTC).</param>
/// <param name="SettledAt">When the zone answered (UTC).</param>
/// <param name="Reason">For rejected and withheld: why.</param>
public sealed record ZoneDelivery(DeliveryState State, DateTimeOffset? SentAt = null, DateTimeOffset? SettledAt = null, string? Reason = null)
{
    /// <summary>Nothing happened yet.</summary>
    public static ZoneDelivery Pending { get; } = new(DeliveryState.Pending);

    /// <summary>True when nothing more will happen by itself.</summary>
    public bool IsSettled => State is DeliveryState.Accepted or DeliveryState.Rejected or DeliveryState.Withheld;
}

/// <summary>What was done to a resource.</summary>
public enum DeliveryOperation
{
    /// <summary>It is new.</summary>
    Created,

    /// <summary>It was changed.</summary>
    Updated,

    /// <summary>It was deleted.</summary>
    Deleted,
}

/// <summary>One change and its way to every zone.</summary>
/// <param name="Revision">Store revision of the change.</param>
/// <param name="Key">What changed.</param>
/// <param name="DisplayName">Its name as people know it.</param>
/// <param name="Operation">What was done.</param>
/// <param name="Time">When it was committed (UTC).</param>
/// <param name="Actor">Who did it.</param>
/// <param name="Zones">By zone.</param>
public sealed record Delivery(
    long Revision,
    ResourceKey Key,
    string DisplayName,
    DeliveryOperation Operation,
    DateTimeOffset Time,
    string Actor,
    ImmutableSortedDictionary<string, ZoneDelivery> Zones)
{
    /// <summary>How many zones are in a state.</summary>
    public int Count(DeliveryState state) => Zones.Values.Count(z => z.State == state);

    /// <summary>
    /// The state in one word: rejected when any zone rejected it, else pending or sent while any zone has to answer, else
    /// accepted; withheld when it goes to no zone.
    /// </summary>
    public DeliveryState State =>
        Any(DeliveryState.Rejected) ? DeliveryState.Rejected
        : Any(DeliveryState.Pending) ? DeliveryState.Pending
        : Any(DeliveryState.Sent) ? DeliveryState.Sent
        : Any(DeliveryState.Accepted) ? DeliveryState.Accepted
        : DeliveryState.Withheld;

    private bool Any(DeliveryState state) => Zones.Values.Any(z => z.State == state);
}

/// <summary>The newest changes and their way to the zones, as one immutable value.</summary>
/// <param name="ByRevision">By revision, oldest first; bounded, the oldest fall out.</param>
/// <param name="Newest">Revision of the newest change of each resource that is held.</param>
public sealed record DeliveryBoard(ImmutableSortedDictionary<long, Delivery> ByRevision, ImmutableDictionary<ResourceKey, long> Newest)
{
    /// <summary>Nothing yet.</summary>
    public static DeliveryBoard Empty { get; } = new(ImmutableSortedDictionary<long, Delivery>.Empty, ImmutableDictionary<ResourceKey, long>.Empty);

    /// <summary>The delivery of the newest change of a resource, or null when it is no longer held.</summary>
    public Delivery? Of(ResourceKey key) => Newest.TryGetValue(key, out var revision) ? ByRevision.GetValueOrDefault(revision) : null;

    /// <summary>The delivery of one change, or null when it is not held.</summary>
    public Delivery? Of(long revision) => ByRevision.GetValueOrDefault(revision);

    /// <summary>Newest first.</summary>
    public IEnumerable<Delivery> Recent(int limit) => ByRevision.Reverse().Take(limit).Select(p => p.Value);
}
