using System.ComponentModel;
using MeshConsole.Shared;

namespace MeshConsole.Policies.MeshTimeout;

/// <summary>How long proxies wait.</summary>
public sealed record MeshTimeoutSpec : IPolicySpec
{
    /// <inheritdoc />
    [Description("The proxies that wait. The whole mesh when absent.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>For traffic that leaves them.</summary>
    [Description("Time-outs of traffic that leaves the proxies, by destination.")]
    public IReadOnlyList<ToItem<TimeoutConf>>? To { get; init; }

    /// <summary>For traffic that enters them.</summary>
    [Description("Time-outs of traffic that enters the proxies. Not together with to or from.")]
    public IReadOnlyList<MatchedRuleItem<TimeoutConf>>? Rules { get; init; }

    /// <summary>For traffic that enters them (old).</summary>
    [Description("Time-outs of traffic that enters the proxies. Deprecated: use rules.")]
    public IReadOnlyList<FromItem<TimeoutConf>>? From { get; init; }
}

/// <summary>Time-outs; at least one is given.</summary>
public sealed record TimeoutConf
{
    /// <summary>Until a connection stands.</summary>
    [Description("How long making a connection may take. 5s when no policy says otherwise.")]
    public GoDuration? ConnectionTimeout { get; init; }

    /// <summary>Until a silent connection is closed.</summary>
    [Description("How long a connection may be silent before it is closed. 1h when no policy says otherwise, 0s for ever.")]
    public GoDuration? IdleTimeout { get; init; }

    /// <summary>For HTTP.</summary>
    [Description("Time-outs of HTTP.")]
    public HttpTimeouts? Http { get; init; }
}

/// <summary>Time-outs of HTTP.</summary>
public sealed record HttpTimeouts
{
    /// <summary>Until the answer is complete.</summary>
    [Description("How long a request may take until its answer is complete. 15s when no policy says otherwise, 0s for ever.")]
    public GoDuration? RequestTimeout { get; init; }

    /// <summary>Until a silent stream is closed.</summary>
    [Description("How long a stream may be silent before it is closed. 30m when no policy says otherwise, 0s for ever.")]
    public GoDuration? StreamIdleTimeout { get; init; }

    /// <summary>Life time of a stream.</summary>
    [Description("How long a stream may live. No limit when absent or 0s.")]
    public GoDuration? MaxStreamDuration { get; init; }

    /// <summary>Life time of a connection.</summary>
    [Description("How long a connection may live. No limit when absent or 0s.")]
    public GoDuration? MaxConnectionDuration { get; init; }

    /// <summary>Until the headers of a request are complete.</summary>
    [Description("How long a request may take to send its headers. No limit when absent or 0s.")]
    public GoDuration? RequestHeadersTimeout { get; init; }
}
