using System.Data.Common;
using System.Threading.Channels;
using MeshConsole.Shared;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace MeshConsole.ControlPlane.Store;

/// <summary>The database cannot be reached or refused a write; nothing of the commit is stored.</summary>
public sealed class StoreUnavailableException(string message, Exception inner) : Exception(message, inner);

/// <summary>
/// The state: in memory as an immutable <see cref="World"/>, in the database as rows. One loop writes; commits that wait at
/// the same time share one database transaction, and are acknowledged when it is durable.
/// </summary>
public sealed class ResourceStore : IAsyncDisposable
{
    private const int GroupLimit = 512;
    private readonly StoreDatabase database;
    private readonly StoreContextFactory contexts;
    private readonly RowCodec codec;
    private readonly TimeProvider time;
    private readonly ILogger<ResourceStore> log;
    private readonly Channel<Work> queue = Channel.CreateBounded<Work>(new BoundedChannelOptions(4096) { SingleReader = true });
    private readonly CancellationTokenSource stopping = new();
    private Task? loop;

    internal ResourceStore(StoreDatabase database, StoreContextFactory contexts, RowCodec codec, TimeProvider time, ILogger<ResourceStore> log)
    {
        this.database = database;
        this.contexts = contexts;
        this.codec = codec;
        this.time = time;
        this.log = log;
    }

    /// <summary>The newest state; watch it to learn of changes.</summary>
    public Live<World> World { get; } = new(Store.World.Empty);

    /// <summary>The newest changes, one by one.</summary>
    public ChangeLog Changes { get; } = new();

    /// <summary>Applies migrations, reads the whole state and starts the writer. Called once, before anything listens.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            using (var context = contexts.Create())
            {
                await context.Database.MigrateAsync(cancellationToken).ConfigureAwait(false);
                World.Set(await LoadAsync(context, cancellationToken).ConfigureAwait(false));
            }

