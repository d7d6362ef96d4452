using System.Data.Common;
using Npgsql;

namespace MeshConsole.ControlPlane.Store;

/// <summary>
/// The writer on PostgreSQL. Several replicas may write: each group takes one advisory transaction lock, so commit order is
/// revision order, and reads what others wrote before it decides.
/// </summary>
internal sealed class PostgresDatabase(string connectionString) : StoreDatabase
{
    private const long WriterLock = 0x4D65_7368_436F_6E01; // "MeshCon", then 1: the writer
    private NpgsqlConnection? connection;

    public override bool IsShared => true;

    public override DbConnection Connection => connection ?? throw new InvalidOperationException("The store is not open.");

    public override async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (connection is { FullState: System.Data.ConnectionState.Open })
        {
            return;
        }

        await CloseAsync().ConfigureAwait(false);
        var opened = new NpgsqlConnection(connectionString);
        await opened.OpenAsync(cancellationToken).ConfigureAwait(false);
        connection = opened;
    }

    public override async Task<DbTransaction> BeginAsync(CancellationToken cancellationToken)
    {
        var npgsql = (NpgsqlConnection)Connection;
        var transaction = await npgsql.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var command = new NpgsqlCommand("SELECT pg_advisory_xact_lock(@lock)", npgsql, transaction);
        command.Parameters.AddWithValue("@lock", WriterLock);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        return transaction;
    }

    public override async Task WriteAsync(DbTransaction transaction, WriteGroup group, CancellationToken cancellationToken)
    {
        var npgsql = (NpgsqlConnection)Connection;
        await using var batch = new NpgsqlBatch(npgsql, (NpgsqlTransaction)transaction);
        foreach (var row in group.Puts)
        {
            Add(batch, UpsertResource, command => Bind(command, row));
        }

        foreach (var row in group.Deletes)
        {
            Add(batch, DeleteResource, command => Bind(command, row, withRevision: false));
            Add(batch, InsertTombstone, command => Bind(command, row, withRevision: true));
        }

        foreach (var row in group.History)
        {
            Add(batch, InsertHistory, command => Bind(command, row));
        }

        foreach (var row in group.Audit)
        {
            Add(batch, InsertAudit, command => Bind(command, row));
        }

        Add(batch, UpsertMeta, command =>
        {
            Bind(command, "@key", LastRevisionKey);
            Bind(command, "@value", group.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture));
        });
        await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    public override Task CommitAsync(DbTransaction transaction, CancellationToken cancellationToken) => transaction.CommitAsync(cancellationToken);

    public override async Task CloseAsync()
    {
        if (connection is { } open)
        {
            connection = null;
            await open.DisposeAsync().ConfigureAwait(false);
        }
    }

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
