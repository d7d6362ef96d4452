using Grpc.Core;
using MeshConsole.ControlPlane.Delivery;
using MeshConsole.ControlPlane.Discovery;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Protos.Envoy.Discovery;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>
/// Serves one stream with resources: requests come in, the newest state goes out. One loop writes; a reader and a watcher
/// only wake it. Used downwards by global and upwards by a zone.
/// </summary>
/// <param name="kinds">The kinds we know.</param>
/// <param name="feed">Changes that can matter.</param>
/// <param name="session">The protocol's state for this stream.</param>
/// <param name="time">The clock, for retries.</param>
internal sealed class SyncSender(KindRegistry kinds, SyncFeed feed, DeltaSession session, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Signal signal = new();
    private readonly List<Change> changes = [];
    private readonly HashSet<string> touched = new(StringComparer.Ordinal);
    private World world = feed.State.Value;

    /// <summary>Makes the view from the first request; called once, before anything is sent.</summary>
    public required Func<DeltaDiscoveryRequest, SyncView> View { get; init; }

    /// <summary>Sends one response.</summary>
    public required Func<DeltaDiscoveryResponse, CancellationToken, Task> Write { get; init; }

    /// <summary>Called after a response was handed to the connection, with the resources it holds.</summary>
    public Action<DeltaDiscoveryResponse, long> Sent { get; init; } = (_, _) => { };

    /// <summary>Called with what the peer answered.</summary>
    public Action<DeltaAnswer> Answered { get; init; } = _ => { };

    /// <summary>Called for a changed resource that this peer does not get, with the reason.</summary>
    public Action<Change, string> Withheld { get; init; } = (_, _) => { };

    /// <summary>Called when the whole state of a type was looked at, with what of it the peer does not get: type, revision, reasons.</summary>
    public Action<string, long, IReadOnlyDictionary<ResourceKey, string>> WithheldOfAll { get; init; } = (_, _, _) => { };

    /// <summary>Called for a type that travels and that the peer, which asks for everything first, did not ask for; with a revision.</summary>
    public Action<string, long> NotAsked { get; init; } = (_, _) => { };

    /// <summary>Called when everything of a type up to a revision is with the peer without anything having to be sent.</summary>
    public Action<string, long> Settled { get; init; } = (_, _) => { };

    /// <summary>Called when the complete set of a type is measured: type, bytes, and whether it can be delivered.</summary>
    public Action<string, long, bool> Measured { get; init; } = (_, _, _) => { };

    /// <summary>Whether a type that is asked for is left without any answer, instead of an empty one.</summary>
    public Func<string, bool> Unanswerable { get; init; } = _ => false;

    private SyncView? view;
    private bool hasAsked;

    /// <summary>Serves the stream until it ends. Returns when the peer ends it in good order.</summary>
    /// <exception cref="RpcException">The peer broke the rules, or the connection broke.</exception>
    public async Task RunAsync(IAsyncStreamReader<DeltaDiscoveryRequest> requests, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = ReadAsync(requests, ending.Token);
        var watching = WatchAsync(ending.Token);
        var writing = WriteAsync(ending.Token);
        try
        {
            await await Task.WhenAny(reading, watching, writing).ConfigureAwait(false);
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(reading, watching, writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadAsync(IAsyncStreamReader<DeltaDiscoveryRequest> requests, CancellationToken cancellationToken)
    {
        while (await requests.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            var request = requests.Current;
            if (request.Node is not { Id.Length: > 0 })
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, "the request has no node"));
            }

            if (request.TypeUrl.Length is 0 or > 256)
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, "the request names no type"));
            }

            lock (gate)
            {
                if (!session.IsAsked(request.TypeUrl) && session.Types.Count >= 512)
                {
                    throw new RpcException(new Status(StatusCode.ResourceExhausted, "too many types are asked for"));
                }

                view ??= View(request);
                if (Unanswerable(request.TypeUrl))
                {
                    continue;
                }

                var answer = session.Receive(request, time.GetUtcNow());
                if (answer.Kind == DeltaAnswerKind.First)
                {
                    feed.CatchUp(); // the first answer is the complete state: nothing that is stored may be missing
                    Advance();
                    Load(answer.Type);
                }
                else if (!hasAsked)
                {
                    hasAsked = true; // a peer asks for all it wants before it answers anything
                    foreach (var kind in kinds.All.Where(k => view.Carries(k) && !session.IsAsked(k.Name)))
                    {
                        NotAsked(kind.Name, world.Revision);
                    }
                }

                Answered(answer);
            }

            signal.Set();
        }
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        var seen = world;
        while (true)
        {
            seen = await feed.State.NextAsync(seen, cancellationToken).ConfigureAwait(false);
            signal.Set();
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            while (Take() is var (response, mark))
            {
                await Write(response, cancellationToken).ConfigureAwait(false);
                Sent(response, mark);
            }

            DateTimeOffset? retry;
            lock (gate)
            {
                touched.RemoveWhere(IsDone);
                retry = session.NextRetry;
            }

            await signal.WaitAsync(retry - time.GetUtcNow(), time, cancellationToken).ConfigureAwait(false);
        }
    }

    private (DeltaDiscoveryResponse Response, long Mark)? Take()
    {
        lock (gate)
        {
            Advance();
            var now = time.GetUtcNow();
            foreach (var kind in kinds.All)
            {
                if (session.IsAsked(kind.Name) && Take(kind.Name, now) is { } found)
                {
                    return found;
                }
            }

            foreach (var type in session.Types)
            {
                if (kinds.Find(type) is null && Take(type, now) is { } found)
                {
                    return found;
                }
            }

            return null;
        }
    }

    private (DeltaDiscoveryResponse Response, long Mark)? Take(string type, DateTimeOffset now)
    {
        var wasTooLarge = session.IsTooLarge(type);
        var size = session.CompleteSize(type);
        var response = session.Next(type, world.Revision, now);
        if (session.IsTooLarge(type) != wasTooLarge || session.CompleteSize(type) != size)
        {
            Measured(type, session.CompleteSize(type), !session.IsTooLarge(type));
        }

        if (response is not null)
        {
            return (response, world.Revision);
        }

        return null;
    }

    /// <summary>Takes in what changed since this stream last looked.</summary>
    private void Advance()
    {
        var newest = feed.State.Value;
        if (ReferenceEquals(newest, world) || view is null)
        {
            return;
        }

        changes.Clear();
        if (!feed.TryReadSince(world.Revision, changes))
        {
            world = newest;
            foreach (var type in session.Types)
            {
                Load(type);
            }

            return;
        }

        world = newest;
        var reload = new HashSet<string>(StringComparer.Ordinal);
        foreach (var change in changes)
        {
            if (change.Revision > newest.Revision)
            {
                continue; // comes with the next world
            }

            reload.UnionWith(view.Affected(change));
            var kind = (change.After ?? change.Before)!.Kind;
            if (!view.Carries(kind))
            {
                continue;
            }

            if (!session.IsAsked(kind.Name))
            {
                if (hasAsked)
                {
                    Withheld(change, DeliveryLedger.NotAsked + kind.Name);
                }

                continue;
            }

            touched.Add(kind.Name);
            Offer(view, kind.Name, change);
        }

        foreach (var type in reload)
        {
            Load(type);
        }
    }

    /// <summary>A change that left this peer's view as it was needs no response: then it is with the peer already.</summary>
    private bool IsDone(string type)
    {
        if (!session.IsSettled(type))
        {
            return false;
        }

        Settled(type, world.Revision);
        return true;
    }

    private void Offer(SyncView to, string type, Change change)
    {
        var before = change.Before is null ? null : to.WireName(change.Before);
        if (change.After is not { } after)
        {
            session.Offer(type, before!, null);
            return;
        }

        var name = to.WireName(after);
        if (before is not null && before != name)
        {
            session.Offer(type, before, null);
        }

        var projection = to.Project(after, world);
        session.Offer(type, name, projection.Item);
        if (projection.Withheld is { } reason)
        {
            Withheld(change, reason);
        }
    }

    private void Load(string type)
    {
        if (kinds.Find(type) is not { } kind || !view!.Carries(kind))
        {
            session.OfferAll(type, []);
            return;
        }

        var items = new List<DeltaItem>();
        var withheld = new Dictionary<ResourceKey, string>();
        foreach (var resource in world.List(type))
        {
            var projection = view.Project(resource, world);
            if (projection.Item is { } item)
            {
                items.Add(item);
            }
            else if (projection.Withheld is { } reason)
            {
                withheld[resource.Key] = reason;
            }
        }

        session.OfferAll(type, items);
        WithheldOfAll(type, world.Revision, withheld);
    }
}
