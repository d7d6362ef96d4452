using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace MeshConsole.ControlPlane.Store;

/// <summary>The writer on SQLite: write-ahead log, every commit flushed to disk, one process per file.</summary>
internal sealed class SqliteDatabase(string connectionString) : StoreDatabase
{
    // Extended result codes of SQLite whose cause is what was written, not the file or the disk.
    private const int TooBig = 18;
    private const int Constraint = 19;
    private const int Mismatch = 20;

    private readonly Dictionary<string, SqliteCommand> prepared = [];
    private SqliteConnection? connection;
    private ProcessLock? processLock;

    public override bool IsShared => false;

    public override DbConnection Connection => connection ?? throw new InvalidOperationException("The store is not open.");

    public override async Task PrepareAsync(StoreContextFactory contexts, CancellationToken cancellationToken)
    {
        var file = Path.GetFullPath(new SqliteConnectionStringBuilder(connectionString).DataSource);
        SecureFile.MakeDirectory(Path.GetDirectoryName(file)!);
        processLock ??= ProcessLock.Take(file + ".lock", Path.GetDirectoryName(file)!);
        SecureFile.Touch(file); // before SQLite makes it readable to everybody; log and index files take over its mode
        using var context = contexts.Create();
        await context.Database.MigrateAsync(cancellationToken).ConfigureAwait(false);
    }

    public override async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (connection is not null)
        {
            return;
        }

        // Not from the pool: closing it must roll an open transaction back.
        var opened = new SqliteConnection(new SqliteConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        try
        {
            await opened.OpenAsync(cancellationToken).ConfigureAwait(false);
            using var pragma = opened.CreateCommand();
            pragma.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;";
            await pragma.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await opened.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        connection = opened;
    }

    public override Task<long> BeginAsync(CancellationToken cancellationToken)
    {
        Prepare("BEGIN IMMEDIATE").ExecuteNonQuery();
        var revision = Prepare(SelectRevision).ExecuteScalar() as string;
        return Task.FromResult(revision is null ? 0 : long.Parse(revision, CultureInfo.InvariantCulture));
    }

    public override Task WriteAsync(WriteGroup group, CancellationToken cancellationToken)
    {
        foreach (var row in group.Puts)
        {
            Execute(UpsertResource, command => Bind(command, row));
        }

        foreach (var row in group.Deletes)
        {
            Execute(DeleteResource, command => BindKey(command, row.Kind, row.Mesh, row.Name));
        }

        foreach (var row in group.History)
        {
            Execute(InsertHistory, command => Bind(command, row));
        }

        foreach (var (kind, mesh, name) in group.HistoryKeys)
        {
            Execute(TrimHistory, command =>
            {
                BindKey(command, kind, mesh, name);
                Bind(command, "@keep", group.HistoryLimit);
            });
        }

        foreach (var row in group.Audit)
        {
            Execute(InsertAudit, command => Bind(command, row));
        }

        Execute(UpsertMeta, command => BindMeta(command, LastRevisionKey, group.Revision));
        return Task.CompletedTask;
    }

    public override Task CommitAsync(CancellationToken cancellationToken)
    {
        Prepare("COMMIT").ExecuteNonQuery();
        return Task.CompletedTask;
    }

    public override Task CloseAsync()
    {
        foreach (var command in prepared.Values)
        {
            command.Dispose();
        }

        prepared.Clear();
        connection?.Dispose(); // rolls an open transaction back
        connection = null;
        return Task.CompletedTask;
    }

    public override bool IsAboutData(Exception e) =>
        base.IsAboutData(e) || Cause(e) is SqliteException { SqliteErrorCode: TooBig or Constraint or Mismatch };

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        processLock?.Dispose();
    }

    private void Execute(string sql, Action<SqliteCommand> bind)
    {
        var command = Prepare(sql);
        bind(command);
        command.ExecuteNonQuery();
    }

    private SqliteCommand Prepare(string sql)
    {
        if (!prepared.TryGetValue(sql, out var command))
        {
            command = ((SqliteConnection)Connection).CreateCommand();
            command.CommandText = sql;
            prepared.Add(sql, command);
        }

        return command;
    }
}
