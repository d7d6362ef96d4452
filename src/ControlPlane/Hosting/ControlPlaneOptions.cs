using System.Globalization;
using System.Net;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Identity;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.Extensions.Configuration;

namespace MeshConsole.ControlPlane.Hosting;

/// <summary>Everything one control plane is told: <c>appsettings.json</c> &lt; environment <c>MESHCONSOLE__…</c> &lt; arguments.</summary>
public sealed class ControlPlaneOptions
{
    /// <summary><c>global</c> or <c>zone</c>.</summary>
    public string Mode { get; set; } = "global";

    /// <summary>Directory of the SQLite file, keys and certificates. Default: <c>.meshconsole/global</c> or <c>.meshconsole/zone-NAME</c>.</summary>
    public string DataDir { get; set; } = "";

    /// <summary>Added to every port; 0 to 50000. Default 0.</summary>
    public int PortOffset { get; set; }

    /// <summary>File that gets an administrator's user token (mode 0600) before <c>/ready</c> answers; empty: none.</summary>
    public string AdminTokenFile { get; set; } = "";

    /// <summary>Further host names under which this is reached, comma separated.</summary>
    public string AllowedHosts { get; set; } = "";

    /// <summary>True: nobody can write resources here, over REST or in the console (Kuma's <c>apiServer.readOnly</c>). Default: false.</summary>
    public bool ReadOnly { get; set; }

    /// <summary>The ports, before <see cref="PortOffset"/>.</summary>
    public PortOptions Ports { get; set; } = new();

    /// <summary>The addresses that are listened on.</summary>
    public BindOptions Bind { get; set; } = new();

    /// <summary>Which zone this is and where its global is; zone mode only.</summary>
    public ZoneOptions Zone { get; set; } = new();

    /// <summary>The store.</summary>
    public StoreOptions Store { get; set; } = new();

    /// <summary>The server certificate.</summary>
    public TlsOptions Tls { get; set; } = new();

    /// <summary>Which tokens are issued here, and which keys of others check them.</summary>
    public TokenOptions Tokens { get; set; } = new();

    /// <summary>What is made at the first start.</summary>
    public DefaultsOptions Defaults { get; set; } = new();

    /// <summary>The control plane this is.</summary>
    public Site Site => (Mode == "zone" ? new Site(SiteMode.Zone, Zone.Name, Zone.Global.Length > 0) : Site.Global) with { ReadOnly = ReadOnly };

    /// <summary>Reads the settings, Kuma's well-known variables included.</summary>
    public static ControlPlaneOptions From(IConfiguration configuration)
    {
        var options = new ControlPlaneOptions();
        FromKuma(configuration, options);
        configuration.Bind(options);
        if (options.DataDir.Length == 0)
        {
            options.DataDir = Path.Combine(".meshconsole", options.Mode == "zone" ? "zone-" + options.Zone.Name : "global");
        }

        options.DataDir = Path.GetFullPath(options.DataDir);
        return options;
    }

    /// <summary>Every setting that is wrong, each with its key and an example; empty when all are right.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (Mode is not ("global" or "zone"))
        {
            errors.Add($"Mode is '{Mode}'; it must be 'global' or 'zone', for example --Mode=global");
        }

        if (Mode == "zone")
        {
            if (!MetaRules.IsRfc1035Label(Zone.Name))
            {
                errors.Add($"Zone:Name is '{Zone.Name}'; it must be a name of at most 63 lower case letters, digits and '-', beginning with a letter, for example --name lab");
            }

            if (Zone.Global.Length > 0 && (!Uri.TryCreate(Zone.Global, UriKind.Absolute, out var address) || address.Scheme is not ("grpcs" or "grpc") || address.Port <= 0))
            {
                errors.Add($"Zone:Global is '{Zone.Global}'; it must be grpcs://HOST:PORT (or grpc:// without TLS), for example --global grpcs://global.example:5685");
            }

            if (Zone.TokenFile.Length > 0 && !File.Exists(Zone.TokenFile))
            {
                errors.Add($"Zone:TokenFile is '{Zone.TokenFile}', which does not exist; save the zone token that the console shows into it, for example --token-file lab.token");
            }

            if (Zone.CaFile.Length > 0 && !File.Exists(Zone.CaFile))
            {
                errors.Add($"Zone:CaFile is '{Zone.CaFile}', which does not exist; give the certificate of global's CA in PEM form, for example --ca-file ca.crt");
            }

            if (Zone.CaFingerprint.Length > 0 && !Fingerprint.TryParse(Zone.CaFingerprint, out _))
            {
                errors.Add("Zone:CaFingerprint must be a SHA-256 in hex (64 digits, colons allowed), as the console shows it, for example --ca-fingerprint 3f0a…");
            }

            foreach (var (key, seconds) in new[] { (nameof(Zone.ReconnectSeconds), Zone.ReconnectSeconds), (nameof(Zone.ReconnectLimitSeconds), Zone.ReconnectLimitSeconds) })
            {
                if (seconds is < 1 or > 3600)
                {
                    errors.Add($"Zone:{key} is {seconds.ToString(CultureInfo.InvariantCulture)}; it must be between 1 and 3600 seconds, for example --Zone:{key}=5");
                }
            }
        }

