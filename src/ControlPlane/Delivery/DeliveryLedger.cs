using System.Collections.Immutable;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Delivery;

/// <summary>
/// Keeps, for every change that goes to zones, when each zone was sent it and what the zone answered. It knows only what
/// really happened on the streams: nothing is assumed delivered.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="capacity">How many changes are held.</param>
public sealed partial class DeliveryLedger(TimeProvider time, int capacity = 4096)
{
    /// <summary>Begins the reason of what a zone did not ask for; when it does later, its answer counts.</summary>
    internal const string NotAsked = "the zone does not ask for ";
    private readonly Lock gate = new();

    /// <summary>By zone and kind: revisions of which the zone has not answered, ascending.</summary>
    private readonly Dictionary<(string Zone, string Kind), SortedSet<long>> open = [];

    /// <summary>By zone and kind: revisions that do not go to the zone; some of them may be settled otherwise since.</summary>
    private readonly Dictionary<(string Zone, string Kind), SortedSet<long>> withheld = [];

    /// <summary>By zone and kind: revisions that the zone refused; some of them may be settled otherwise since.</summary>
    private readonly Dictionary<(string Zone, string Kind), HashSet<long>> rejected = [];

    /// <summary>The newest state; watch it.</summary>
    public Live<DeliveryBoard> Board { get; } = new(DeliveryBoard.Empty);

    /// <summary>Takes in what was committed by now; set by who registers changes.</summary>
    internal Action CatchUp { get; set; } = () => { };

    /// <summary>The newest state, with everything in it that was committed before the call: for who asks right after a write.</summary>
    public DeliveryBoard Current()
    {
        CatchUp();
        return Board.Value;
    }

    /// <summary>Registers changes that go to zones, before any stream learns of them.</summary>
    /// <param name="changes">The changes, oldest first.</param>
    /// <param name="zonesFor">The zones that a change is meant for, with the reason for those that will not get it.</param>
    public void Register(IReadOnlyList<Change> changes, Func<Change, IEnumerable<string>> zonesFor)
    {
        if (changes.Count == 0)
        {
            return;
        }

        lock (gate)
        {
            var board = Board.Value;
            var byRevision = board.ByRevision.ToBuilder();
            var newest = board.Newest.ToBuilder();
            foreach (var change in changes)
            {
                var resource = (change.After ?? change.Before)!;
                var zones = ImmutableSortedDictionary.CreateBuilder<string, ZoneDelivery>(StringComparer.Ordinal);
                foreach (var zone in zonesFor(change))
                {
                    zones[zone] = ZoneDelivery.Pending;
                    Open(zone, change.Key.Kind).Add(change.Revision);
                }

                byRevision[change.Revision] = new Delivery(
                    change.Revision,
                    change.Key,
                    resource.DisplayName,
                    change.Before is null ? DeliveryOperation.Created : change.After is null ? DeliveryOperation.Deleted : DeliveryOperation.Updated,
                    change.Time,
                    change.Actor,
                    zones.ToImmutable());
                newest[change.Key] = change.Revision;
            }

            while (byRevision.Count > capacity)
            {
                var oldest = byRevision.First();
                byRevision.Remove(oldest.Key);
                if (newest.TryGetValue(oldest.Value.Key, out var held) && held == oldest.Key)
                {
                    newest.Remove(oldest.Value.Key);
                }

                foreach (var zone in oldest.Value.Zones.Keys)
                {
                    Open(zone, oldest.Value.Key.Kind).Remove(oldest.Key);
                    Of(withheld, zone, oldest.Value.Key.Kind).Remove(oldest.Key);
                }
            }

            Board.Set(new DeliveryBoard(byRevision.ToImmutable(), newest.ToImmutable()));
        }
    }

    /// <summary>Everything of a kind up to a revision was handed to the connection of a zone.</summary>
    public void Sent(string zone, string kind, long upToRevision) =>
        Change(zone, kind, upToRevision, (_, delivery, now) =>
            delivery.State == DeliveryState.Pending ? delivery with { State = DeliveryState.Sent, SentAt = now } : delivery);

