using System.Collections.Immutable;
using MeshConsole.ControlPlane.Delivery;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.Extensions.Logging;
using DeliveryOfChange = MeshConsole.ControlPlane.Delivery.Delivery;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>
/// Keeps a small sum of the ledger for each zone in the store, and after a restart makes the newest part of the ledger of it
/// and of the history. Of zones that are connected with another instance it takes what that one stored, so with others there
/// it writes sooner.
/// </summary>
internal sealed partial class DeliverySums(ResourceStore store, KindRegistry kinds, DeliveryLedger ledger, ZoneLinks links, Peers peers, TimeProvider time, ILogger<DeliverySums> log)
{
    private const int Restored = 500;
    private static readonly TimeSpan PauseAlone = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PauseAmongOthers = TimeSpan.FromSeconds(1);
    private readonly ZoneDeliveryKind kind = (ZoneDeliveryKind)kinds["ZoneDelivery"];

    /// <summary>Puts back what was known before the restart.</summary>
    public async Task RestoreAsync(CancellationToken cancellationToken)
    {
        var world = store.World.Value;
        var sums = world.List("Zone").ToDictionary(
            z => z.Name,
            z => world.Find(kind.Name, z.Name) is { } resource ? kind.Spec(resource) : new ZoneDeliverySpec(),
            StringComparer.Ordinal);
        if (sums.Count == 0)
        {
            return;
        }

        var history = await store.RecentHistoryAsync(Restored, cancellationToken).ConfigureAwait(false);
        ledger.Restore(history
            .Where(row => kinds.Find(row.Kind) is { Observed: false } of && ZoneView.Travels(of))
            .Select(row => Restore(row, kinds[row.Kind], sums)));
    }

    /// <summary>Writes what changed, gathered, until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var board = ledger.Board.Value;
        try
        {
            while (true)
            {
                board = await ledger.Board.NextAsync(board, cancellationToken).ConfigureAwait(false);
                await Task.Delay(peers.Board.Value.IsEmpty ? PauseAlone : PauseAmongOthers, time, cancellationToken).ConfigureAwait(false);
                board = ledger.Board.Value;
                try
                {
                    await WriteAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (StoreUnavailableException e)
                {
                    LogUnwritten(log, e.Message);
                    board = DeliveryBoard.Empty; // written after the next pause, whether anything changes or not
                }
            }
        }
        finally
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), time);
            await WriteAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What zones have answered could not be stored; it is tried again: {Reason}")]
    private static partial void LogUnwritten(ILogger logger, string reason);

    /// <summary>Takes what other instances store of the zones that are connected with them, until cancelled.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        var signal = new Signal();
        var watching = Task.WhenAll(WatchSumsAsync(), WatchLinksAsync());
        while (!watching.IsCompleted)
        {
            await signal.WaitAsync(null, time, cancellationToken).ConfigureAwait(false);
            Take();
        }

        await watching.ConfigureAwait(false);

        async Task WatchSumsAsync()
        {
            var world = store.World.Value;
            while (true)
            {
                var next = await store.World.NextAsync(world, cancellationToken).ConfigureAwait(false);
                if (!ReferenceEquals(next.Table(kind.Name), world.Table(kind.Name)))
                {
                    signal.Set();
                }

                world = next;
            }
        }

        async Task WatchLinksAsync()
        {
            for (var board = links.Board.Value; ; board = await links.Board.NextAsync(board, cancellationToken).ConfigureAwait(false))
            {
                if (board.Values.Any(l => l.Instance.Length > 0))
                {
                    signal.Set();
                }
            }
        }
    }

    private void Take()
    {
        ledger.Current(); // what they speak of must be registered here
        foreach (var (zone, link) in links.Board.Value)
        {
            if (link.Instance.Length > 0 && store.World.Value.Find(kind.Name, zone) is { } resource)
            {
                var sum = kind.Spec(resource);
                var exceptions = sum.Rejected.ToDictionary(r => r.Revision, r => new ZoneDelivery(DeliveryState.Rejected, Reason: r.Reason));
                foreach (var (reason, revision) in sum.Withheld.SelectMany(w => w.Revisions.Select(r => (w.Reason, r))))
                {
                    exceptions[revision] = new ZoneDelivery(DeliveryState.Withheld, Reason: reason);
                }

                ledger.Told(zone, sum.Revision, exceptions);
            }
        }
    }

    /// <summary>Writes the sums that are not as stored, of zones whose connection is or was last with this instance.</summary>
    internal async Task WriteAsync(CancellationToken cancellationToken)
    {
        var world = store.World.Value;
        var changed = world.List("Zone")
            .Where(z => links.Of(z.Name) is { Since: not null, Instance: "" })
            .Select(z => (Zone: z.Name, Sum: ledger.Sum(z.Name)))
            .Select(z => (z.Zone, Spec: JsonBody.From(new ZoneDeliverySpec
            {
                Revision = z.Sum.Revision,
                Rejected = [.. z.Sum.Rejected.Select(r => new RejectedChange { Revision = r.Revision, Reason = r.Reason })],
                Withheld = [.. z.Sum.Withheld.GroupBy(w => w.Reason, StringComparer.Ordinal).Select(g => new WithheldChanges { Reason = g.Key, Revisions = [.. g.Select(w => w.Revision)] })],
            })))
            .Where(z => world.Find(kind.Name, z.Zone)?.Spec.Equals(z.Spec) != true)
            .ToList();
        if (changed.Count == 0)
        {
            return;
        }

        await store.CommitAsync(
            Actor.System,
            transaction =>
            {
                foreach (var (zone, spec) in changed.Where(z => transaction.World.Find("Zone", z.Zone) is not null))
                {
                    transaction.Put(new Resource { Kind = kind, Name = zone, Spec = spec }, history: false);
                }

                foreach (var orphan in transaction.World.List(kind.Name).Where(r => transaction.World.Find("Zone", r.Name) is null).ToList())
                {
                    transaction.Delete(orphan.Key, history: false);
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static DeliveryOfChange Restore(HistoryRow row, ResourceKind kind, Dictionary<string, ZoneDeliverySpec> sums)
    {
        var resource = new Resource { Kind = kind, Mesh = row.Mesh, Name = row.Name, Labels = RowCodec.ReadLabels(row.Labels) };
        var zones = ImmutableSortedDictionary.CreateBuilder<string, ZoneDelivery>(StringComparer.Ordinal);
        foreach (var (zone, sum) in sums.Where(z => DownwardChanges.GoesTo(resource, z.Key)))
        {
            zones[zone] = sum.Rejected.FirstOrDefault(r => r.Revision == row.Revision) is { } rejected
                ? new ZoneDelivery(DeliveryState.Rejected, Reason: rejected.Reason)
                : sum.Withheld.FirstOrDefault(w => w.Revisions.Contains(row.Revision)) is { } withheld
                ? new ZoneDelivery(DeliveryState.Withheld, Reason: withheld.Reason)
                : row.Revision <= sum.Revision ? new ZoneDelivery(DeliveryState.Accepted) : ZoneDelivery.Pending;
        }

        return new DeliveryOfChange(
            row.Revision,
            resource.Key,
            resource.DisplayName,
            row.Operation switch { "created" => DeliveryOperation.Created, "deleted" => DeliveryOperation.Deleted, _ => DeliveryOperation.Updated },
            new DateTimeOffset(row.Time, TimeSpan.Zero),
            row.Actor,
            zones.ToImmutable());
    }
}
