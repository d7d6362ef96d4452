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
    private const long WriterLock = 0x4D65_7368_436F_6E01; // "MeshCon", then 1: the writer
    private const long MigrationLock = 0x4D65_7368_436F_6E02; // 2: whoever migrates
    private const long TombstoneStep = 1_000;
    private NpgsqlConnection? connection;

    public override bool IsShared => true;

    public override DbConnection Connection => connection ?? throw new InvalidOperationException("The store is not open.");

    public override async Task PrepareAsync(StoreContextFactory contexts, CancellationToken cancellationToken)
    {
        using var context = contexts.Create();
        var creator = context.GetService<IRelationalDatabaseCreator>();
        if (!await creator.ExistsAsync(cancellationToken).ConfigureAwait(false))
        {
            await creator.CreateAsync(cancellationToken).ConfigureAwait(false);
        }

        // Replicas that start together migrate one after the other.
        await using var guard = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await guard.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var take = new NpgsqlCommand($"SELECT pg_advisory_lock({MigrationLock})", guard);
        await take.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        await context.Database.MigrateAsync(cancellationToken).ConfigureAwait(false);
    }

    public override async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (connection is { FullState: System.Data.ConnectionState.Open })
        {
            return;
        }

        await CloseAsync().ConfigureAwait(false);
        var opened = new NpgsqlConnection(connectionString);
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

    public override async Task<long> BeginAsync(CancellationToken cancellationToken)
    {
        // One round trip. Each statement sees what was committed when it began (read committed): the revision is read after
        // the lock is held, so nobody can be writing a newer one.
        await using var batch = new NpgsqlBatch((NpgsqlConnection)Connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("BEGIN ISOLATION LEVEL READ COMMITTED"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"SELECT pg_advisory_xact_lock({WriterLock})"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(SelectRevision));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
            ? long.Parse(reader.GetString(0), CultureInfo.InvariantCulture)
            : 0;
    }

    public override async Task WriteAsync(WriteGroup group, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch((NpgsqlConnection)Connection);
        foreach (var row in group.Puts)
        {
            Add(batch, UpsertResource, command => Bind(command, row));
        }

        foreach (var row in group.Deletes)
        {
            Add(batch, DeleteResource, command => BindKey(command, row.Kind, row.Mesh, row.Name));
            Add(batch, InsertTombstone, command =>
            {
                BindKey(command, row.Kind, row.Mesh, row.Name);
                Bind(command, "@revision", row.Revision);
            });
        }

        foreach (var row in group.History)
        {
            Add(batch, InsertHistory, command => Bind(command, row));
        }

        foreach (var (kind, mesh, name) in group.HistoryKeys)
        {
            Add(batch, TrimHistory, command =>
            {
                BindKey(command, kind, mesh, name);
                Bind(command, "@keep", group.HistoryLimit);
            });
        }

        foreach (var row in group.Audit)
        {
            Add(batch, InsertAudit, command => Bind(command, row));
        }

        var forget = group.Revision - TombstonesKept;
        if (forget > 0 && group.Revision / TombstoneStep > group.PreviousRevision / TombstoneStep)
        {
            Add(batch, DeleteTombstones, command => Bind(command, "@revision", forget));
            Add(batch, UpsertMeta, command => BindMeta(command, TombstonesFromKey, forget));
        }

        Add(batch, UpsertMeta, command => BindMeta(command, LastRevisionKey, group.Revision));
        await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    public override async Task CommitAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("COMMIT", (NpgsqlConnection)Connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    public override async Task CloseAsync()
    {
        if (connection is { } open)
        {
            connection = null;
            await open.DisposeAsync().ConfigureAwait(false); // the pool rolls an open transaction back
        }
    }

    public override bool IsAboutData(Exception e) =>
        base.IsAboutData(e)
        || (Cause(e) is PostgresException { SqlState: var state } && (state.StartsWith("22", StringComparison.Ordinal) || state.StartsWith("23", StringComparison.Ordinal) || state.StartsWith("54", StringComparison.Ordinal)));

    private static void Add(NpgsqlBatch batch, string sql, Action<DbCommand> bind)
    {
        using var carrier = new NpgsqlCommand();
        bind(carrier);
        var command = new NpgsqlBatchCommand(sql);
        foreach (NpgsqlParameter parameter in carrier.Parameters.ToArray())
        {
            carrier.Parameters.Remove(parameter);
            command.Parameters.Add(parameter);
        }

        batch.BatchCommands.Add(command);
    }
}