    /// <summary>The zone answered everything of a kind up to a revision; what it refused is named.</summary>
    /// <param name="zone">The zone.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="upToRevision">Revision of the state that the answered response was made from.</param>
    /// <param name="refused">What it refused, with its words.</param>
    /// <param name="unclear">What was refused together without saying which; stays open until that is known.</param>
    /// <param name="said">The zone's words about what is unclear.</param>
    public void Answered(string zone, string kind, long upToRevision, IReadOnlyDictionary<ResourceKey, string> refused, IReadOnlySet<ResourceKey> unclear, string? said = null)
    {
        Change(zone, kind, upToRevision, (change, delivery, now) =>
        {
            if (delivery.State == DeliveryState.Withheld && !IsNotAsked(delivery))
            {
                return delivery;
            }

            if (unclear.Contains(change.Key))
            {
                return delivery with { State = DeliveryState.Sent, SettledAt = null, Reason = said is null ? delivery.Reason : $"refused together with others, which one is being found out: {said}" };
            }

            return refused.TryGetValue(change.Key, out var reason)
                ? delivery with { State = DeliveryState.Rejected, SettledAt = now, Reason = reason, SentAt = delivery.SentAt ?? now }
                : delivery with { State = DeliveryState.Accepted, SettledAt = now, Reason = null, SentAt = delivery.SentAt ?? now };
        });
    }

    /// <summary>
    /// A zone refused a resource. It is told even when its change is held no longer or is older than the zone: what a zone does
    /// not have must be seen somewhere.
    /// </summary>
    public void Refused(string zone, Resource resource, string reason)
    {
        if (resource.Kind.Observed)
        {
            return;
        }

        lock (gate)
        {
            var board = Board.Value;
            if (board.Of(resource.Key) is { } newest && newest.Revision > resource.Revision)
            {
                return; // it has been changed since, and that is on its way
            }

            var now = time.GetUtcNow();
            var delivery = board.Of(resource.Revision) ?? new Delivery(
                resource.Revision, resource.Key, resource.DisplayName, DeliveryOperation.Updated, resource.ModificationTime, "", ImmutableSortedDictionary<string, ZoneDelivery>.Empty);
            var old = delivery.Zones.GetValueOrDefault(zone);
            if (old is { State: DeliveryState.Rejected } && old.Reason == reason)
            {
                return;
            }

            Open(zone, resource.Kind.Name).Remove(resource.Revision);
            Reject(board, zone, resource.Kind.Name, resource.Revision);
            Board.Set(new DeliveryBoard(
                board.ByRevision.SetItem(resource.Revision, delivery with { Zones = delivery.Zones.SetItem(zone, new ZoneDelivery(DeliveryState.Rejected, old?.SentAt ?? now, now, reason)) }),
                board.Newest.SetItem(resource.Key, resource.Revision)));
        }
    }

    /// <summary>A zone answered the complete state of a kind: what it had refused of it and does not refuse any more is accepted.</summary>
    /// <param name="zone">The zone.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="upToRevision">Revision of the state that was answered.</param>
    /// <param name="except">What it refused now, or may have refused.</param>
    public void Completed(string zone, string kind, long upToRevision, IReadOnlySet<ResourceKey> except)
    {
        lock (gate)
        {
            if (!rejected.TryGetValue((zone, kind), out var revisions) || revisions.Count == 0)
            {
                return;
            }

            var board = Board.Value;
            var now = time.GetUtcNow();
            var byRevision = board.ByRevision.ToBuilder();
            foreach (var revision in revisions.ToList())
            {
                if (board.Of(revision) is not { } delivery || delivery.Zones.GetValueOrDefault(zone) is not { State: DeliveryState.Rejected } old)
                {
                    revisions.Remove(revision); // settled otherwise, or held no longer
                }
                else if (revision <= upToRevision && !except.Contains(delivery.Key) && board.Newest.GetValueOrDefault(delivery.Key) == revision)
                {
                    revisions.Remove(revision);
                    byRevision[revision] = delivery with { Zones = delivery.Zones.SetItem(zone, old with { State = DeliveryState.Accepted, SettledAt = now, Reason = null }) };
                }
            }

            Publish(board, byRevision);
        }
    }

