namespace MeshConsole.ControlPlane.Kds;

/// <summary>How global serves zones; section <c>Kds</c> of the settings.</summary>
public sealed class KdsOptions
{
    /// <summary>Largest message in bytes, both ways. Default: 10,485,760 (Kuma's).</summary>
    public int MaxMessageBytes { get; set; } = 10_485_760;

    /// <summary>How often zones are told to ping by health check; zero leaves it to the zone (5 minutes). Default: zero.</summary>
    public TimeSpan HealthCheckInterval { get; set; }

    /// <summary>
    /// A zone that can ping and did not for this long is cut off; zero: never. Default: zero, since dead connections are
    /// noticed by HTTP/2 pings.
    /// </summary>
    public TimeSpan HealthCheckTimeout { get; set; }

    /// <summary>Counters of a zone's subscription are written at most this often. Default: 1 s. Connects and disconnects are written at once.</summary>
    public TimeSpan InsightFlushInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many subscriptions of a zone are kept. Default: 10.</summary>
    public int SubscriptionLimit { get; set; } = 10;

    /// <summary>A subscription of another instance that did not move for this long is closed. Default: 5 min.</summary>
    public TimeSpan SubscriptionIdleTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a request about a proxy waits for the zone's answer. Default: 10 s.</summary>
    public TimeSpan ProxyRequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Within this time the third take-over of a zone by another connection is refused. Default: 1 min.</summary>
    public TimeSpan TwinWindow { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a refused resource waits before it is sent unchanged once more; doubles up to 10 min. Default: 30 s.</summary>
    public TimeSpan FirstRetry { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>On PostgreSQL, how often an instance tells the others that it is there. Default: 5 s.</summary>
    public TimeSpan PeerInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>An instance that was not heard for so long is gone, and with it the connections it holds. Default: 15 s.</summary>
    public TimeSpan PeerTimeout { get; set; } = TimeSpan.FromSeconds(15);
}
