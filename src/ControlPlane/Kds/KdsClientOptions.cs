namespace MeshConsole.ControlPlane.Kds;

/// <summary>How a zone reaches its global.</summary>
public sealed class KdsClientOptions
{
    /// <summary>Address: <c>grpcs://host:port</c> with TLS, <c>grpc://host:port</c> without.</summary>
    public required string Address { get; init; }

    /// <summary>
    /// File that holds the zone token; read anew for each connection and each health check, so that a token can be changed
    /// without restart and without losing the connection. Null: no token.
    /// </summary>
    public string? TokenFile { get; init; }

    /// <summary>How often is looked whether the token file changed. Default: 5 s.</summary>
    public TimeSpan TokenFileInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>PEM file with the certificate authority of global. Null: the system's authorities.</summary>
    public string? CaFile { get; init; }

    /// <summary>
    /// SHA-256 of a certificate in the chain that global presents, hexadecimal, colons allowed. The chain must lead to it; see
    /// <see cref="Identity.PeerTrust"/>.
    /// </summary>
    public string? CaFingerprint { get; init; }

    /// <summary>Accepts any certificate. For trials only.</summary>
    public bool SkipVerify { get; init; }

    /// <summary>Longest wait before the first new try; doubles each time. Default: 5 s.</summary>
    public TimeSpan BackoffBase { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait between tries. Default: 1 min.</summary>
    public TimeSpan BackoffLimit { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// After this time without any sign of life from global it is asked for one, by an HTTP/2 ping. Default: 16 s, since a Go
    /// server punishes pings closer than 15 s.
    /// </summary>
    public TimeSpan PingDelay { get; init; } = TimeSpan.FromSeconds(16);

    /// <summary>How long global's answer to a ping may take; with <see cref="PingDelay"/> a dead link shows within 30 s. Default: 8 s.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Largest message in bytes, both ways. Default: 10,485,760 (Kuma's).</summary>
    public int MaxMessageBytes { get; init; } = 10_485_760;

    /// <summary>How long a health check may take. Default: 10 s.</summary>
    public TimeSpan HealthCheckDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Pause between health checks until global says otherwise. Default: 5 min.</summary>
    public TimeSpan HealthCheckInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a request of global about a proxy may take. Default: 10 s.</summary>
    public TimeSpan ProxyRequestTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
