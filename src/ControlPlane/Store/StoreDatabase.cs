using System.Data.Common;
using System.Globalization;

namespace MeshConsole.ControlPlane.Store;

/// <summary>One group of commits as rows: everything in it is stored, or nothing.</summary>
/// <param name="Puts">New state of resources, one row per key.</param>
/// <param name="Deletes">Deleted keys, each at the revision of its deletion.</param>
/// <param name="History">Versions that people wrote.</param>
/// <param name="Audit">Entries of the audit trail.</param>
/// <param name="PreviousRevision">The newest revision before the group.</param>
/// <param name="Revision">The newest revision after it.</param>
/// <param name="HistoryLimit">How many versions of one key stay.</param>
internal sealed record WriteGroup(
    IReadOnlyList<ResourceRow> Puts,
    IReadOnlyList<TombstoneRow> Deletes,
    IReadOnlyList<HistoryRow> History,
    IReadOnlyList<AuditRow> Audit,
    long PreviousRevision,
    long Revision,
    int HistoryLimit)
{
    /// <summary>The keys whose history grew, each once.</summary>
    public IEnumerable<(string Kind, string Mesh, string Name)> HistoryKeys => History.Select(h => (h.Kind, h.Mesh, h.Name)).Distinct();
}

/// <summary>
/// The writer's own connection. Reads and migrations go through EF Core; the writer speaks SQL that both databases
/// understand, because one prepared statement per row is what makes group commits fast. Transactions are SQL too, so that
/// the lock, the revision and the beginning are one round trip.
/// </summary>
internal abstract class StoreDatabase : IAsyncDisposable
{
    /// <summary>Key in Meta: the newest revision.</summary>
    public const string LastRevisionKey = "revision";

    /// <summary>Key in Meta: deletions up to this revision are no longer on record.</summary>
    public const string TombstonesFromKey = "tombstones-from";

    /// <summary>How far back deletions stay on record, in revisions; who is further behind reads everything anew.</summary>
    protected const long TombstonesKept = 100_000;

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

    protected static readonly string SelectRevision = $"""SELECT "Value" FROM "Meta" WHERE "Key"='{LastRevisionKey}'""";

    protected static readonly string DeleteTombstones = """DELETE FROM "Tombstones" WHERE "Revision"<=@revision""";

    protected static readonly string TrimHistory =
        """
        DELETE FROM "History" WHERE "Kind"=@kind AND "Mesh"=@mesh AND "Name"=@name AND "Revision"<=(
          SELECT "Revision" FROM "History" WHERE "Kind"=@kind AND "Mesh"=@mesh AND "Name"=@name ORDER BY "Revision" DESC LIMIT 1 OFFSET @keep)
        """;

    /// <summary>True when other processes may write to the same database, so that the writer catches up before each group.</summary>
    public abstract bool IsShared { get; }

    /// <summary>The connection, for reads inside the transaction.</summary>
    public abstract DbConnection Connection { get; }

    /// <summary>Makes the database fit to be opened: claims it where only one process may use it, and applies migrations.</summary>
    public abstract Task PrepareAsync(StoreContextFactory contexts, CancellationToken cancellationToken);

    /// <summary>Opens the connection unless it is open.</summary>
    public abstract Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>Begins a transaction in which this process is the only writer, and returns the newest stored revision.</summary>
    public abstract Task<long> BeginAsync(CancellationToken cancellationToken);

    /// <summary>Writes the rows inside the transaction.</summary>
    public abstract Task WriteAsync(WriteGroup group, CancellationToken cancellationToken);

    /// <summary>Ends the transaction; returns when the rows are durable.</summary>
    public abstract Task CommitAsync(CancellationToken cancellationToken);

    /// <summary>Drops the connection and its open transaction; the next <see cref="OpenAsync"/> makes a new one.</summary>
    public abstract Task CloseAsync();

    /// <summary>True when what was written is at fault, not the database or the way to it.</summary>
    public virtual bool IsAboutData(Exception e) => Cause(e) is not (DbException or IOException or TimeoutException or OperationCanceledException);

    /// <summary>What the database said: EF wraps what it takes to be transient.</summary>
    public static Exception Cause(Exception e) => e is InvalidOperationException { InnerException: DbException inner } ? inner : e;

    /// <inheritdoc />
    public virtual ValueTask DisposeAsync() => new(CloseAsync());

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
        BindKey(command, row.Kind, row.Mesh, row.Name);
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
        BindKey(command, row.Kind, row.Mesh, row.Name);
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

    protected static void BindKey(DbCommand command, string kind, string mesh, string name)
    {
        Bind(command, "@kind", kind);
        Bind(command, "@mesh", mesh);
        Bind(command, "@name", name);
    }

    protected static void BindMeta(DbCommand command, string key, long value)
    {
        Bind(command, "@key", key);
        Bind(command, "@value", value.ToString(CultureInfo.InvariantCulture));
    }

    private static void BindBytes(DbCommand command, string name, byte[]? value)
    {
        Bind(command, name, value);
        command.Parameters[name].DbType = System.Data.DbType.Binary;
    }
}
