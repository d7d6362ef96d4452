using System.Data.Common;
using System.Globalization;
using MeshConsole.Shared;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace MeshConsole.ControlPlane.Store;

/// <summary>The writer on SQLite: write-ahead log, every commit flushed to disk, one process per file.</summary>
internal sealed class SqliteDatabase(string connectionString) : StoreDatabase
{
    public override string Place => $" in {new Microsoft.Data.Sqlite.SqliteConnectionStringBuilder(connectionString).DataSource}";

    private static readonly string UpsertResource =
        """
        INSERT INTO "Resources" ("Kind","Mesh","Name","Labels","Spec","Status","Wire","CreationTime","ModificationTime","Revision")
        VALUES (@kind,@mesh,@name,@labels,@spec,@status,@wire,@created,@modified,@revision)
        ON CONFLICT ("Kind","Mesh","Name") DO UPDATE SET
          "Labels"=excluded."Labels","Spec"=excluded."Spec","Status"=excluded."Status","Wire"=excluded."Wire",
          "ModificationTime"=excluded."ModificationTime","CreationTime"=excluded."CreationTime","Revision"=excluded."Revision"
        """;

    private static readonly string DeleteResource = """DELETE FROM "Resources" WHERE "Kind"=@kind AND "Mesh"=@mesh AND "Name"=@name""";

    private static readonly string InsertHistory =
        """
        INSERT INTO "History" ("Revision","Kind","Mesh","Name","Operation","Time","Actor","Labels","Spec","SpecHash")
        VALUES (@revision,@kind,@mesh,@name,@operation,@time,@actor,@labels,@spec,@hash)
        """;

    private static readonly string InsertAudit =
        """INSERT INTO "Audit" ("Time","Actor","Action","Target","Revision","Detail") VALUES (@time,@actor,@action,@target,@revision,@detail)""";

    private static readonly string UpsertMeta =
        """INSERT INTO "Meta" ("Key","Value") VALUES (@key,@value) ON CONFLICT ("Key") DO UPDATE SET "Value"=excluded."Value" """;

    private static readonly string TrimHistory =
        """
        DELETE FROM "History" WHERE "Kind"=@kind AND "Mesh"=@mesh AND "Name"=@name AND "Revision"<=(
          SELECT "Revision" FROM "History" WHERE "Kind"=@kind AND "Mesh"=@mesh AND "Name"=@name ORDER BY "Revision" DESC LIMIT 1 OFFSET @keep)
        """;

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
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        if (!await IsMigratedAsync(Connection, typeof(SqliteStoreContext), cancellationToken).ConfigureAwait(false))
        {
            using var context = contexts.Create();
            await context.Database.MigrateAsync(cancellationToken).ConfigureAwait(false);
        }
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

    public override Task CommitAsync(WriteGroup? group, CancellationToken cancellationToken)
    {
        if (group is not null)
        {
            Write(group);
        }

        MayHaveCommitted = group is not null;
        Prepare("COMMIT").ExecuteNonQuery();
        MayHaveCommitted = false;
        return Task.CompletedTask;
    }

    public override Task CloseAsync()
    {
        foreach (var command in prepared.Values)
        {
            command.Dispose();
        }

        prepared.Clear();
        MayHaveCommitted = false;
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

    private void Write(WriteGroup group)
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

        foreach (var key in group.Trims)
        {
            Execute(TrimHistory, command =>
            {
                Bind(command, key);
                Bind(command, "@keep", group.HistoryLimit);
            });
        }

        foreach (var row in group.Audit)
        {
            Execute(InsertAudit, command => Bind(command, row));
        }

        Execute(UpsertMeta, command => BindMeta(command, LastRevisionKey, group.Revision));
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

    private static void Bind(SqliteCommand command, string name, object? value)
    {
        if (command.Parameters.Contains(name))
        {
            command.Parameters[name].Value = value ?? DBNull.Value;
            return;
        }

        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value ?? DBNull.Value;
        command.Parameters.Add(parameter);
    }

    private static void Bind(SqliteCommand command, ResourceRow row)
    {
        BindKey(command, row.Kind, row.Mesh, row.Name);
        Bind(command, "@labels", row.Labels);
        Bind(command, "@spec", row.Spec);
        BindBytes(command, "@status", row.Status);
        BindBytes(command, "@wire", row.Wire);
        Bind(command, "@created", row.CreationTime);
        Bind(command, "@modified", row.ModificationTime);
        Bind(command, "@revision", row.Revision);
    }

    private static void Bind(SqliteCommand command, HistoryRow row)
    {
        Bind(command, "@revision", row.Revision);
        BindKey(command, row.Kind, row.Mesh, row.Name);
        Bind(command, "@operation", row.Operation);
        Bind(command, "@time", row.Time);
        Bind(command, "@actor", row.Actor);
        Bind(command, "@labels", row.Labels);
        BindBytes(command, "@spec", row.Spec);
        Bind(command, "@hash", row.SpecHash);
    }

    private static void Bind(SqliteCommand command, AuditRow row)
    {
        Bind(command, "@time", row.Time);
        Bind(command, "@actor", row.Actor);
        Bind(command, "@action", row.Action);
        Bind(command, "@target", row.Target);
        Bind(command, "@revision", row.Revision);
        Bind(command, "@detail", row.Detail);
    }

    private static void Bind(SqliteCommand command, ResourceKey key) => BindKey(command, key.Kind, key.Mesh, key.Name);

    private static void BindKey(SqliteCommand command, string kind, string mesh, string name)
    {
        Bind(command, "@kind", kind);
        Bind(command, "@mesh", mesh);
        Bind(command, "@name", name);
    }

    private static void BindMeta(SqliteCommand command, string key, long value)
    {
        Bind(command, "@key", key);
        Bind(command, "@value", value.ToString(CultureInfo.InvariantCulture));
    }

    private static void BindBytes(SqliteCommand command, string name, byte[]? value)
    {
        Bind(command, name, value);
        command.Parameters[name].DbType = System.Data.DbType.Binary;
    }
}
