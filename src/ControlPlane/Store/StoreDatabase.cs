using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace MeshConsole.ControlPlane.Store;

/// <summary>One group of commits as rows: everything in it is stored, or nothing.</summary>
internal sealed record WriteGroup(
    IReadOnlyList<ResourceRow> Puts,
    IReadOnlyList<TombstoneRow> Deletes,
    IReadOnlyList<HistoryRow> History,
    IReadOnlyList<AuditRow> Audit,
    long Revision);

/// <summary>
/// The writer's own connection. Reads and migrations go through EF Core; the writer speaks SQL that both databases
/// understand, because one prepared statement per row is what makes group commits fast.
/// </summary>
internal abstract class StoreDatabase : IAsyncDisposable
{
    protected const string LastRevisionKey = "revision";

    protected static readonly string UpsertResource =
        """
        INSERT INTO "Resources" ("Kind","Mesh","Name","Labels","Spec","Status","Wire","CreationTime","ModificationTime","Revision")
        VALUES (@kind,@mesh,@name,@labels,@spec,@status,@wire,@created,@modified,@revision)
        ON CONFLICT ("Kind","Mesh","Name") DO UPDATE SET
          "Labels"=excluded."Labels","Spec"=excluded."Spec","Status"=excluded."Status","Wire"=excluded."Wire",
          "ModificationTime"=excluded."ModificationTime","CreationTime"=excluded."CreationTime","Revision"=excluded."Revision"
        """;

    protected static readonly string DeleteResource = """DELETE FROM "Resources" WHERE "Kind"=@kind AND "Mesh"=@mesh AND "Name"=@name""";

    protected static readonly string InsertTombstone = """INSERT INTO "Tombstones" ("Revision","Kind","Mesh","Name") VALUES (@revision,@kind,@mesh,@name)""";

    protected static readonly string InsertHistory =
        """
        INSERT INTO "History" ("Revision","Kind","Mesh","Name","Operation","Time","Actor","Labels","Spec","SpecHash")
        VALUES (@revision,@kind,@mesh,@name,@operation,@time,@actor,@labels,@spec,@hash)
        """;

    protected static readonly string InsertAudit =
        """INSERT INTO "Audit" ("Time","Actor","Action","Target","Revision","Detail") VALUES (@time,@actor,@action,@target,@revision,@detail)""";

    protected static readonly string UpsertMeta =
        """INSERT INTO "Meta" ("Key","Value") VALUES (@key,@value) ON CONFLICT ("Key") DO UPDATE SET "Value"=excluded."Value" """;

    /// <summary>True when other processes may write to the same database, so that the writer catches up before each group.</summary>
    public abstract bool IsShared { get; }

    /// <summary>Opens the connection; the tables are there.</summary>
    public abstract Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>Begins a transaction in which this process is the only writer.</summary>
    public abstract Task<DbTransaction> BeginAsync(CancellationToken cancellationToken);

    /// <summary>Writes the rows inside the transaction.</summary>
    public abstract Task WriteAsync(DbTransaction transaction, WriteGroup group, CancellationToken cancellationToken);

    /// <summary>Ends the transaction; returns when the rows are durable.</summary>
    public abstract Task CommitAsync(DbTransaction transaction, CancellationToken cancellationToken);

    /// <summary>The connection, for reads inside the transaction.</summary>
    public abstract DbConnection Connection { get; }

    /// <summary>Drops a broken connection; the next <see cref="OpenAsync"/> makes a new one.</summary>
    public abstract Task CloseAsync();

    public ValueTask DisposeAsync() => new(CloseAsync());

    protected static void Bind(DbCommand command, string name, object? value)
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

    protected static void Bind(DbCommand command, ResourceRow row)
    {
        Bind(command, "@kind", row.Kind);
        Bind(command, "@mesh", row.Mesh);
        Bind(command, "@name", row.Name);
        Bind(command, "@labels", row.Labels);
        Bind(command, "@spec", row.Spec);
        BindBytes(command, "@status", row.Status);
        BindBytes(command, "@wire", row.Wire);
        Bind(command, "@created", row.CreationTime);
        Bind(command, "@modified", row.ModificationTime);
        Bind(command, "@revision", row.Revision);
    }

    protected static void Bind(DbCommand command, HistoryRow row)
    {
        Bind(command, "@revision", row.Revision);
        Bind(command, "@kind", row.Kind);
        Bind(command, "@mesh", row.Mesh);
        Bind(command, "@name", row.Name);
        Bind(command, "@operation", row.Operation);
        Bind(command, "@time", row.Time);
        Bind(command, "@actor", row.Actor);
        Bind(command, "@labels", row.Labels);
        BindBytes(command, "@spec", row.Spec);
        Bind(command, "@hash", row.SpecHash);
    }

    protected static void Bind(DbCommand command, AuditRow row)
    {
        Bind(command, "@time", row.Time);
        Bind(command, "@actor", row.Actor);
        Bind(command, "@action", row.Action);
        Bind(command, "@target", row.Target);
        Bind(command, "@revision", row.Revision);
        Bind(command, "@detail", row.Detail);
    }

    protected static void Bind(DbCommand command, TombstoneRow row, bool withRevision)
    {
        Bind(command, "@kind", row.Kind);
        Bind(command, "@mesh", row.Mesh);
        Bind(command, "@name", row.Name);
        if (withRevision)
        {
            Bind(command, "@revision", row.Revision);
        }
    }

    private static void BindBytes(DbCommand command, string name, byte[]? value)
    {
        Bind(command, name, value);
        command.Parameters[name].DbType = System.Data.DbType.Binary;
    }
}

/// <summary>Makes EF contexts of the chosen database.</summary>
public sealed class StoreContextFactory(Func<StoreContext> create)
{
    /// <summary>A new context; the caller disposes it.</summary>
    public StoreContext Create() => create();

    /// <summary>A factory for the chosen database.</summary>
    /// <param name="options">Which database.</param>
    /// <param name="sqliteConnectionString">Used when it is SQLite.</param>
    internal static StoreContextFactory For(StoreOptions options, string sqliteConnectionString)
    {
        if (options.IsPostgres)
        {
            var postgres = new DbContextOptionsBuilder<PostgresStoreContext>().UseNpgsql(options.ConnectionString).Options;
            return new StoreContextFactory(() => new PostgresStoreContext(postgres));
        }

        var sqlite = new DbContextOptionsBuilder<SqliteStoreContext>().UseSqlite(sqliteConnectionString).Options;
        return new StoreContextFactory(() => new SqliteStoreContext(sqlite));
    }
}
