using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshRateLimit;

/// <summary>The kind MeshRateLimit.</summary>
public sealed class MeshRateLimitKind() : PolicyKind<MeshRateLimitSpec>(
    new("MeshRateLimit", "meshratelimits", "mrl", "Mesh Rate Limit", "Mesh Rate Limits"))
{
    /// <summary>Proxies count in steps of this length.</summary>
    private static readonly GoDuration ShortestInterval = GoDuration.FromTimeSpan(TimeSpan.FromMilliseconds(50));

    /// <inheritdoc />
    public override PolicyTraits Policy { get; } = new(IsTargetRef: true, HasTo: true, HasFrom: true, HasRules: true, IsFromAsRules: true);

    /// <inheritdoc />
    protected override TargetRefRules TopLevel => TargetRefRules.ProxiesAndRoutes;

    /// <inheritdoc />
    protected override bool IsInbound(MeshRateLimitSpec spec) => ItemRules.Any(spec.From) || ItemRules.Any(spec.Rules);

    /// <inheritdoc />
    protected override void CheckRules(MeshRateLimitSpec spec, ViolationList at)
    {
        ItemRules.RulesStandAlone(spec.To, spec.From, spec.Rules, at);
        if (ItemRules.GatewayScope(spec.TargetRef, spec.To, spec.From, at))
        {
            at.AddIf(ItemRules.Any(spec.Rules), "spec.rules", Messages.MustNotBeDefined);
            spec.To.Each("spec.to", (to, path) =>
            {
                TargetRefCheck.Check(to.TargetRef, FieldPath.Member(path, "targetRef"), TargetRefRules.MeshOnly, at);
                CheckConf(to.Default, FieldPath.Member(path, "default.local"), at);
            });
            return;
        }

        spec.Rules.Each("spec.rules", (rule, path) =>
        {
            ItemRules.MeaningfulMatches(rule.Matches, path, at, (rule.Default?.Local?.Tcp, "default.local.tcp"));
            CheckConf(rule.Default, FieldPath.Member(path, "default.local"), at);
        });
        spec.From.Each("spec.from", (from, path) =>
        {
            TargetRefCheck.Check(from.TargetRef, FieldPath.Member(path, "targetRef"), TargetRefRules.MeshOnly, at);
            CheckConf(from.Default, FieldPath.Member(path, "default.local"), at);
        });
    }

    /// <inheritdoc />
    protected override IEnumerable<string> Deprecations(MeshRateLimitSpec spec)
    {
        if (ItemRules.Any(spec.From))
        {
            yield return ItemRules.FromDeprecation;
        }

        var lists = new[]
        {
            ("from", spec.From?.Select(i => i.Default)), ("rules", spec.Rules?.Select(i => i.Default)), ("to", spec.To?.Select(i => i.Default)),
        };
        foreach (var (list, items) in lists)
        {
            foreach (var (index, conf) in (items ?? []).Index())
            {
                if (conf?.Local?.Http?.OnRateLimit?.Status < 400)
                {
                    yield return $"'spec.{list}[{index}].default.local.http.requestRate.status' must be 400 or higher. Please update your configuration.";
                }
            }
        }
    }

    private static void CheckConf(RateLimitConf? conf, string path, ViolationList at)
    {
        if (conf?.Local is not { } local)
        {
            at.Add(path, Messages.MustBeDefined);
            return;
        }

        at.AddIf(local is { Tcp: null, Http: null }, path, Messages.AtLeastOneOf("tcp", "http"));
        if (local.Http is { } http)
        {
            var httpPath = FieldPath.Member(path, "http");
            at.AddIf(
                http is { Disabled: null, RequestRate: null, OnRateLimit: null }, httpPath, Messages.AtLeastOneOf("disabled", "requestRate", "onRateLimit"));
            CheckRate(http.RequestRate, FieldPath.Member(httpPath, "requestRate"), at);
            Checks.Positive(http.OnRateLimit?.Status, FieldPath.Member(httpPath, "onRateLimit.status"), at);
        }

        if (local.Tcp is { } tcp)
        {
            var tcpPath = FieldPath.Member(path, "tcp");
            at.AddIf(tcp is { Disabled: null, ConnectionRate: null }, tcpPath, Messages.AtLeastOneOf("disabled", "connectionRate"));
            CheckRate(tcp.ConnectionRate, FieldPath.Member(tcpPath, "connectionRate"), at);
        }
    }

    private static void CheckRate(Rate? rate, string path, ViolationList at)
    {
        Checks.Positive(rate?.Num, FieldPath.Member(path, "num"), at);
        at.AddIf(rate?.Interval <= ShortestInterval, FieldPath.Member(path, "interval"), $"must be greater than: {ShortestInterval}");
    }
}
