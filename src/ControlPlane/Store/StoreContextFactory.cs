using Microsoft.EntityFrameworkCore;

namespace MeshConsole.ControlPlane.Store;

/// <summary>Makes EF contexts of the chosen database, for the tables that are not resources and for reads.</summary>
public sealed class StoreContextFactory
{
    private readonly Func<StoreContext> create;

    private StoreContextFactory(Func<StoreContext> create) => this.create = create;

    /// <summary>A factory for the database that <paramref name="options"/> name.</summary>
    /// <param name="options">Which database.</param>
    /// <param name="dataDirectory">Where the SQLite file is, unless the options name another.</param>
    public static StoreContextFactory For(StoreOptions options, string dataDirectory)
    {
        if (options.IsPostgres)
        {
            var postgres = new DbContextOptionsBuilder<PostgresStoreContext>().UseNpgsql(options.ConnectionString).Options;
            return new StoreContextFactory(() => new PostgresStoreContext(postgres));
        }

        var sqlite = new DbContextOptionsBuilder<SqliteStoreContext>().UseSqlite(options.SqliteConnectionString(dataDirectory)).Options;
        return new StoreContextFactory(() => new SqliteStoreContext(sqlite));
    }

    /// <summary>A new context; the caller disposes it.</summary>
    public StoreContext Create() => create();
}
