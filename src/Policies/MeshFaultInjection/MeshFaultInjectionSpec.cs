using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using MeshConsole.Shared;

namespace MeshConsole.Policies.MeshFaultInjection;

/// <summary>Faults on purpose, to see how others cope.</summary>
public sealed record MeshFaultInjectionSpec : IPolicySpec
{
    /// <inheritdoc />
    [Description("The proxies that make the faults. The whole mesh when absent.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>For what a gateway sends.</summary>
    [Description("Faults for requests that a gateway sends; only when gateways are selected.")]
    public IReadOnlyList<ToItem<FaultInjectionConf>>? To { get; init; }

    /// <summary>For traffic that enters.</summary>
    [Description("Faults for requests that enter the proxies. Not together with from.")]
    public IReadOnlyList<MatchedRuleItem<FaultInjectionConf>>? Rules { get; init; }

    /// <summary>For traffic that enters (old).</summary>
    [Description("Faults for requests that enter the proxies, by tags of the client. Deprecated: use rules.")]
    public IReadOnlyList<FromItem<FaultInjectionConf>>? From { get; init; }
}

/// <summary>Faults.</summary>
public sealed record FaultInjectionConf
{
    /// <summary>Faults of HTTP.</summary>
    [Description("Faults of HTTP; each entry stands for itself.")]
    public IReadOnlyList<HttpFault>? Http { get; init; }
}

/// <summary>Faults that go together.</summary>
public sealed record HttpFault
{
    /// <summary>An answer instead of the service's.</summary>
    [Description("Answers with a status instead of asking the service.")]
    public FaultAbort? Abort { get; init; }

    /// <summary>A wait.</summary>
    [Description("Waits before the request goes on.")]
    public FaultDelay? Delay { get; init; }

    /// <summary>Slow answers.</summary>
    [Description("Slows the answer down.")]
    public FaultBandwidth? ResponseBandwidth { get; init; }
}

/// <summary>An answer instead of the service's.</summary>
public sealed record FaultAbort
{
    /// <summary>The status.</summary>
    [Required]
    [Description("The status that is answered, 100 to 599.")]
    public int? HttpStatus { get; init; }

    /// <summary>How many requests.</summary>
    [Required]
    [DataType("percent")]
    [Description("The share of requests, in percent, for example 2 or \"0.5\".")]
    public IntOrString? Percentage { get; init; }
}

/// <summary>A wait.</summary>
public sealed record FaultDelay
{
    /// <summary>How long.</summary>
    [Required]
    [Description("How long to wait.")]
    public GoDuration? Value { get; init; }

    /// <summary>How many requests.</summary>
    [Required]
    [DataType("percent")]
    [Description("The share of requests, in percent, for example 2 or \"0.5\".")]
    public IntOrString? Percentage { get; init; }
}

/// <summary>Slow answers.</summary>
public sealed record FaultBandwidth
{
    /// <summary>How fast.</summary>
    [Required]
    [Description("The speed, in kbps, Mbps or Gbps, for example 50kbps.")]
    public string? Limit { get; init; }

    /// <summary>How many requests.</summary>
    [Required]
    [DataType("percent")]
    [Description("The share of requests, in percent, for example 2 or \"0.5\".")]
    public IntOrString? Percentage { get; init; }
}
