using System.Data.Common;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace MeshConsole.ControlPlane.Store;

/// <summary>
/// The writer on PostgreSQL. Several replicas may write: each group takes one advisory transaction lock, so commit order is
/// revision order, and reads what others wrote before it decides.
/// </summary>
internal sealed class PostgresDatabase(string connectionString) : StoreDatabase
{
    private readonly string writerConnectionString = Prepared(connectionString);
    private const long WriterLock = 0x4D65_7368_436F_6E01; // "MeshCon", then 1: the writer
    private const long MigrationLock = 0x4D65_7368_436F_6E02; // 2: whoever migrates
    private const long TombstoneStep = 1_000;
    private NpgsqlConnection? connection;

    public override bool IsShared => true;

    public override DbConnection Connection => connection ?? throw new InvalidOperationException("The store is not open.");

    public override async Task PrepareAsync(StoreContextFactory contexts, CancellationToken cancellationToken)
    {
        // A connection of its own: replicas that start together migrate one after the other, and its end lets the next one on.
        await using var guard = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        try
        {
            await guard.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            using var empty = contexts.Create();
            await empty.GetService<IRelationalDatabaseCreator>().CreateAsync(cancellationToken).ConfigureAwait(false);
            await guard.OpenAsync(cancellationToken).ConfigureAwait(false);
        }

        await using var take = new NpgsqlCommand($"SELECT pg_advisory_lock({MigrationLock})", guard);
        await take.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        if (!await IsMigratedAsync(guard, typeof(PostgresStoreContext), cancellationToken).ConfigureAwait(false))
        {
            using var context = contexts.Create();
            await context.Database.MigrateAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public override async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (connection is { FullState: System.Data.ConnectionState.Open })
        {
            return;
        }

        await CloseAsync().ConfigureAwait(false);
        var opened = new NpgsqlConnection(writerConnectionString);
        try
        {
            await opened.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await opened.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        connection = opened;
    }

    public override Task<long> BeginAsync(CancellationToken cancellationToken) =>
        // Each statement sees what was committed when it began (read committed): the revision is read after the lock is held,
        // so nobody can be writing a newer one.
        BeginAsync(cancellationToken, "BEGIN ISOLATION LEVEL READ COMMITTED", $"SELECT pg_advisory_xact_lock({WriterLock})");

    /// <summary>One snapshot for all reads: commits become visible in the order of their revisions, so it holds all up to one.</summary>
    public override Task<long> BeginReadAsync(CancellationToken cancellationToken) =>
        BeginAsync(cancellationToken, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");

    private async Task<long> BeginAsync(CancellationToken cancellationToken, params string[] first)
    {
        await using var batch = new NpgsqlBatch((NpgsqlConnection)Connection); // one round trip
        foreach (var statement in first)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(statement));
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand(SelectRevision));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (reader.FieldCount == 0 || reader.GetName(0) != "Value")
        {
            if (!await reader.NextResultAsync(cancellationToken).ConfigureAwait(false))
            {
                return 0;
            }
        }

        return await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
            ? long.Parse(reader.GetString(0), CultureInfo.InvariantCulture)
            : 0;
    }

    public override async Task CommitAsync(WriteGroup? group, CancellationToken cancellationToken)
    {
        // One round trip: after the first statement that fails, the server passes over the rest, COMMIT included.
        await using var batch = new NpgsqlBatch((NpgsqlConnection)Connection);
        if (group is not null)
        {
            PostgresStatements.Add(batch, group);
            AddForgetting(batch, group);
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"SELECT pg_notify('{StoreNotices.Channel}', $1)")
            {
                Parameters = { new() { Value = StoreNotices.Changed + group.Revision.ToString(CultureInfo.InvariantCulture) } },
            });
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
        MayHaveCommitted = group is not null;
        try
        {
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (!e.SqlState.StartsWith("57P", StringComparison.Ordinal))
        {
            MayHaveCommitted = false; // the server's own "no"; 57P is its farewell, and says nothing of the commit
            throw;
        }

        MayHaveCommitted = false;
    }

    public override async Task CloseAsync()
    {
        MayHaveCommitted = false;
        if (connection is { } open)
        {
            connection = null;
            await open.DisposeAsync().ConfigureAwait(false); // the pool rolls an open transaction back
        }
    }

    public override bool IsAboutData(Exception e) =>
        base.IsAboutData(e)
        || (Cause(e) is PostgresException { SqlState: var state } && (state.StartsWith("22", StringComparison.Ordinal) || state.StartsWith("23", StringComparison.Ordinal) || state.StartsWith("54", StringComparison.Ordinal)));

    /// <summary>The server keeps the writer's few statements prepared, unless the settings say something of their own.</summary>
    private static string Prepared(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        if (!builder.ShouldSerialize("Max Auto Prepare"))
        {
            builder.MaxAutoPrepare = 20;
            builder.AutoPrepareMinUsages = 2;
        }

        return builder.ConnectionString;
    }

    private static void AddForgetting(NpgsqlBatch batch, WriteGroup group)
    {
        var forget = group.Revision - TombstonesKept;
        if (forget > 0 && group.Revision / TombstoneStep > group.PreviousRevision / TombstoneStep)
        {
            PostgresStatements.AddDeleteTombstones(batch, forget);
            PostgresStatements.AddMeta(batch, TombstonesFromKey, forget);
        }
    }
}
