using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshRateLimit;

/// <summary>How many requests or connections each proxy lets through.</summary>
public sealed record MeshRateLimitSpec : IPolicySpec
{
    /// <inheritdoc />
    [Description("The proxies that count. The whole mesh when absent.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>For what a gateway sends.</summary>
    [Description("Limits of what a gateway sends; only when gateways are selected.")]
    public IReadOnlyList<ToItem<RateLimitConf>>? To { get; init; }

    /// <summary>For traffic that enters.</summary>
    [Description("Limits of traffic that enters; only when no gateway is selected.")]
    public IReadOnlyList<MatchedRuleItem<RateLimitConf>>? Rules { get; init; }

    /// <summary>For traffic that enters (old).</summary>
    [Description("Limits of traffic that enters. Deprecated: use rules.")]
    public IReadOnlyList<FromItem<RateLimitConf>>? From { get; init; }
}

/// <summary>Limits.</summary>
public sealed record RateLimitConf
{
    /// <summary>Counted by each proxy for itself.</summary>
    [Description("Limits that each proxy counts for itself.")]
    public LocalRateLimit? Local { get; init; }
}

/// <summary>Limits that each proxy counts for itself; at least one protocol is given.</summary>
public sealed record LocalRateLimit
{
    /// <summary>Requests.</summary>
    [Description("Limits of HTTP requests.")]
    public HttpRateLimit? Http { get; init; }

    /// <summary>Connections.</summary>
    [Description("Limits of TCP connections.")]
    public TcpRateLimit? Tcp { get; init; }
}

/// <summary>Limits of requests.</summary>
public sealed record HttpRateLimit
{
    /// <summary>Off.</summary>
    [Description("Switches the limit off.")]
    public bool? Disabled { get; init; }

    /// <summary>How many.</summary>
    [Description("How many requests are let through.")]
    public Rate? RequestRate { get; init; }

    /// <summary>What is answered beyond it.</summary>
    [Description("What is answered to requests beyond the limit.")]
    public OnRateLimit? OnRateLimit { get; init; }
}

/// <summary>Limits of connections.</summary>
public sealed record TcpRateLimit
{
    /// <summary>Off.</summary>
    [Description("Switches the limit off.")]
    public bool? Disabled { get; init; }

    /// <summary>How many.</summary>
    [Description("How many connections are let through.")]
    public Rate? ConnectionRate { get; init; }
}

/// <summary>A number in a time.</summary>
public sealed record Rate
{
    /// <summary>The number.</summary>
    [Required]
    [Description("How many, at least 1.")]
    public uint? Num { get; init; }

    /// <summary>The time.</summary>
    [Required]
    [Description("In which time; more than 50ms.")]
    public GoDuration? Interval { get; init; }
}

/// <summary>What is answered beyond the limit.</summary>
public sealed record OnRateLimit
{
    /// <summary>The status.</summary>
    [Description("The status that is answered. 429 when absent; below 400 has no effect.")]
    public uint? Status { get; init; }

    /// <summary>Headers of the answer.</summary>
    [Description("Headers of the answer.")]
    public HeaderAdditions? Headers { get; init; }
}
