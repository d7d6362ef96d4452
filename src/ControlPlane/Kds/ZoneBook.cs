using Google.Protobuf.WellKnownTypes;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Protos.Kuma.System;
using MeshConsole.Shared;
using Microsoft.Extensions.Logging;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>
/// Keeps the ZoneInsights: connects and disconnects are written at once, counters gathered. All zones that moved share one
/// commit.
/// </summary>
internal sealed partial class ZoneBook(ResourceStore store, KindRegistry kinds, KdsOptions options, KdsIdentity identity, TimeProvider time, ILogger<ZoneBook> log)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);
    private readonly ZoneInsightKind kind = (ZoneInsightKind)kinds["ZoneInsight"];
    private readonly Lock gate = new();
    private readonly HashSet<ZoneSession> dirty = [];
    private readonly HashSet<string> pinged = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Id, uint Generation, DateTimeOffset Since)> foreign = new(StringComparer.Ordinal);
    private readonly Signal signal = new();
    private bool urgent;
    private bool leftovers;

    /// <summary>Whether another instance is known to be gone, so that nobody need wait for its subscriptions to age.</summary>
    public Func<string, bool> IsGone { get; set; } = _ => false;

    /// <summary>Whether another instance holds a zone's connection, as far as is stored and that instance is not known to be gone.</summary>
    public bool IsHeldElsewhere(string zone) =>
        store.World.Value.Find(kind.Name, zone) is { } resource
        && kind.Spec(resource).Subscriptions.LastOrDefault(s => s.DisconnectTime is null) is { } open
        && open.GlobalInstanceId != identity.InstanceId && !IsGone(open.GlobalInstanceId);

    /// <summary>
    /// How often since a moment a connection with another instance took a zone over: it began before the one ended that came
    /// before it. Each instance counts its own; the stored subscriptions tell of the others.
    /// </summary>
    public int TakeoversElsewhere(string zone, DateTimeOffset since)
    {
        if (store.World.Value.Find(kind.Name, zone) is not { } resource)
        {
            return 0;
        }

        var subscriptions = kind.Spec(resource).Subscriptions;
        return subscriptions.Zip(subscriptions.Skip(1)).Count(pair =>
            pair.Second.GlobalInstanceId != identity.InstanceId && pair.Second.ConnectTime is { } began && began.ToDateTimeOffset() >= since
            && (pair.First.DisconnectTime is not { } ended || ended >= began));
    }

    /// <summary>Closes what instances left open that are gone.</summary>
    public void LookForLeftovers()
    {
        lock (gate)
        {
            leftovers = true;
            urgent = true;
        }

        signal.Set();
    }

    /// <summary>Something of a session changed.</summary>
    public void Touch(ZoneSession session, bool urgent)
    {
        lock (gate)
        {
            var first = dirty.Add(session) && dirty.Count == 1 && pinged.Count == 0;
            this.urgent |= urgent;
            if (!first && !urgent)
            {
                return;
            }
        }

        signal.Set();
    }

    /// <summary>A zone pinged by health check.</summary>
    public void Pinged(string zone)
    {
        lock (gate)
        {
            pinged.Add(zone);
        }

        signal.Set();
    }

    /// <summary>Closes what an earlier run in our place left open: nobody said goodbye.</summary>
    /// <param name="soleInstance">True when no other instance serves the same store, so that every open subscription is a leftover.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task CloseLeftoversAsync(bool soleInstance, CancellationToken cancellationToken) => store.CommitAsync(
        Actor.System,
        transaction =>
        {
            foreach (var resource in transaction.World.List(kind.Name).ToList())
            {
                var insight = kind.Spec(resource).Clone();
                var changed = false;
                foreach (var subscription in insight.Subscriptions.Where(s => s.DisconnectTime is null && (soleInstance || s.GlobalInstanceId == identity.InstanceId || s.GlobalInstanceId == identity.Previous)))
                {
                    subscription.DisconnectTime = Timestamp.FromDateTimeOffset(transaction.Now);
                    changed = true;
                }

                if (soleInstance && insight.KdsStreams is not null)
                {
                    insight.KdsStreams = null;
                    insight.EnvoyAdminStreams = null;
                    changed = true;
                }

                if (changed)
                {
                    transaction.Put(resource.With(spec: kind.Write(insight)), history: false);
                }
            }

            return true;
        },
        cancellationToken);

    /// <summary>Writes until cancelled; what is still unwritten then is written at the end.</summary>
    public async Task RunAsync(Func<IReadOnlyList<ZoneSession>> live, CancellationToken cancellationToken)
    {
        var nextGeneration = time.GetUtcNow() + (options.SubscriptionIdleTimeout / 2);
        var retry = FirstRetry;
        try
        {
            while (true)
            {
                await signal.WaitAsync(nextGeneration - time.GetUtcNow(), time, cancellationToken).ConfigureAwait(false);
                bool now;
                lock (gate)
                {
                    now = urgent;
                }

                if (!now)
                {
                    await signal.WaitAsync(options.InsightFlushInterval, time, cancellationToken).ConfigureAwait(false); // an urgent one comes through
                }

                if (time.GetUtcNow() >= nextGeneration)
                {
                    nextGeneration = time.GetUtcNow() + (options.SubscriptionIdleTimeout / 2);
                    foreach (var session in live())
                    {
                        session.BumpGeneration();
                        Touch(session, urgent: false);
                    }

                    LookForLeftovers();
                }

                if (await FlushAsync(cancellationToken).ConfigureAwait(false))
                {
                    retry = FirstRetry;
                    continue;
                }

                // Nobody else would wake us: a zone that left while the store was away must not read online until something else moves.
                await Task.Delay(retry, time, cancellationToken).ConfigureAwait(false);
                retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry;
                signal.Set();
            }
        }
        finally
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), time);
            await ((Task)FlushAsync(limit.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <returns>False when the store was away; what was to be written is kept.</returns>
    private async Task<bool> FlushAsync(CancellationToken cancellationToken)
    {
        List<ZoneSession> sessions;
        List<string> pings;
        bool closeForeign;
        lock (gate)
        {
            urgent = false;
            closeForeign = leftovers;
            leftovers = false;
            sessions = [.. dirty];
            dirty.Clear();
            pings = [.. pinged];
            pinged.Clear();
        }

        if (sessions.Count == 0 && pings.Count == 0 && !closeForeign)
        {
            return true;
        }

        try
        {
            await store.CommitAsync(Actor.System, transaction => Write(transaction, sessions, pings, closeForeign), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (StoreUnavailableException e)
        {
            LogUnwritten(log, e, sessions.Count);
            lock (gate)
            {
                dirty.UnionWith(sessions);
                pinged.UnionWith(pings);
                leftovers |= closeForeign;
                urgent = true;
            }

            return false;
        }
    }

    private bool Write(StoreTransaction transaction, List<ZoneSession> sessions, List<string> pings, bool closeForeign)
    {
        foreach (var zone in sessions.Select(s => s.Zone).Concat(pings).Distinct(StringComparer.Ordinal))
        {
            if (transaction.World.Find("Zone", zone) is null)
            {
                continue;
            }

            var stored = transaction.World.Find(kind.Name, zone);
            var insight = stored is null ? new ZoneInsight() : kind.Spec(stored).Clone();
            foreach (var session in sessions.Where(s => s.Zone == zone).OrderBy(s => s.OpenedAt))
            {
                Merge(insight, session, transaction.Now);
            }

            if (pings.Contains(zone))
            {
                insight.HealthCheck = new HealthCheck { Time = Timestamp.FromDateTimeOffset(transaction.Now) };
            }

            var spec = kind.Write(insight);
            if (stored is null || !stored.Spec.Equals(spec))
            {
                transaction.Put(stored?.With(spec: spec) ?? new Resource { Kind = kind, Name = zone, Spec = spec }, history: false);
            }
        }

        if (closeForeign)
        {
            CloseForeign(transaction);
        }

        return true;
    }

    private void Merge(ZoneInsight insight, ZoneSession session, DateTimeOffset now)
    {
        var (subscription, streams) = session.Snapshot();
        if (subscription is not null)
        {
            var at = -1;
            for (var i = 0; i < insight.Subscriptions.Count; i++)
            {
                if (insight.Subscriptions[i].Id == subscription.Id)
                {
                    at = i;
                }
            }

            if (at < 0)
            {
                foreach (var open in insight.Subscriptions.Where(s => s.DisconnectTime is null))
                {
                    open.DisconnectTime = Timestamp.FromDateTimeOffset(now); // a new connection closes all older ones
                }

                insight.Subscriptions.Add(subscription);
            }
            else
            {
                if (at < insight.Subscriptions.Count - 1)
                {
                    subscription.DisconnectTime ??= insight.Subscriptions[at].DisconnectTime ?? Timestamp.FromDateTimeOffset(now);
                }

                insight.Subscriptions[at] = subscription;
            }

            while (insight.Subscriptions.Count > options.SubscriptionLimit)
            {
                insight.Subscriptions.RemoveAt(0);
            }

            for (var i = 0; i < insight.Subscriptions.Count - 1; i++)
            {
                insight.Subscriptions[i].Config = ""; // only the last one's is of use
                insight.Subscriptions[i].Status?.Stat.Clear();
            }
        }

        insight.KdsStreams ??= new KDSStreams();
        insight.EnvoyAdminStreams ??= new EnvoyAdminStreams();
        foreach (var (stream, opened) in streams)
        {
            var mine = new KDSStream { GlobalInstanceId = identity.InstanceId, ConnectTime = Timestamp.FromDateTimeOffset(opened) };
            var known = insight.KdsStreams;
            switch (stream)
            {
                case StreamKind.GlobalToZone when IsNewer(known.GlobalToZone, mine): known.GlobalToZone = mine; break;
                case StreamKind.ZoneToGlobal when IsNewer(known.ZoneToGlobal, mine): known.ZoneToGlobal = mine; break;
                case StreamKind.ConfigDump when IsNewer(known.ConfigDump, mine):
                    known.ConfigDump = mine;
                    insight.EnvoyAdminStreams.ConfigDumpGlobalInstanceId = identity.InstanceId;
                    break;
                case StreamKind.Stats when IsNewer(known.Stats, mine):
                    known.Stats = mine;
                    insight.EnvoyAdminStreams.StatsGlobalInstanceId = identity.InstanceId;
                    break;
                case StreamKind.Clusters when IsNewer(known.Clusters, mine):
                    known.Clusters = mine;
                    insight.EnvoyAdminStreams.ClustersGlobalInstanceId = identity.InstanceId;
                    break;
                default: break;
            }
        }
    }

    private static bool IsNewer(KDSStream? known, KDSStream mine) => known?.ConnectTime is null || known.ConnectTime <= mine.ConnectTime;

    /// <summary>Closes subscriptions of other instances that did not move since the idle time: their instance is gone.</summary>
    private void CloseForeign(StoreTransaction transaction)
    {
        foreach (var resource in transaction.World.List(kind.Name).ToList())
        {
            var insight = kind.Spec(resource);
            if (insight.Subscriptions.LastOrDefault(s => s.DisconnectTime is null) is not { } open || open.GlobalInstanceId == identity.InstanceId)
            {
                foreign.Remove(resource.Name);
                continue;
            }

            var seen = foreign.GetValueOrDefault(resource.Name);
            var gone = IsGone(open.GlobalInstanceId);
            if (!gone && (seen.Id != open.Id || seen.Generation != open.Generation))
            {
                foreign[resource.Name] = (open.Id, open.Generation, transaction.Now);
            }
            else if (gone || transaction.Now - seen.Since >= options.SubscriptionIdleTimeout)
            {
                var closed = insight.Clone();
                foreach (var subscription in closed.Subscriptions.Where(s => s.DisconnectTime is null))
                {
                    subscription.DisconnectTime = Timestamp.FromDateTimeOffset(transaction.Now);
                }

                closed.KdsStreams = null; // nobody holds them any more
                closed.EnvoyAdminStreams = null;
                transaction.Put(resource.With(spec: kind.Write(closed)), history: false);
                foreign.Remove(resource.Name);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The state of {Count} zone connections could not be stored; it is tried again.")]
    private static partial void LogUnwritten(ILogger logger, Exception e, int count);
}
