using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshRetry;

/// <summary>When and how often proxies try again.</summary>
public sealed record MeshRetrySpec : IPolicySpec
{
    /// <inheritdoc />
    [Description("The proxies that try again. The whole mesh when absent.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>By destination.</summary>
    [Description("Retries, by destination.")]
    public IReadOnlyList<ToItem<RetryConf>>? To { get; init; }
}

/// <summary>Retries by protocol; at least one is given.</summary>
public sealed record RetryConf
{
    /// <summary>For TCP.</summary>
    [Description("Retries of TCP connections.")]
    public TcpRetry? Tcp { get; init; }

    /// <summary>For HTTP.</summary>
    [Description("Retries of HTTP requests.")]
    public HttpRetry? Http { get; init; }

    /// <summary>For gRPC.</summary>
    [Description("Retries of gRPC calls.")]
    public GrpcRetry? Grpc { get; init; }
}

/// <summary>Retries of TCP.</summary>
public sealed record TcpRetry
{
    /// <summary>Attempts to connect.</summary>
    [Description("How often connecting is attempted, at least 1.")]
    public uint? MaxConnectAttempt { get; init; }
}

/// <summary>What HTTP and gRPC have in common.</summary>
public record RequestRetry
{
    /// <summary>How often.</summary>
    [Description("How often a request is tried again. 1 when absent.")]
    public uint? NumRetries { get; init; }

    /// <summary>Time for each attempt.</summary>
    [Description("How long each attempt may take. No limit of its own when absent or 0s.")]
    public GoDuration? PerTryTimeout { get; init; }

    /// <summary>Waiting between attempts.</summary>
    [Description("How long to wait between attempts.")]
    public BackOff? BackOff { get; init; }

    /// <summary>Waiting as the server asks.</summary>
    [Description("How long to wait when the answer says it in a header.")]
    public RateLimitedBackOff? RateLimitedBackOff { get; init; }
}

/// <summary>Retries of HTTP.</summary>
public sealed record HttpRetry : RequestRetry
{
    /// <summary>When.</summary>
    [Description(
        "When to try again: 5xx, GatewayError, Reset, Retriable4xx, ConnectFailure, EnvoyRatelimited, RefusedStream, Http3PostConnectFailure, "
        + "HttpMethodGet (and the other methods), or a status such as \"503\".")]
    public IReadOnlyList<string>? RetryOn { get; init; }

    /// <summary>Requests that may be tried again.</summary>
    [Description("Headers that a request must have to be tried again.")]
    public IReadOnlyList<HeaderMatch>? RetriableRequestHeaders { get; init; }

    /// <summary>Answers that are tried again.</summary>
    [Description("Headers of an answer for which the request is tried again.")]
    public IReadOnlyList<HeaderMatch>? RetriableResponseHeaders { get; init; }

    /// <summary>Where to try again.</summary>
    [Description("Which hosts are left out when trying again.")]
    public IReadOnlyList<HostPredicate>? HostSelection { get; init; }

    /// <summary>How long to look for such a host.</summary>
    [Description("How often another host is looked for before one that was left out is taken after all.")]
    public long? HostSelectionMaxAttempts { get; init; }
}

/// <summary>Retries of gRPC.</summary>
public sealed record GrpcRetry : RequestRetry
{
    /// <summary>When.</summary>
    [AllowedValues("Canceled", "DeadlineExceeded", "Internal", "ResourceExhausted", "Unavailable")]
    [Description("When to try again, by status of the call.")]
    public IReadOnlyList<string>? RetryOn { get; init; }
}

/// <summary>Waiting that grows with each attempt.</summary>
public sealed record BackOff
{
    /// <summary>The first wait.</summary>
    [Description("The first wait; later ones grow. 25ms when absent.")]
    public GoDuration? BaseInterval { get; init; }

    /// <summary>The longest wait.</summary>
    [Description("The longest wait. Ten times the first when absent.")]
    public GoDuration? MaxInterval { get; init; }
}

/// <summary>Waiting as the server asks in a header.</summary>
public sealed record RateLimitedBackOff
{
    /// <summary>The headers that are looked at, in this order.</summary>
    [Description("The headers that say how long to wait, in this order.")]
    public IReadOnlyList<ResetHeader>? ResetHeaders { get; init; }

    /// <summary>The longest wait.</summary>
    [Description("The longest wait. 300s when absent.")]
    public GoDuration? MaxInterval { get; init; }
}

/// <summary>A header that says how long to wait.</summary>
public sealed record ResetHeader
{
    /// <summary>Its name.</summary>
    [Required]
    [RegularExpression(HeaderLimits.NamePattern)]
    [MinLength(1)]
    [MaxLength(HeaderLimits.MaxNameLength)]
    [Description("The name of the header, in lower case.")]
    public string? Name { get; init; }

    /// <summary>How the value is written.</summary>
    [Required]
    [AllowedValues("Seconds", "UnixTimestamp")]
    [Description("Seconds to wait, or the time (UnixTimestamp) to wait for.")]
    public string? Format { get; init; }
}

/// <summary>Which hosts are left out.</summary>
public sealed record HostPredicate
{
    /// <summary>Hosts that were tried already.</summary>
    public const string OmitPreviousHosts = "OmitPreviousHosts";

    /// <summary>Hosts with certain tags.</summary>
    public const string OmitHostsWithTags = "OmitHostsWithTags";

    /// <summary>Priorities that were tried already.</summary>
    public const string OmitPreviousPriorities = "OmitPreviousPriorities";

    /// <summary>Which.</summary>
    [Required]
    [AllowedValues(OmitPreviousHosts, OmitHostsWithTags, OmitPreviousPriorities)]
    [Description("OmitPreviousHosts leaves out hosts tried already, OmitHostsWithTags hosts with the tags, OmitPreviousPriorities priorities tried already.")]
    public string? Predicate { get; init; }

    /// <summary>For <see cref="OmitHostsWithTags"/>.</summary>
    [Description("The tags of hosts to leave out.")]
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>For <see cref="OmitPreviousPriorities"/>.</summary>
    [DefaultValue(2)]
    [Description("After how many attempts a priority counts as tried. 2 when absent.")]
    public int? UpdateFrequency { get; init; }
}
