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

    /// <summary>How many versions of one resource are kept in the history, at least 1; default 100.</summary>
    public int HistoryLimit { get; set; } = 100;

    /// <summary>True for <c>postgres</c>.</summary>
    public bool IsPostgres => string.Equals(Provider, "postgres", StringComparison.OrdinalIgnoreCase);
}
