using System.Data.Common;
using MeshConsole.Shared;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace MeshConsole.ControlPlane.Store;

/// <summary>The database cannot be reached or refused a write.</summary>
/// <param name="message">What happened and what to do.</param>
/// <param name="inner">What the database said, or null.</param>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>
    /// True when the link broke while the database was making the commit durable: it may be stored or not, whole in either
    /// case. False: nothing of it is stored.
    /// </summary>
    public bool OutcomeUnknown { get; init; }
}

/// <summary>
/// The state: in memory as an immutable <see cref="World"/>, in the database as rows. One loop writes (<see cref="StoreWriter"/>);
/// commits that wait at the same time share one database transaction, and are acknowledged when it is durable.
/// </summary>
public sealed class ResourceStore : IAsyncDisposable
{
    private readonly StoreDatabase database;
    private readonly StoreContextFactory contexts;
    private readonly StoreWriter writer;
    private readonly StoreLoader loader;

    internal ResourceStore(StoreDatabase database, StoreContextFactory contexts, RowCodec codec, StoreOptions options, TimeProvider time, ILogger<ResourceStore> log)
    {
        this.database = database;
        this.contexts = contexts;
        loader = new StoreLoader(database, codec);
        writer = new StoreWriter(this, database, loader, codec, options, time, log);
    }

    /// <summary>The newest state; watch it to learn of changes.</summary>
    public Live<World> World { get; } = new(Store.World.Empty);

    /// <summary>The newest changes, one by one.</summary>
    public ChangeLog Changes { get; } = new();

    /// <summary>
    /// The store that <paramref name="options"/> describe, not started yet.
    /// </summary>
    /// <param name="options">Which database, and how much history.</param>
    /// <param name="dataDirectory">Holds the SQLite file; made when it is missing.</param>
    /// <param name="kinds">The kinds this control plane knows.</param>
    /// <param name="box">Seals the specs of secret kinds.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where failures of the database are told.</param>
    public static ResourceStore Create(StoreOptions options, string dataDirectory, KindRegistry kinds, SecretBox box, TimeProvider time, ILogger<ResourceStore> log)
    {
        StoreDatabase database = options.IsPostgres
            ? new PostgresDatabase(options.ConnectionString)
            : new SqliteDatabase(options.SqliteConnectionString(dataDirectory));
        return new ResourceStore(database, StoreContextFactory.For(options, dataDirectory), new RowCodec(kinds, box), options, time, log);
    }

    /// <summary>Applies migrations, reads the whole state and starts the writer. Called once, before anything listens.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached, or another process holds the data directory.</exception>
    /// <exception cref="InvalidOperationException">Stored secrets were sealed with another key.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await database.PrepareAsync(contexts, cancellationToken).ConfigureAwait(false);
            await database.OpenAsync(cancellationToken).ConfigureAwait(false);
            World.Set(await loader.StartAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e) when (StoreDatabase.Cause(e) is DbException or IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"The store{database.Place} cannot be opened: {StoreDatabase.Cause(e).Message}", e);
        }

        Changes.Restart(World.Value.Revision);
        writer.Start();
    }

    /// <summary>
    /// Runs <paramref name="body"/> alone on the newest state and stores what it did. Returns its value when everything is
    /// durable and published. A body that throws, or that changed nothing, stores nothing.
    /// </summary>
    /// <param name="actor">Who does it; goes into history and audit.</param>
    /// <param name="body">
    /// Decides and writes; fast, no I/O. It runs again, on a newer state, when the database had to be asked a second time:
    /// only its last run counts, so it must not change anything but the transaction.
    /// </param>
    /// <param name="cancellationToken">Ends the wait; the commit may still happen.</param>
    /// <exception cref="StoreUnavailableException">The database refused, or the store is stopping.</exception>
    public Task<T> CommitAsync<T>(Actor actor, Func<StoreTransaction, T> body, CancellationToken cancellationToken = default) =>
        writer.CommitAsync(actor, body, cancellationToken);

    /// <summary>Takes in what other instances wrote to the same database; returns when it is published.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached, or the store is stopping.</exception>
    public Task CatchUpAsync(CancellationToken cancellationToken) => writer.CatchUpAsync(cancellationToken);

    /// <summary>Versions of a resource that people wrote, newest first.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public Task<IReadOnlyList<HistoryRow>> HistoryAsync(ResourceKey key, int limit, CancellationToken cancellationToken) =>
        ReadAsync(context => context.History.AsNoTracking()
            .Where(r => r.Kind == key.Kind && r.Mesh == key.Mesh && r.Name == key.Name)
            .OrderByDescending(r => r.Revision).Take(limit), cancellationToken);

    /// <summary>The newest versions of all resources that people wrote, newest first.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public Task<IReadOnlyList<HistoryRow>> RecentHistoryAsync(int limit, CancellationToken cancellationToken) =>
        ReadAsync(context => context.History.AsNoTracking().OrderByDescending(r => r.Revision).Take(limit), cancellationToken);

    /// <summary>Entries of the audit trail, newest first.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public Task<IReadOnlyList<AuditRow>> AuditAsync(int limit, CancellationToken cancellationToken) =>
        ReadAsync(context => context.Audit.AsNoTracking().OrderByDescending(r => r.Id).Take(limit), cancellationToken);

    /// <summary>Ends the writer after what is already queued, and closes the database.</summary>
    public async ValueTask DisposeAsync()
    {
        await writer.DisposeAsync().ConfigureAwait(false);
        await database.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<TRow>> ReadAsync<TRow>(Func<StoreContext, IQueryable<TRow>> query, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var context = contexts.Create();
                return await query(context).ToListAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (StoreDatabase.Cause(e) is DbException cause)
            {
                // A pooled link that broke while it was idle shows only when it is used: another one, then the truth.
                if (attempt > 1 || !cause.IsTransient)
                {
                    throw new StoreUnavailableException($"The store cannot be read: {cause.Message}", cause);
                }
            }
        }
    }
}
