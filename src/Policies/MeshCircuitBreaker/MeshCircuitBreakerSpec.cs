using System.ComponentModel;
using MeshConsole.Shared;

namespace MeshConsole.Policies.MeshCircuitBreaker;

/// <summary>Limits that keep a service from being overrun, and detection of hosts that answer badly.</summary>
public sealed record MeshCircuitBreakerSpec : IPolicySpec
{
    /// <inheritdoc />
    [Description("The proxies that keep the limits. The whole mesh when absent.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>For traffic that leaves them.</summary>
    [Description("Limits of traffic that leaves the proxies, by destination.")]
    public IReadOnlyList<ToItem<CircuitBreakerConf>>? To { get; init; }

    /// <summary>For traffic that enters them.</summary>
    [Description("Limits of traffic that enters the proxies. Not together with to or from.")]
    public IReadOnlyList<RuleItem<CircuitBreakerConf>>? Rules { get; init; }

    /// <summary>For traffic that enters them (old).</summary>
    [Description("Limits of traffic that enters the proxies. Deprecated: use rules.")]
    public IReadOnlyList<FromItem<CircuitBreakerConf>>? From { get; init; }
}

/// <summary>Limits and detection; at least one of the two is given.</summary>
public sealed record CircuitBreakerConf
{
    /// <summary>Limits.</summary>
    [Description("Limits; what goes beyond them is refused at once.")]
    public ConnectionLimits? ConnectionLimits { get; init; }

    /// <summary>Detection.</summary>
    [Description("Detection of hosts that answer badly; they get no traffic for a while.")]
    public OutlierDetection? OutlierDetection { get; init; }
}

/// <summary>Limits, each above 0.</summary>
public sealed record ConnectionLimits
{
    /// <summary>Open connections.</summary>
    [Description("Most connections that are open at a time.")]
    public uint? MaxConnections { get; init; }

    /// <summary>Connection pools.</summary>
    [Description("Most connection pools at a time.")]
    public uint? MaxConnectionPools { get; init; }

    /// <summary>Waiting requests.</summary>
    [Description("Most requests that wait for a connection.")]
    public uint? MaxPendingRequests { get; init; }

    /// <summary>Retries under way.</summary>
    [Description("Most retries under way at a time.")]
    public uint? MaxRetries { get; init; }

    /// <summary>Requests under way.</summary>
    [Description("Most requests under way at a time.")]
    public uint? MaxRequests { get; init; }
}

/// <summary>Detection of hosts that answer badly.</summary>
public sealed record OutlierDetection
{
    /// <summary>Off.</summary>
    [Description("Switches the detection off.")]
    public bool? Disabled { get; init; }

    /// <summary>How often hosts are looked at.</summary>
    [Description("How often hosts are looked at. 10s when absent.")]
    public GoDuration? Interval { get; init; }

    /// <summary>How long a host stays out.</summary>
    [Description("How long a host stays out, times the number of times it was put out. 30s when absent.")]
    public GoDuration? BaseEjectionTime { get; init; }

    /// <summary>Share of hosts that may be out.</summary>
    [Description("Largest share of the hosts that may be out at a time, in whole percent. 10 when absent; one host may always be out.")]
    public uint? MaxEjectionPercent { get; init; }

    /// <summary>Tell faults of the connection from faults of the host.</summary>
    [Description("Faults of the connection are counted apart from faults that the host answers.")]
    public bool? SplitExternalAndLocalErrors { get; init; }

    /// <summary>What counts.</summary>
    [Description("What counts as answering badly; at least one.")]
    public Detectors? Detectors { get; init; }

    /// <summary>Below this share of healthy hosts all are used again.</summary>
    [System.ComponentModel.DataAnnotations.DataType("percent")]
    [Description("When fewer hosts than this are healthy, in percent, all are used again. 50 when absent, 0 for never.")]
    public IntOrString? HealthyPanicThreshold { get; init; }
}

/// <summary>What counts as answering badly.</summary>
public sealed record Detectors
{
    /// <summary>Any fault.</summary>
    [Description("Faults of any kind in a row.")]
    public ConsecutiveFailures? TotalFailures { get; init; }

    /// <summary>502, 503, 504.</summary>
    [Description("Gateway faults (502, 503, 504) in a row.")]
    public ConsecutiveFailures? GatewayFailures { get; init; }

    /// <summary>Faults of the connection.</summary>
    [Description("Faults of the connection in a row; needs splitExternalAndLocalErrors.")]
    public ConsecutiveFailures? LocalOriginFailures { get; init; }

    /// <summary>Far from the others.</summary>
    [Description("A rate of success far below that of the other hosts.")]
    public SuccessRate? SuccessRate { get; init; }

    /// <summary>Share of faults.</summary>
    [Description("A share of faults above a threshold.")]
    public FailurePercentage? FailurePercentage { get; init; }
}

/// <summary>Faults in a row.</summary>
public sealed record ConsecutiveFailures
{
    /// <summary>How many.</summary>
    [Description("How many faults in a row put a host out. 5 when absent.")]
    public uint? Consecutive { get; init; }
}

/// <summary>What statistics need.</summary>
public record StatisticalDetector
{
    /// <summary>Hosts.</summary>
    [Description("Fewest hosts with enough requests. 5 when absent.")]
    public uint? MinimumHosts { get; init; }

    /// <summary>Requests.</summary>
    [Description("Fewest requests of a host within the interval. 100 (success rate) or 50 (failure percentage) when absent.")]
    public uint? RequestVolume { get; init; }
}

/// <summary>A rate of success far below that of the others.</summary>
public sealed record SuccessRate : StatisticalDetector
{
    /// <summary>How far.</summary>
    [Description("How many standard deviations below the mean, for example \"1.9\". 1.9 when absent.")]
    public IntOrString? StandardDeviationFactor { get; init; }
}

/// <summary>A share of faults above a threshold.</summary>
public sealed record FailurePercentage : StatisticalDetector
{
    /// <summary>The threshold.</summary>
    [Description("The share of faults that puts a host out, in whole percent. 85 when absent.")]
    public uint? Threshold { get; init; }
}