        if (Bind.Peers.Length > 0 && Uri.CheckHostName(Bind.Peers) == UriHostNameType.Unknown)
        {
            errors.Add($"Bind:Peers is '{Bind.Peers}'; it must be a host name or an address, for example --Bind:Peers=10.0.0.5");
        }

        var store = new ViolationList();
        Store.Validate(store);
        errors.AddRange(store.ToImmutable().Select(v => $"{v.Field}: {v.Message}"));

        var offset = PortOffset is >= 0 and <= 50000 ? PortOffset : 0; // a wrong offset is one mistake, not one for each port
        if (offset != PortOffset)
        {
            errors.Add($"PortOffset is {PortOffset.ToString(CultureInfo.InvariantCulture)}; it must be between 0 and 50000, for example --port-offset 1000");
        }

        foreach (var (key, port) in Ports.All)
        {
            if (port is < 0 or > 65535 || port + offset > 65535)
            {
                errors.Add($"Ports:{key} is {port.ToString(CultureInfo.InvariantCulture)}; with the offset it must be between 1 and 65535, for example --Ports:{key}=5681");
            }
        }

        errors.AddRange(Tokens.Validate());
        foreach (var (key, value) in new[] { ("Http", Bind.Http), ("Public", Bind.Public) })
        {
            if (!IPAddress.TryParse(value, out _))
            {
                errors.Add($"Bind:{key} is '{value}'; it must be an IP address, for example --Bind:{key}=127.0.0.1");
            }
        }

        return errors;
    }

    private static void FromKuma(IConfiguration configuration, ControlPlaneOptions options)
    {
        Take("KUMA_MODE", v => options.Mode = v);
        Take("KUMA_MULTIZONE_ZONE_NAME", v => options.Zone.Name = v);
        Take("KUMA_MULTIZONE_ZONE_GLOBAL_ADDRESS", v => options.Zone.Global = v);
        Take("KUMA_MULTIZONE_ZONE_KDS_ROOT_CA_FILE", v => options.Zone.CaFile = v);
        Take("KUMA_MULTIZONE_ZONE_KDS_TLS_SKIP_VERIFY", v => options.Zone.TlsSkipVerify = IsTrue(v));
        Take("KUMA_API_SERVER_READ_ONLY", v => options.ReadOnly = IsTrue(v));
        Take("KUMA_STORE_UNSAFE_DELETE", v => options.Store.UnsafeDelete = IsTrue(v));
        Take("KUMA_DEFAULTS_SKIP_MESH_CREATION", v => options.Defaults.SkipMeshCreation = IsTrue(v));
        Take("KUMA_DEFAULTS_CREATE_MESH_ROUTING_RESOURCES", v => options.Defaults.CreateMeshRoutingResources = IsTrue(v));
        Take("KUMA_API_SERVER_AUTHN_TOKENS_ENABLE_ISSUER", v => options.Tokens.User.EnableIssuer = IsTrue(v));
        Take("KUMA_DP_SERVER_AUTHN_ZONE_PROXY_ZONE_TOKEN_ENABLE_ISSUER", v => options.Tokens.Zone.EnableIssuer = IsTrue(v));
        Take("KUMA_DP_SERVER_AUTHN_ZONE_PROXY_ZONE_TOKEN_VALIDATOR_USE_SECRETS", v => options.Tokens.Zone.UseSecrets = IsTrue(v));
        Take("KUMA_DP_SERVER_AUTHN_DP_PROXY_DP_TOKEN_ENABLE_ISSUER", v => options.Tokens.Dataplane.EnableIssuer = IsTrue(v));
        Take("KUMA_DP_SERVER_AUTHN_DP_PROXY_DP_TOKEN_VALIDATOR_USE_SECRETS", v => options.Tokens.Dataplane.UseSecrets = IsTrue(v));
        Take("KUMA_STORE_TYPE", v => options.Store.Provider = v == "postgres" ? "postgres" : "sqlite");
        var postgres = new Npgsql.NpgsqlConnectionStringBuilder();
        Take("KUMA_STORE_POSTGRES_HOST", v => postgres.Host = v);
        Take("KUMA_STORE_POSTGRES_PORT", v => postgres.Port = int.TryParse(v, out var port) ? port : 5432);
        Take("KUMA_STORE_POSTGRES_USER", v => postgres.Username = v);
        Take("KUMA_STORE_POSTGRES_PASSWORD", v => postgres.Password = v);
        Take("KUMA_STORE_POSTGRES_DB_NAME", v => postgres.Database = v);
        if (postgres.Host is not null)
        {
            options.Store.ConnectionString = postgres.ConnectionString;
        }

        static bool IsTrue(string text) => bool.TryParse(text, out var value) && value;

        void Take(string variable, Action<string> set)
        {
            if (configuration[variable] is { Length: > 0 } value)
            {
                set(value);
            }
        }
    }
}