    /// <summary>A refused resource was sent once more and accepted.</summary>
    public void Cleared(string zone, ResourceKey key)
    {
        lock (gate)
        {
            var board = Board.Value;
            if (board.Of(key) is { } delivery && delivery.Zones.GetValueOrDefault(zone) is { State: DeliveryState.Rejected } old)
            {
                Board.Set(board with
                {
                    ByRevision = board.ByRevision.SetItem(delivery.Revision, delivery with
                    {
                        Zones = delivery.Zones.SetItem(zone, old with { State = DeliveryState.Accepted, SettledAt = time.GetUtcNow(), Reason = null }),
                    }),
                });
            }
        }
    }

    /// <summary>A change does not go to a zone.</summary>
    public void Withheld(string zone, long revision, string reason)
    {
        lock (gate)
        {
            var board = Board.Value;
            if (board.Of(revision) is not { } delivery || delivery.Zones.GetValueOrDefault(zone) is not { } old || old.State != DeliveryState.Pending)
            {
                return;
            }

            if (!reason.StartsWith(NotAsked, StringComparison.Ordinal))
            {
                Open(zone, delivery.Key.Kind).Remove(revision);
                Of(withheld, zone, delivery.Key.Kind).Add(revision);
            }

            Board.Set(board with
            {
                ByRevision = board.ByRevision.SetItem(revision, delivery with
                {
                    Zones = delivery.Zones.SetItem(zone, old with { State = DeliveryState.Withheld, Reason = reason, SettledAt = time.GetUtcNow() }),
                }),
            });
        }
    }

    /// <summary>
    /// The whole state of a kind was looked at for a zone, and some of it does not go there: that is told of what was committed
    /// while the zone was away too. What did not go there before and does now is on its way.
    /// </summary>
    /// <param name="zone">The zone.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="upToRevision">Revision of the state that was looked at.</param>
    /// <param name="reasons">What does not go there, and why.</param>
    public void Withheld(string zone, string kind, long upToRevision, IReadOnlyDictionary<ResourceKey, string> reasons)
    {
        Free(zone, kind, upToRevision, reasons);
        Change(zone, kind, upToRevision, (change, delivery, now) => delivery.State == DeliveryState.Pending && reasons.TryGetValue(change.Key, out var reason)
            ? delivery with { State = DeliveryState.Withheld, SettledAt = now, Reason = reason }
            : delivery);
    }

    /// <summary>A zone that has asked for everything it wants did not ask for a kind. When it does later, its answer counts.</summary>
    /// <param name="zone">The zone.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="upToRevision">Revision of the newest state that the zone could have asked for.</param>
    public void NotAskedFor(string zone, string kind, long upToRevision) =>
        Change(zone, kind, upToRevision, (_, delivery, now) => delivery.State == DeliveryState.Pending
            ? delivery with { State = DeliveryState.Withheld, SettledAt = now, Reason = NotAsked + kind }
            : delivery);

    /// <summary>What was sent but not answered when the connection ended is pending again.</summary>
    public void Disconnected(string zone)
    {
        lock (gate)
        {
            var board = Board.Value;
            var byRevision = board.ByRevision.ToBuilder();
            foreach (var ((owner, _), revisions) in open)
            {
                if (owner != zone)
                {
                    continue;
                }

                foreach (var revision in revisions)
                {
                    if (byRevision.TryGetValue(revision, out var delivery)
                        && delivery.Zones.TryGetValue(zone, out var old) && old.State != DeliveryState.Pending)
                    {
                        byRevision[revision] = delivery with { Zones = delivery.Zones.SetItem(zone, ZoneDelivery.Pending) };
                    }
                }
            }

            Publish(board, byRevision);
        }
    }

    /// <summary>A zone no longer exists: nothing is on its way to it.</summary>
    public void Forget(string zone)
    {
        lock (gate)
        {
            var board = Board.Value;
            var byRevision = board.ByRevision.ToBuilder();
            foreach (var (revision, delivery) in board.ByRevision)
            {
                if (delivery.Zones.ContainsKey(zone))
                {
                    byRevision[revision] = delivery with { Zones = delivery.Zones.Remove(zone) };
                }
            }

            foreach (var key in open.Keys.Where(k => k.Zone == zone).ToList())
            {
                open.Remove(key);
            }

            foreach (var key in rejected.Keys.Where(k => k.Zone == zone).ToList())
            {
                rejected.Remove(key);
            }

            foreach (var key in withheld.Keys.Where(k => k.Zone == zone).ToList())
            {
                withheld.Remove(key);
            }

            Publish(board, byRevision);
        }
    }

