using System.Threading.Channels;
using MeshConsole.Shared;
using Microsoft.Extensions.Logging;

namespace MeshConsole.ControlPlane.Store;

/// <summary>
/// The one loop that writes. It takes all commits that wait, lets each decide on the newest state, writes them in one
/// database transaction, publishes the new world and only then acknowledges them. While the database makes one group
/// durable, the next group gathers.
/// </summary>
internal sealed class StoreWriter(
    ResourceStore store,
    StoreDatabase database,
    StoreLoader loader,
    RowCodec codec,
    StoreOptions options,
    TimeProvider time,
    ILogger log) : IAsyncDisposable
{
    private const int GroupLimit = 512;
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Channel<StoreWork> queue = Channel.CreateBounded<StoreWork>(new BoundedChannelOptions(4096) { SingleReader = true });
    private readonly CancellationTokenSource stopping = new();
    private readonly HistoryTrim trim = new(options.HistoryLimit);
    private Task? loop;

    /// <summary>True while memory may lag behind the database: after a commit whose outcome is unknown.</summary>
    private bool stale;

    public void Start() => loop = Task.Run(() => RunAsync(stopping.Token), CancellationToken.None);

    public async Task<T> CommitAsync<T>(Actor actor, Func<StoreTransaction, T> body, CancellationToken cancellationToken)
    {
        var work = new StoreWork<T>(actor, body);
        try
        {
            await queue.Writer.WriteAsync(work, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw Stopped();
        }

        return await work.Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns when the newest state of the database is published.</summary>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        if (!database.IsShared)
        {
            return; // what is in the database is what we wrote
        }

        var work = new CatchUpWork();
        try
        {
            await queue.Writer.WriteAsync(work, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw Stopped();
        }

        await work.Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        stopping.CancelAfter(StopPatience); // the system's clock on purpose: a test's clock may stand still
        if (loop is not null)
        {
            await loop.ConfigureAwait(false);
        }

        while (queue.Reader.TryRead(out var work))
        {
            work.Fail(Stopped());
        }

        stopping.Dispose();
    }

    private static StoreUnavailableException Stopped() => new("The control plane is stopping and takes no more writes.");

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var group = new List<StoreWork>();
        try
        {
            while (await WaitForWorkAsync(cancellationToken).ConfigureAwait(false))
            {
                group.Clear();
                while (group.Count < GroupLimit && queue.Reader.TryRead(out var work))
                {
                    group.Add(work);
                }

                await WriteAsync(group, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            group.ForEach(work => work.Fail(Stopped()));
        }
    }

    /// <summary>
    /// Waits for the next work. While memory may lag behind the database, it also tries to catch up, so that a commit whose
    /// outcome was unknown shows without anybody writing again.
    /// </summary>
    private async Task<bool> WaitForWorkAsync(CancellationToken cancellationToken)
    {
        var more = queue.Reader.WaitToReadAsync(cancellationToken).AsTask();
        for (var pause = FirstPause; stale && !more.IsCompleted; pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks)))
        {
            await Task.WhenAny(more, Task.Delay(pause, time, cancellationToken)).ConfigureAwait(false);
            if (!more.IsCompleted)
            {
                await WriteAsync([], cancellationToken).ConfigureAwait(false);
            }
        }

        return await more.ConfigureAwait(false);
    }

    /// <summary>Writes a group; every work in it is completed or failed afterwards. Throws only when the store stops.</summary>
    private async Task WriteAsync(List<StoreWork> group, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await TryWriteAsync(group, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                var outcomeUnknown = database.MayHaveCommitted;
                stale |= outcomeUnknown;
                await database.CloseAsync().ConfigureAwait(false);
                if (!outcomeUnknown && database.IsAboutData(e))
                {
                    await WriteOneByOneAsync(group, e, cancellationToken).ConfigureAwait(false);
                    return;
                }

                if (outcomeUnknown || attempt > 1)
                {
                    Refuse(group, e, outcomeUnknown);
                    return;
                }

                // A link that broke while nobody wrote shows only now: one new link, then the truth.
            }
        }
    }

    private async Task TryWriteAsync(List<StoreWork> group, CancellationToken cancellationToken)
    {
        DecidedGroup decided;
        if (!database.IsShared && !stale)
        {
            decided = DecidedGroup.Decide(group, store.World.Value, time);
            if (!decided.NeedsWrite)
            {
                Publish(decided); // nothing to store, and nobody else to hear from
                return;
            }

            await database.OpenAsync(cancellationToken).ConfigureAwait(false);
            await database.BeginAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await database.OpenAsync(cancellationToken).ConfigureAwait(false);
            var newest = group.TrueForAll(w => w.OnlyReads)
                ? await database.BeginReadAsync(cancellationToken).ConfigureAwait(false)
                : await database.BeginAsync(cancellationToken).ConfigureAwait(false);
            if (stale || newest != store.World.Value.Revision)
            {
                await loader.CatchUpAsync(store, cancellationToken).ConfigureAwait(false);
                stale = false;
            }

            decided = DecidedGroup.Decide(group, store.World.Value, time);
        }

        await database.CommitAsync(decided.NeedsWrite ? decided.ToRows(codec, trim) : null, cancellationToken).ConfigureAwait(false);
        Publish(decided);
    }

    /// <summary>One write holds what the database cannot store: the others of its group must not suffer for it.</summary>
    private async Task WriteOneByOneAsync(List<StoreWork> group, Exception cause, CancellationToken cancellationToken)
    {
        if (group.Count <= 1)
        {
            Refuse(group, cause, outcomeUnknown: false);
            return;
        }

        foreach (var work in group)
        {
            await WriteAsync([work], cancellationToken).ConfigureAwait(false);
        }
    }

    private void Publish(DecidedGroup decided)
    {
        if (decided.Changes.Count > 0)
        {
            store.Changes.Append(decided.Changes);
            store.World.Set(decided.World);
        }

        foreach (var work in decided.Group)
        {
            work.Complete();
        }
    }

    private void Refuse(List<StoreWork> group, Exception cause, bool outcomeUnknown)
    {
        log.LogError(cause, "The store is not available, {Count} writes are refused: {Reason}", group.Count, cause.Message);
        var failure = outcomeUnknown
            ? new StoreUnavailableException($"The link to the store broke while this was being stored; look whether it is there, and repeat it if not: {cause.Message}", cause) { OutcomeUnknown = true }
            : new StoreUnavailableException($"The store is not available: {cause.Message}", cause);
        group.ForEach(work => work.Fail(failure));
    }
}