            await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e)
        {
            throw new StoreUnavailableException($"The store cannot be opened: {e.Message}", e);
        }

        Changes.Start(World.Value.Revision);
        loop = Task.Run(() => RunAsync(stopping.Token), CancellationToken.None);
    }

    /// <summary>
    /// Runs <paramref name="body"/> alone on the newest state and stores what it did. Returns its value when everything is
    /// durable and published. A body that throws, or that changed nothing, stores nothing.
    /// </summary>
    /// <param name="actor">Who does it; goes into history and audit.</param>
    /// <param name="body">Decides and writes; fast, no I/O. It may run again when the store had to catch up.</param>
    /// <param name="cancellationToken">Ends the wait; the commit may still happen.</param>
    /// <exception cref="StoreUnavailableException">The database refused; nothing is stored.</exception>
    public async Task<T> CommitAsync<T>(Actor actor, Func<StoreTransaction, T> body, CancellationToken cancellationToken = default)
    {
        var work = new Work<T>(actor, body);
        await queue.Writer.WriteAsync(work, cancellationToken).ConfigureAwait(false);
        return await work.Completion.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Versions of a resource that people wrote, newest first.</summary>
    public async Task<IReadOnlyList<HistoryRow>> HistoryAsync(ResourceKey key, int limit, CancellationToken cancellationToken)
    {
        using var context = contexts.Create();
        return await context.History.AsNoTracking()
            .Where(r => r.Kind == key.Kind && r.Mesh == key.Mesh && r.Name == key.Name)
            .OrderByDescending(r => r.Revision).Take(limit)
            .ToListAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The newest versions of all resources that people wrote, newest first.</summary>
    public async Task<IReadOnlyList<HistoryRow>> RecentHistoryAsync(int limit, CancellationToken cancellationToken)
    {
        using var context = contexts.Create();
        return await context.History.AsNoTracking().OrderByDescending(r => r.Revision).Take(limit).ToListAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Entries of the audit trail, newest first.</summary>
    public async Task<IReadOnlyList<AuditRow>> AuditAsync(int limit, CancellationToken cancellationToken)
    {
        using var context = contexts.Create();
        return await context.Audit.AsNoTracking().OrderByDescending(r => r.Id).Take(limit).ToListAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends the writer after what is already queued, and closes the database.</summary>
    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        if (loop is not null)
        {
            await Task.WhenAny(loop, Task.Delay(TimeSpan.FromSeconds(5), CancellationToken.None)).ConfigureAwait(false);
        }

        await stopping.CancelAsync().ConfigureAwait(false);
        if (loop is not null)
        {
            await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await database.DisposeAsync().ConfigureAwait(false);
        stopping.Dispose();
    }

    private async Task<World> LoadAsync(StoreContext context, CancellationToken cancellationToken)
    {
        var world = Store.World.Empty;
        await foreach (var row in context.Resources.AsNoTracking().AsAsyncEnumerable().WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (codec.Read(row) is { } resource)
            {
                world = world.With(resource);
            }
        }

        var last = await context.Meta.AsNoTracking().FirstOrDefaultAsync(m => m.Key == "revision", cancellationToken).ConfigureAwait(false);
        return last is null ? world : world.At(long.Parse(last.Value, System.Globalization.CultureInfo.InvariantCulture));
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var group = new List<Work>();
        while (await queue.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            group.Clear();
            while (group.Count < GroupLimit && queue.Reader.TryRead(out var work))
            {
                group.Add(work);
            }

            try
            {
                await WriteGroupAsync(group, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is DbException or IOException or TimeoutException or InvalidOperationException or OperationCanceledException)
            {
                if (e is not OperationCanceledException)
                {
                    log.LogError(e, "The store refused {Count} writes: {Reason}", group.Count, e.Message);
                }

                await database.CloseAsync().ConfigureAwait(false);
                var failure = new StoreUnavailableException($"The store is not available: {e.Message}", e);
                foreach (var work in group)
                {
                    work.Fail(failure);
                }
            }
        }
    }

    private async Task WriteGroupAsync(List<Work> group, CancellationToken cancellationToken)
    {
        await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        if (!database.IsShared)
        {
            var decided = Decide(group, World.Value);
            if (decided.NeedsWrite)
            {
                using var transaction = await database.BeginAsync(cancellationToken).ConfigureAwait(false);
                await database.WriteAsync(transaction, decided.ToRows(codec), cancellationToken).ConfigureAwait(false);
                await database.CommitAsync(transaction, cancellationToken).ConfigureAwait(false);
            }

            Publish(decided);
            return;
        }

        await using (var transaction = await database.BeginAsync(cancellationToken).ConfigureAwait(false))
        {
            await CatchUpAsync(transaction, cancellationToken).ConfigureAwait(false);
            var decided = Decide(group, World.Value);
            if (decided.NeedsWrite)
            {
                await database.WriteAsync(transaction, decided.ToRows(codec), cancellationToken).ConfigureAwait(false);
            }

            await database.CommitAsync(transaction, cancellationToken).ConfigureAwait(false);
            Publish(decided);
        }
    }

    private Decided Decide(List<Work> group, World world)
    {
        var decided = new Decided(world);
        foreach (var work in group)
        {
            var transaction = new StoreTransaction(decided.World, work.Actor, time);
            if (work.Run(transaction))
            {
                decided.Add(transaction);
            }
        }

        decided.Group.AddRange(group);
        return decided;
    }

    private void Publish(Decided decided)
    {
        if (decided.Changes.Count > 0)
        {
            Changes.Append(decided.Changes);
            World.Set(decided.World);
        }

        foreach (var work in decided.Group)
        {
            work.Complete();
        }
    }

    /// <summary>Takes in what other replicas wrote since our newest revision.</summary>
    private async Task CatchUpAsync(DbTransaction transaction, CancellationToken cancellationToken)
    {
        var known = World.Value;
        var last = known.Revision;
        using (var check = database.Connection.CreateCommand())
        {
            check.Transaction = transaction;
            check.CommandText = """SELECT "Value" FROM "Meta" WHERE "Key"='revision'""";
            var value = await check.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) as string;
            if (value is null || long.Parse(value, System.Globalization.CultureInfo.InvariantCulture) <= last)
            {
                return;
            }
        }

        using var context = contexts.Create();
        var rows = await context.Resources.AsNoTracking().Where(r => r.Revision > last).OrderBy(r => r.Revision).ToListAsync(cancellationToken).ConfigureAwait(false);
        var tombstones = await context.Tombstones.AsNoTracking().Where(r => r.Revision > last).ToListAsync(cancellationToken).ConfigureAwait(false);
        var changes = new List<Change>();
        var world = known;
        foreach (var (revision, apply) in tombstones.Select(t => (t.Revision, (Action)(() => Drop(t))))
            .Concat(rows.Select(r => (r.Revision, (Action)(() => Take(r))))).OrderBy(p => p.Item1))
        {
            apply();
            world = world.At(revision);
        }

        Changes.Append(changes);
        World.Set(world);

        void Drop(TombstoneRow row)
        {
            var key = new ResourceKey(row.Kind, row.Mesh, row.Name);
            if (world.Find(key) is { } before && before.Revision < row.Revision)
            {
                world = world.Without(key, row.Revision);
                changes.Add(new Change(row.Revision, key, before, null, time.GetUtcNow(), "replica"));
            }
        }

        void Take(ResourceRow row)
        {
            if (codec.Read(row) is { } resource)
            {
                var before = world.Find(resource.Key);
                world = world.With(resource);
                changes.Add(new Change(row.Revision, resource.Key, before, resource, resource.ModificationTime, "replica"));
            }
        }
    }

    private abstract class Work(Actor actor)
    {
        public Actor Actor { get; } = actor;

        /// <summary>Runs the body; false when it threw, so that nothing of it counts.</summary>
        public abstract bool Run(StoreTransaction transaction);

        public abstract void Complete();

        public abstract void Fail(Exception e);
    }

    private sealed class Work<T>(Actor actor, Func<StoreTransaction, T> body) : Work(actor)
    {
        private T value = default!;
        private Exception? thrown;

        public TaskCompletionSource<T> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override bool Run(StoreTransaction transaction)
        {
            try
            {
                thrown = null;
                value = body(transaction);
                return true;
            }
            catch (Exception e) // the caller's own fault, handed back to the caller; the group goes on
            {
                thrown = e;
                return false;
            }
        }

        public override void Complete()
        {
            if (thrown is not null)
            {
                Completion.TrySetException(thrown);
            }
            else
            {
                Completion.TrySetResult(value);
            }
        }

        public override void Fail(Exception e) => Completion.TrySetException(e);
    }

    private sealed class Decided(World world)
    {
        public World World { get; private set; } = world;

        public List<Work> Group { get; } = [];

        public List<Change> Changes { get; } = [];

        public List<HistoryRow> History { get; } = [];

        public List<AuditRow> Audit { get; } = [];

        public bool NeedsWrite => Changes.Count > 0 || Audit.Count > 0;

        public void Add(StoreTransaction transaction)
        {
            World = transaction.World;
            Changes.AddRange(transaction.Changes);
            History.AddRange(transaction.History);
            Audit.AddRange(transaction.Audit);
        }

        public WriteGroup ToRows(RowCodec codec)
        {
            // Only the last state of each key is written; a key that was put and deleted ends deleted.
            var last = new Dictionary<ResourceKey, Change>();
            foreach (var change in Changes)
            {
                last[change.Key] = change;
            }

            return new WriteGroup(
                [.. last.Values.Where(c => c.After is not null).Select(c => codec.Write(c.After!))],
                [.. last.Values.Where(c => c.After is null).Select(c => new TombstoneRow { Revision = c.Revision, Kind = c.Key.Kind, Mesh = c.Key.Mesh, Name = c.Key.Name })],
                History,
                Audit,
                World.Revision);
        }
    }
}