    private void Free(string zone, string kind, long upToRevision, IReadOnlyDictionary<ResourceKey, string> reasons)
    {
        lock (gate)
        {
            if (!withheld.TryGetValue((zone, kind), out var revisions))
            {
                return;
            }

            var board = Board.Value;
            var byRevision = board.ByRevision.ToBuilder();
            foreach (var revision in revisions.TakeWhile(r => r <= upToRevision).ToList())
            {
                if (board.Of(revision) is not { } delivery || delivery.Zones.GetValueOrDefault(zone) is not { State: DeliveryState.Withheld })
                {
                    revisions.Remove(revision); // settled otherwise, or held no longer
                }
                else if (!reasons.ContainsKey(delivery.Key) && board.Newest.GetValueOrDefault(delivery.Key) == revision)
                {
                    revisions.Remove(revision);
                    Open(zone, kind).Add(revision);
                    byRevision[revision] = delivery with { Zones = delivery.Zones.SetItem(zone, ZoneDelivery.Pending) };
                }
            }

            Publish(board, byRevision);
        }
    }

    private void Change(string zone, string kind, long upToRevision, Func<Delivery, ZoneDelivery, DateTimeOffset, ZoneDelivery> change)
    {
        lock (gate)
        {
            if (!open.TryGetValue((zone, kind), out var revisions) || revisions.Count == 0)
            {
                return;
            }

            var board = Board.Value;
            var now = time.GetUtcNow();
            var byRevision = board.ByRevision.ToBuilder();
            List<long>? settled = null;
            foreach (var revision in revisions)
            {
                if (revision > upToRevision)
                {
                    break;
                }

                if (!byRevision.TryGetValue(revision, out var delivery) || !delivery.Zones.TryGetValue(zone, out var old))
                {
                    (settled ??= []).Add(revision);
                    continue;
                }

                var next = change(delivery, old, now);
                if (next != old)
                {
                    byRevision[revision] = delivery with { Zones = delivery.Zones.SetItem(zone, next) };
                }

                if (next.IsSettled && !IsNotAsked(next))
                {
                    (settled ??= []).Add(revision);
                }

                if (next.State == DeliveryState.Rejected)
                {
                    Reject(board, zone, kind, revision);
                }
                else if (next.State == DeliveryState.Withheld && !IsNotAsked(next))
                {
                    Of(withheld, zone, kind).Add(revision);
                }
            }

            foreach (var revision in settled ?? [])
            {
                revisions.Remove(revision);
            }

            Publish(board, byRevision);
        }
    }

    private static bool IsNotAsked(ZoneDelivery delivery) => delivery is { State: DeliveryState.Withheld, Reason: { } reason } && reason.StartsWith(NotAsked, StringComparison.Ordinal);

    private void Publish(DeliveryBoard board, ImmutableSortedDictionary<long, Delivery>.Builder byRevision)
    {
        var changed = byRevision.ToImmutable();
        if (!ReferenceEquals(changed, board.ByRevision))
        {
            Board.Set(board with { ByRevision = changed });
        }
    }

    private void Reject(DeliveryBoard board, string zone, string kind, long revision)
    {
        if (!rejected.TryGetValue((zone, kind), out var revisions))
        {
            rejected[(zone, kind)] = revisions = [];
        }

        if (revisions.Count > capacity)
        {
            revisions.RemoveWhere(r => board.Of(r)?.Zones.GetValueOrDefault(zone) is not { State: DeliveryState.Rejected });
        }

        revisions.Add(revision);
    }

    private SortedSet<long> Open(string zone, string kind) => Of(open, zone, kind);

    private static SortedSet<long> Of(Dictionary<(string Zone, string Kind), SortedSet<long>> index, string zone, string kind)
    {
        if (!index.TryGetValue((zone, kind), out var revisions))
        {
            index[(zone, kind)] = revisions = [];
        }

        return revisions;
    }
}
