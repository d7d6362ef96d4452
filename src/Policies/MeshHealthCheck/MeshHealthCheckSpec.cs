using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshHealthCheck;

/// <summary>How proxies ask their destinations whether they are well.</summary>
public sealed record MeshHealthCheckSpec : IPolicySpec
{
    /// <inheritdoc />
    [Description("The proxies that ask. The whole mesh when absent.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>By destination.</summary>
    [Description("Checks, by destination.")]
    public IReadOnlyList<ToItem<HealthCheckConf>>? To { get; init; }
}

/// <summary>A check; at least one protocol is given.</summary>
public sealed record HealthCheckConf
{
    /// <summary>How often.</summary>
    [Description("How often a host is asked. 1m when absent.")]
    public GoDuration? Interval { get; init; }

    /// <summary>How long to wait.</summary>
    [Description("How long to wait for the answer. 15s when absent.")]
    public GoDuration? Timeout { get; init; }

    /// <summary>Faults until a host counts as ill.</summary>
    [Description("After how many faults in a row a host counts as ill. 5 when absent.")]
    public int? UnhealthyThreshold { get; init; }

    /// <summary>Good answers until it counts as well.</summary>
    [Description("After how many good answers in a row a host counts as well. 1 when absent.")]
    public int? HealthyThreshold { get; init; }

    /// <summary>Random wait before the first.</summary>
    [Description("Longest random wait before the first check.")]
    public GoDuration? InitialJitter { get; init; }

    /// <summary>Random wait before each.</summary>
    [Description("Longest random wait that is added to the interval.")]
    public GoDuration? IntervalJitter { get; init; }

    /// <summary>Random wait before each, as a share.</summary>
    [Description("Longest random wait that is added to the interval, in whole percent of it.")]
    public int? IntervalJitterPercent { get; init; }

    /// <summary>Below this share of healthy hosts all are used again (old).</summary>
    [DataType("percent")]
    [Description("When fewer hosts than this are healthy, in percent, all are used again. Deprecated: see MeshCircuitBreaker.")]
    public IntOrString? HealthyPanicThreshold { get; init; }

    /// <summary>Refuse instead of using ill hosts.</summary>
    [Description("When too few hosts are healthy, requests fail instead of going to all hosts.")]
    public bool? FailTrafficOnPanic { get; init; }

    /// <summary>How often while nothing is sent there.</summary>
    [Description("How often a host is asked that never received traffic. 60s when absent.")]
    public GoDuration? NoTrafficInterval { get; init; }

    /// <summary>A file that takes down changes.</summary>
    [Description("A file of the proxy that takes down when a host falls ill or recovers.")]
    public string? EventLogPath { get; init; }

    /// <summary>Take down every fault.</summary>
    [Description("Takes down every failed check, not only the first.")]
    public bool? AlwaysLogHealthCheckFailures { get; init; }

    /// <summary>One connection for all checks.</summary>
    [Description("Checks use one connection again and again. True when absent.")]
    public bool? ReuseConnection { get; init; }

    /// <summary>By TCP.</summary>
    [Description("A check by TCP.")]
    public TcpHealthCheck? Tcp { get; init; }

    /// <summary>By HTTP.</summary>
    [Description("A check by HTTP.")]
    public HttpHealthCheck? Http { get; init; }

    /// <summary>By gRPC.</summary>
    [Description("A check by gRPC's health protocol.")]
    public GrpcHealthCheck? Grpc { get; init; }
}

/// <summary>By TCP.</summary>
public sealed record TcpHealthCheck
{
    /// <summary>Off.</summary>
    [Description("Switches this check off.")]
    public bool? Disabled { get; init; }

    /// <summary>What to send.</summary>
    [DataType("base64")]
    [Description("What is sent, base64. Connecting alone is enough when absent.")]
    public string? Send { get; init; }

    /// <summary>What must come back.</summary>
    [DataType("base64")]
    [Description("What must come back, base64, in this order.")]
    public IReadOnlyList<string>? Receive { get; init; }
}

/// <summary>By HTTP.</summary>
public sealed record HttpHealthCheck
{
    /// <summary>Off.</summary>
    [Description("Switches this check off.")]
    public bool? Disabled { get; init; }

    /// <summary>What to ask for.</summary>
    [Description("The path that is asked for. / when absent.")]
    public string? Path { get; init; }

    /// <summary>Headers of the request.</summary>
    [Description("Headers of the request.")]
    public HeaderAdditions? RequestHeadersToAdd { get; init; }

    /// <summary>Good statuses.</summary>
    [Description("The statuses that are good. 200 when absent.")]
    public IReadOnlyList<int>? ExpectedStatuses { get; init; }
}

/// <summary>By gRPC.</summary>
public sealed record GrpcHealthCheck
{
    /// <summary>Off.</summary>
    [Description("Switches this check off.")]
    public bool? Disabled { get; init; }

    /// <summary>The service asked about.</summary>
    [Description("The service that is asked about.")]
    public string? ServiceName { get; init; }

    /// <summary>The authority header.</summary>
    [Description("The :authority header of the request.")]
    public string? Authority { get; init; }
}
