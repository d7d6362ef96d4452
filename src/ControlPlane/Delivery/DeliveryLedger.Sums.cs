using System.Collections.Immutable;

namespace MeshConsole.ControlPlane.Delivery;

/// <summary>What outlives the ledger: the sum of each zone, and what is made of sums after a restart and at other instances.</summary>
public sealed partial class DeliveryLedger
{
    private const int MostWithheld = 256;

    /// <summary>
    /// Puts back what an earlier run knew: changes with what their zones had answered. What is pending in them is settled by
    /// the first answers of the zones.
    /// </summary>
    public void Restore(IEnumerable<Delivery> deliveries)
    {
        lock (gate)
        {
            var board = Board.Value;
            var byRevision = board.ByRevision.ToBuilder();
            var newest = board.Newest.ToBuilder();
            foreach (var delivery in deliveries.Where(d => !board.ByRevision.ContainsKey(d.Revision)).OrderBy(d => d.Revision))
            {
                byRevision[delivery.Revision] = delivery;
                if (!newest.TryGetValue(delivery.Key, out var held) || held < delivery.Revision)
                {
                    newest[delivery.Key] = delivery.Revision;
                }

                foreach (var (zone, state) in delivery.Zones)
                {
                    if (!state.IsSettled || IsNotAsked(state))
                    {
                        Open(zone, delivery.Key.Kind).Add(delivery.Revision);
                    }
                    else if (state.State == DeliveryState.Rejected)
                    {
                        Reject(board, zone, delivery.Key.Kind, delivery.Revision);
                    }
                    else if (state.State == DeliveryState.Withheld)
                    {
                        Of(withheld, zone, delivery.Key.Kind).Add(delivery.Revision);
                    }
                }
            }

            Board.Set(new DeliveryBoard(byRevision.ToImmutable(), newest.ToImmutable()));
        }
    }

    /// <summary>
    /// What a zone has answered, in sum: the revision up to which nothing is open, what it refused and was not replaced since,
    /// and the newest changes that do not go to it.
    /// </summary>
    public (long Revision, ImmutableArray<(long Revision, string Reason)> Rejected, ImmutableArray<(long Revision, string Reason)> Withheld) Sum(string zone)
    {
        lock (gate)
        {
            var board = Board.Value;
            var first = open.Where(o => o.Key.Zone == zone)
                .SelectMany(o => o.Value.Where(r => board.Of(r)?.Zones.GetValueOrDefault(zone)?.IsSettled != true).Take(1))
                .DefaultIfEmpty(long.MaxValue).Min();
            var last = board.ByRevision.IsEmpty ? 0 : board.ByRevision.Keys.Last();
            return (
                Math.Min(first - 1, last),
                [.. board.ByRevision.Values
                    .Where(d => d.Zones.TryGetValue(zone, out var state) && state.State == DeliveryState.Rejected && board.Newest.GetValueOrDefault(d.Key) == d.Revision)
                    .Select(d => (d.Revision, d.Zones[zone].Reason ?? ""))],
                [.. board.ByRevision.Values
                    .Where(d => d.Zones.TryGetValue(zone, out var state) && state.State == DeliveryState.Withheld)
                    .TakeLast(MostWithheld)
                    .Select(d => (d.Revision, d.Zones[zone].Reason ?? ""))]);
        }
    }

    /// <summary>What another instance, which holds the zone's connection, says of the changes up to a revision.</summary>
    /// <param name="zone">The zone.</param>
    /// <param name="upToRevision">Everything up to it is settled.</param>
    /// <param name="exceptions">Those that were not accepted.</param>
    public void Told(string zone, long upToRevision, IReadOnlyDictionary<long, ZoneDelivery> exceptions)
    {
        lock (gate)
        {
            var board = Board.Value;
            var now = time.GetUtcNow();
            var byRevision = board.ByRevision.ToBuilder();
            foreach (var revisions in open.Where(o => o.Key.Zone == zone).Select(o => o.Value))
            {
                foreach (var revision in revisions.Where(r => r <= upToRevision || exceptions.ContainsKey(r)).ToList())
                {
                    revisions.Remove(revision);
                    if (byRevision.TryGetValue(revision, out var delivery) && delivery.Zones.ContainsKey(zone))
                    {
                        var state = exceptions.GetValueOrDefault(revision) ?? new ZoneDelivery(DeliveryState.Accepted);
                        byRevision[revision] = delivery with { Zones = delivery.Zones.SetItem(zone, state with { SettledAt = now }) };
                    }
                }
            }

            Publish(board, byRevision);
        }
    }
}