/// <summary>The ports of one control plane; 0 lets the system choose one (tests).</summary>
public sealed class PortOptions
{
    /// <summary>REST and console, HTTP. Default 5681.</summary>
    public int Http { get; set; } = 5681;

    /// <summary>REST and console, HTTPS. Default 5682.</summary>
    public int Https { get; set; } = 5682;

    /// <summary>KDS for zones (TLS, gRPC); global only. Default 5685.</summary>
    public int Kds { get; set; } = 5685;

    /// <summary><c>/healthy</c>, <c>/ready</c>, <c>/metrics</c>. Default 5680.</summary>
    public int Diagnostics { get; set; } = 5680;

    internal IEnumerable<(string Key, int Port)> All => [("Http", Http), ("Https", Https), ("Kds", Kds), ("Diagnostics", Diagnostics)];
}

/// <summary>The addresses that are listened on.</summary>
public sealed class BindOptions
{
    /// <summary>Address of plain HTTP and diagnostics. Default: loopback.</summary>
    public string Http { get; set; } = "127.0.0.1";

    /// <summary>Address of HTTPS and KDS. Default: all interfaces.</summary>
    public string Public { get; set; } = "0.0.0.0";

    /// <summary>
    /// Name or address at which other instances on the same PostgreSQL reach the HTTPS port of this one. Default: the address
    /// that is listened on, or the first of this machine.
    /// </summary>
    public string Peers { get; set; } = "";
}

/// <summary>Which zone this is and where its global is.</summary>
public sealed class ZoneOptions
{
    /// <summary>Zone name, an RFC 1035 label.</summary>
    public string Name { get; set; } = "";

    /// <summary>Global's address, <c>grpcs://host:5685</c>; empty: a zone on its own.</summary>
    public string Global { get; set; } = "";

    /// <summary>File with the zone token.</summary>
    public string TokenFile { get; set; } = "";

    /// <summary>File with the CA of global's certificate, PEM.</summary>
    public string CaFile { get; set; } = "";

    /// <summary>SHA-256 of any certificate in the chain that global presents, hex.</summary>
    public string CaFingerprint { get; set; } = "";

    /// <summary>True: global's certificate is not checked. Never for production.</summary>
    public bool TlsSkipVerify { get; set; }

    /// <summary>
    /// Longest pause in seconds before the first new try after the connection with global ended; doubles with each failed try.
    /// The pause is drawn at random up to it, so that zones do not all come at once. 1 to 3600, default 5.
    /// </summary>
    public int ReconnectSeconds { get; set; } = 5;

    /// <summary>Longest pause in seconds between tries, 1 to 3600; default 60.</summary>
    public int ReconnectLimitSeconds { get; set; } = 60;
}
