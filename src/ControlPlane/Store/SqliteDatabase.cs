using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace MeshConsole.ControlPlane.Store;

/// <summary>The writer on SQLite: write-ahead log, every commit flushed to disk.</summary>
internal sealed class SqliteDatabase(string connectionString) : StoreDatabase
{
    private readonly Dictionary<string, SqliteCommand> prepared = [];
    private SqliteConnection? connection;

    public override bool IsShared => false;

    public override DbConnection Connection => connection ?? throw new InvalidOperationException("The store is not open.");

    public override async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (connection is not null)
        {
            return;
        }

        var opened = new SqliteConnection(connectionString);
        await opened.OpenAsync(cancellationToken).ConfigureAwait(false);
        using var pragma = opened.CreateCommand();
        pragma.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;";
        await pragma.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        connection = opened;
    }

    public override Task<DbTransaction> BeginAsync(CancellationToken cancellationToken) =>
        Task.FromResult<DbTransaction>(((SqliteConnection)Connection).BeginTransaction(deferred: false));

    public override Task WriteAsync(DbTransaction transaction, WriteGroup group, CancellationToken cancellationToken)
    {
        foreach (var row in group.Puts)
        {
            var command = Prepare(UpsertResource, transaction);
            Bind(command, row);
            command.ExecuteNonQuery();
        }

        foreach (var row in group.Deletes)
        {
            var delete = Prepare(DeleteResource, transaction);
            Bind(delete, row, withRevision: false);
            delete.ExecuteNonQuery();
        }

        foreach (var row in group.History)
        {
            var command = Prepare(InsertHistory, transaction);
            Bind(command, row);
            command.ExecuteNonQuery();
        }

        foreach (var row in group.Audit)
        {
            var command = Prepare(InsertAudit, transaction);
            Bind(command, row);
            command.ExecuteNonQuery();
        }

        var meta = Prepare(UpsertMeta, transaction);
        Bind(meta, "@key", LastRevisionKey);
        Bind(meta, "@value", group.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture));
        meta.ExecuteNonQuery();
        return Task.CompletedTask;
    }

    public override Task CommitAsync(DbTransaction transaction, CancellationToken cancellationToken)
    {
        transaction.Commit();
        return Task.CompletedTask;
    }

    public override Task CloseAsync()
    {
        foreach (var command in prepared.Values)
        {
            command.Dispose();
        }

        prepared.Clear();
        connection?.Dispose();
        connection = null;
        return Task.CompletedTask;
    }

    private SqliteCommand Prepare(string sql, DbTransaction transaction)
    {
        if (!prepared.TryGetValue(sql, out var command))
        {
            command = ((SqliteConnection)Connection).CreateCommand();
            command.CommandText = sql;
            prepared.Add(sql, command);
        }

        command.Transaction = (SqliteTransaction)transaction;
        return command;
    }
}
