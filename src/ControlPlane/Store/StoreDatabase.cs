using System.Data.Common;
using System.Globalization;
using System.Reflection;
using MeshConsole.Shared;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace MeshConsole.ControlPlane.Store;

/// <summary>One group of commits as rows: everything in it is stored, or nothing.</summary>
/// <param name="Puts">New state of resources, one row per key.</param>
/// <param name="Deletes">Deleted keys, each at the revision of its deletion.</param>
/// <param name="History">Versions that people wrote.</param>
/// <param name="Audit">Entries of the audit trail.</param>
/// <param name="PreviousRevision">The newest revision before the group.</param>
/// <param name="Revision">The newest revision after it.</param>
/// <param name="Trims">Keys whose history is to be cut to <paramref name="HistoryLimit"/>.</param>
/// <param name="HistoryLimit">How many versions of one key stay.</param>
internal sealed record WriteGroup(
    IReadOnlyList<ResourceRow> Puts,
    IReadOnlyList<TombstoneRow> Deletes,
    IReadOnlyList<HistoryRow> History,
    IReadOnlyList<AuditRow> Audit,
    long PreviousRevision,
    long Revision,
    IReadOnlyList<ResourceKey> Trims,
    int HistoryLimit);

/// <summary>
/// The writer's own connection. Reads and migrations go through EF Core; the writer speaks SQL, because that is what makes
/// group commits fast: prepared statements on SQLite, few statements and round trips on PostgreSQL.
/// </summary>
internal abstract class StoreDatabase : IAsyncDisposable
{
    /// <summary>Key in Meta: the newest revision.</summary>
    public const string LastRevisionKey = "revision";

    /// <summary>Key in Meta: deletions up to this revision are no longer on record.</summary>
    public const string TombstonesFromKey = "tombstones-from";

    /// <summary>How far back deletions stay on record, in revisions; who is further behind reads everything anew.</summary>
    protected const long TombstonesKept = 100_000;

    protected static readonly string SelectRevision = $"""SELECT "Value" FROM "Meta" WHERE "Key"='{LastRevisionKey}'""";

    /// <summary>True when other processes may write to the same database, so that the writer catches up before each group.</summary>
    public abstract bool IsShared { get; }

    /// <summary>Where it is, as a person would look for it; empty when only the settings say.</summary>
    public virtual string Place => "";

    /// <summary>The connection, for reads inside the transaction.</summary>
    public abstract DbConnection Connection { get; }

    /// <summary>Makes the database fit to be opened: claims it where only one process may use it, and applies migrations.</summary>
    public abstract Task PrepareAsync(StoreContextFactory contexts, CancellationToken cancellationToken);

    /// <summary>Opens the connection unless it is open.</summary>
    public abstract Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>Begins a transaction in which this process is the only writer, and returns the newest stored revision.</summary>
    public abstract Task<long> BeginAsync(CancellationToken cancellationToken);

    /// <summary>Begins a transaction that only reads, and returns the newest stored revision; nobody has to wait for it.</summary>
    public virtual Task<long> BeginReadAsync(CancellationToken cancellationToken) => BeginAsync(cancellationToken);

    /// <summary>Writes the rows, if there are any, and ends the transaction; returns when they are durable.</summary>
    public abstract Task CommitAsync(WriteGroup? group, CancellationToken cancellationToken);

    /// <summary>After a failure, until the connection is dropped: true when the rows may be stored all the same.</summary>
    public virtual bool MayHaveCommitted { get; protected set; }

    /// <summary>Drops the connection and its open transaction; the next <see cref="OpenAsync"/> makes a new one.</summary>
    public abstract Task CloseAsync();

    /// <summary>True when what was written is at fault, not the database or the way to it.</summary>
    public virtual bool IsAboutData(Exception e) => Cause(e) is not (DbException or IOException or TimeoutException or OperationCanceledException);

    /// <summary>What the database said: EF wraps what it takes to be transient.</summary>
    public static Exception Cause(Exception e) => e is InvalidOperationException { InnerException: DbException inner } ? inner : e;

    /// <summary>
    /// True when the newest migration of <paramref name="context"/> is applied, asked without the model: most starts find
    /// nothing to migrate, and need not wait for what it takes to find out otherwise.
    /// </summary>
    protected static async Task<bool> IsMigratedAsync(DbConnection connection, Type context, CancellationToken cancellationToken)
    {
        var newest = context.Assembly.GetTypes()
            .Where(t => t.GetCustomAttribute<DbContextAttribute>()?.ContextType == context)
            .Select(t => t.GetCustomAttribute<MigrationAttribute>()?.Id)
            .Max(StringComparer.Ordinal);
        using var command = connection.CreateCommand();
        command.CommandText = $"""SELECT COUNT(*) FROM "__EFMigrationsHistory" WHERE "MigrationId"='{newest}'""";
        try
        {
            return Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false), CultureInfo.InvariantCulture) > 0;
        }
        catch (DbException)
        {
            return false; // a new database has no such table; if something else is wrong, migrating says what
        }
    }

    /// <inheritdoc />
    public virtual ValueTask DisposeAsync() => new(CloseAsync());
}
