using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies;

/// <summary>Configuration for traffic that leaves the selected proxies.</summary>
/// <typeparam name="TConf">The configuration.</typeparam>
public sealed record ToItem<TConf>
    where TConf : class
{
    /// <summary>The destination.</summary>
    [Required]
    [Description("The destination that is meant.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>The configuration.</summary>
    [Description("The configuration for traffic to this destination.")]
    public TConf? Default { get; init; }
}

/// <summary>Configuration for traffic that enters the selected proxies, by client (old; <c>rules</c> replaces it).</summary>
/// <typeparam name="TConf">The configuration.</typeparam>
public sealed record FromItem<TConf>
    where TConf : class
{
    /// <summary>The clients.</summary>
    [Required]
    [Description("The clients that are meant.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>The configuration.</summary>
    [Description("The configuration for traffic from these clients.")]
    public TConf? Default { get; init; }
}

/// <summary>Configuration for traffic that enters the selected proxies.</summary>
/// <typeparam name="TConf">The configuration.</typeparam>
public sealed record RuleItem<TConf>
    where TConf : class
{
    /// <summary>The configuration.</summary>
    [Description("The configuration for entering traffic.")]
    public TConf? Default { get; init; }
}

/// <summary>Configuration for traffic that enters the selected proxies, by match.</summary>
/// <typeparam name="TConf">The configuration.</typeparam>
public sealed record MatchedRuleItem<TConf>
    where TConf : class
{
    /// <summary>Which connections; all when absent.</summary>
    [Description("Which clients or server names are meant: one of these matches has to fit. All traffic when absent.")]
    public IReadOnlyList<Match>? Matches { get; init; }

    /// <summary>The configuration.</summary>
    [Description("The configuration for entering traffic that matches.")]
    public TConf? Default { get; init; }
}

/// <summary>Rules about which lists of items a policy may have, and about their matches.</summary>
internal static class ItemRules
{
    /// <summary>The warning for <c>from</c> in kinds where <c>rules</c> says the same.</summary>
    public const string FromDeprecation = "'from' field is deprecated, use 'rules' instead";

    private const string SourceIdentity =
        "can't be specified when matches contain spiffeID because this field cannot be conditioned on source identity";

    public static bool Any<T>(IReadOnlyList<T>? list) => list is { Count: > 0 };

    public static void RulesStandAlone<TTo, TFrom, TRule>(
        IReadOnlyList<TTo>? to, IReadOnlyList<TFrom>? from, IReadOnlyList<TRule>? rules, ViolationList at) =>
        at.AddIf(Any(rules) && (Any(to) || Any(from)), "spec", "fields 'to' and 'from' must be empty when 'rules' is defined");

    public static void RulesReplaceFrom<TFrom, TRule>(IReadOnlyList<TFrom>? from, IReadOnlyList<TRule>? rules, ViolationList at) =>
        at.AddIf(Any(rules) && Any(from), "spec", "field 'from' must be empty when 'rules' is defined");

    public static void AtLeastOne<TTo, TFrom, TRule>(
        IReadOnlyList<TTo>? to, IReadOnlyList<TFrom>? from, IReadOnlyList<TRule>? rules, ViolationList at) =>
        at.AddIf(!Any(rules) && !Any(to) && !Any(from), "spec", "at least one of 'from', 'to' or 'rules' has to be defined");

    /// <summary>Kinds where <c>to</c> belongs to gateways and <c>from</c> to sidecars: refuses the one that does not fit.</summary>
    /// <returns>True when gateways are selected.</returns>
    public static bool GatewayScope<TTo, TFrom>(TargetRef? top, IReadOnlyList<TTo>? to, IReadOnlyList<TFrom>? from, ViolationList at)
    {
        var gateways = TargetRefCheck.IncludesGateways(top);
        at.AddIf(
            gateways && Any(from),
            "spec.from",
            $"{Messages.MustNotBeDefined} when the scope includes a Gateway, select only proxyType Sidecar or select only gateways and use spec.to");
        at.AddIf(!gateways && Any(to), "spec.to", Messages.MustNotBeDefined);
        return gateways;
    }

    /// <summary>Matches that each say something; reports fields that cannot depend on who calls when a SPIFFE ID is among them.</summary>
    public static void MeaningfulMatches(IReadOnlyList<Match>? matches, string path, ViolationList at, params IEnumerable<(object? Value, string Field)> notBySource)
    {
        matches.Each(FieldPath.Member(path, "matches"), (match, field) =>
        {
            MatchCheck.One(match, field, at);
            at.AddIf(match is { SpiffeID: null, Sni: null }, field, "must specify at least one of 'spiffeID' or 'sni'");
        });
        if (matches?.Any(m => m.SpiffeID is not null) == true)
        {
            foreach (var (value, field) in notBySource)
            {
                at.AddIf(value is not null, FieldPath.Member(path, field), SourceIdentity);
            }
        }
    }
}
