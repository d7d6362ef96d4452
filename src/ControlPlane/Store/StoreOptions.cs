using MeshConsole.Shared;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace MeshConsole.ControlPlane.Store;

/// <summary>Where the state is kept; section <c>Store</c> of the settings.</summary>
public sealed class StoreOptions
{
    /// <summary><c>sqlite</c> (default) or <c>postgres</c>.</summary>
    public string Provider { get; set; } = "sqlite";

    /// <summary>
    /// PostgreSQL: an Npgsql connection string, needed. SQLite: left empty, the file <c>meshconsole.db</c> in the data
    /// directory is used.
    /// </summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>
    /// File with the key that seals stored secrets (32 bytes, base64). Default: <c>secret.key</c> in the data directory, made
    /// at the first start. Replicas of one control plane need the same key.
    /// </summary>
    public string SecretKeyFile { get; set; } = "";

    /// <summary>How many versions of one resource that people wrote are kept, at least 1; default 100.</summary>
    public int HistoryLimit { get; set; } = 100;

    /// <summary>
    /// True: a mesh with data planes, a zone that is connected and a secret in use can be deleted all the same (Kuma's
    /// <c>store.unsafeDelete</c>). Default: false.
    /// </summary>
    public bool UnsafeDelete { get; set; }

    /// <summary>True for <c>postgres</c>.</summary>
    public bool IsPostgres => string.Equals(Provider, "postgres", StringComparison.OrdinalIgnoreCase);

    /// <summary>Adds what is wrong with these settings, each with its key and an example.</summary>
    public void Validate(ViolationList violations)
    {
        if (!IsPostgres && !string.Equals(Provider, "sqlite", StringComparison.OrdinalIgnoreCase))
        {
            violations.Add("Store:Provider", $"'{Provider}' is no database we know; give 'sqlite' or 'postgres', for example --Store:Provider=sqlite");
        }

        if (IsPostgres)
        {
            ValidateConnectionString(violations, text => new NpgsqlConnectionStringBuilder(text).Host, "Host=db.example;Database=meshconsole;Username=meshconsole;Password=…");
        }
        else if (ConnectionString.Length > 0)
        {
            ValidateConnectionString(violations, text => new SqliteConnectionStringBuilder(text).DataSource.Replace(":memory:", "", StringComparison.Ordinal), "Data Source=/var/lib/meshconsole/meshconsole.db");
        }

        violations.AddIf(HistoryLimit < 1, "Store:HistoryLimit", $"{HistoryLimit} is too few; give at least 1, for example --Store:HistoryLimit=100");
    }

    /// <summary>Where the key that seals stored secrets is.</summary>
    internal string SecretKeyPath(string dataDirectory) => SecretKeyFile.Length > 0 ? SecretKeyFile : Path.Combine(dataDirectory, "secret.key");

    /// <summary>The connection string of the SQLite file.</summary>
    internal string SqliteConnectionString(string dataDirectory) => ConnectionString.Length > 0
        ? ConnectionString
        : new SqliteConnectionStringBuilder { DataSource = Path.Combine(dataDirectory, "meshconsole.db") }.ConnectionString;

    private void ValidateConnectionString(ViolationList violations, Func<string, string?> place, string example)
    {
        try
        {
            violations.AddIf(string.IsNullOrEmpty(place(ConnectionString)), "Store:ConnectionString", $"does not say where the database is, for example --Store:ConnectionString=\"{example}\"");
        }
        catch (ArgumentException e)
        {
            violations.Add("Store:ConnectionString", $"cannot be read ({e.Message}), for example --Store:ConnectionString=\"{example}\"");
        }
    }
}
