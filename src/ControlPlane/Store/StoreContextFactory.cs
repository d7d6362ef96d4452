using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace MeshConsole.ControlPlane.Store;

/// <summary>Makes EF contexts of the chosen database, for the tables that are not resources and for reads.</summary>
public sealed class StoreContextFactory
{
    private readonly Func<StoreContext> create;
    private readonly Func<DbConnection, StoreContext> createOn;

    private StoreContextFactory(Func<StoreContext> create, Func<DbConnection, StoreContext> createOn)
    {
        this.create = create;
        this.createOn = createOn;
    }

    /// <summary>A factory for the database that <paramref name="options"/> name.</summary>
    /// <param name="options">Which database.</param>
    /// <param name="dataDirectory">Where the SQLite file is, unless the options name another.</param>
    public static StoreContextFactory For(StoreOptions options, string dataDirectory)
    {
        if (options.IsPostgres)
        {
            var postgres = new DbContextOptionsBuilder<PostgresStoreContext>().UseNpgsql(options.ConnectionString).Options;
            return new StoreContextFactory(
                () => new PostgresStoreContext(postgres),
                connection => new PostgresStoreContext(new DbContextOptionsBuilder<PostgresStoreContext>().UseNpgsql(connection).Options));
        }

        var sqlite = new DbContextOptionsBuilder<SqliteStoreContext>().UseSqlite(options.SqliteConnectionString(dataDirectory)).Options;
        return new StoreContextFactory(
            () => new SqliteStoreContext(sqlite),
            connection => new SqliteStoreContext(new DbContextOptionsBuilder<SqliteStoreContext>().UseSqlite(connection).Options));
    }

    /// <summary>A new context; the caller disposes it.</summary>
    public StoreContext Create() => create();

    /// <summary>A context on the writer's connection, inside its open transaction; it is not closed with the context.</summary>
    internal StoreContext CreateOn(DbConnection connection)
    {
        var context = createOn(connection);
        // The transaction is the writer's: EF is not to begin one of its own.
        context.Database.AutoTransactionBehavior = AutoTransactionBehavior.Never;
        return context;
    }
}
