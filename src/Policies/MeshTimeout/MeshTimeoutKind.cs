using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshTimeout;

/// <summary>The kind MeshTimeout.</summary>
public sealed class MeshTimeoutKind() : PolicyKind<MeshTimeoutSpec>(
    new("MeshTimeout", "meshtimeouts", "mt", "Mesh Timeout", "Mesh Timeouts"))
{
    /// <inheritdoc />
    public override PolicyTraits Policy { get; } = new(IsTargetRef: true, HasTo: true, HasFrom: true, HasRules: true, IsFromAsRules: true);

    /// <inheritdoc />
    protected override TargetRefRules TopLevel => TargetRefRules.ProxiesAndRoutes;

    /// <inheritdoc />
    protected override bool IsInbound(MeshTimeoutSpec spec) => ItemRules.Any(spec.From) || ItemRules.Any(spec.Rules);

    /// <inheritdoc />
    protected override void CheckRules(MeshTimeoutSpec spec, ViolationList at)
    {
        ItemRules.RulesStandAlone(spec.To, spec.From, spec.Rules, at);
        ItemRules.AtLeastOne(spec.To, spec.From, spec.Rules, at);
        var ofRoute = spec.TargetRef?.Kind == TargetKinds.MeshHTTPRoute;
        var narrow = ofRoute || spec.TargetRef?.Kind == TargetKinds.MeshGateway;

        if (narrow)
        {
            at.AddIf(ItemRules.Any(spec.From), "spec.from", Messages.MustNotBeDefined);
        }
        else
        {
            spec.From.Each("spec.from", (from, path) =>
            {
                TargetRefCheck.Check(from.TargetRef, FieldPath.Member(path, "targetRef"), TargetRefRules.MeshOnly, at);
                CheckConf(from.Default, FieldPath.Member(path, "default"), ofRoute, at);
            });
        }

        spec.To.Each("spec.to", (to, path) =>
        {
            TargetRefCheck.Check(
                to.TargetRef, FieldPath.Member(path, "targetRef"), narrow ? TargetRefRules.MeshAndExternalServices : TargetRefRules.MeshServicesAndRoutes, at);
            CheckConf(to.Default, FieldPath.Member(path, "default"), ofRoute, at);
        });
        spec.Rules.Each("spec.rules", (rule, path) =>
        {
            ItemRules.MeaningfulMatches(
                rule.Matches,
                path,
                at,
                (rule.Default?.ConnectionTimeout, "default.connectionTimeout"),
                (rule.Default?.IdleTimeout, "default.idleTimeout"),
                (rule.Default?.Http?.RequestHeadersTimeout, "default.http.requestHeadersTimeout"),
                (rule.Default?.Http?.MaxStreamDuration, "default.http.maxStreamDuration"),
                (rule.Default?.Http?.MaxConnectionDuration, "default.http.maxConnectionDuration"));
            CheckConf(rule.Default, FieldPath.Member(path, "default"), ofRoute, at);
        });
    }

    /// <inheritdoc />
    protected override IEnumerable<string> Deprecations(MeshTimeoutSpec spec) => ItemRules.Any(spec.From) ? [ItemRules.FromDeprecation] : [];

    private static void CheckConf(TimeoutConf? conf, string path, bool ofRoute, ViolationList at)
    {
        if (conf is null or { ConnectionTimeout: null, IdleTimeout: null, Http: null })
        {
            at.Add(path, "at least one timeout should be configured");
            return;
        }

        if (ofRoute)
        {
            NotWithRoute(conf.ConnectionTimeout, "connectionTimeout");
            NotWithRoute(conf.IdleTimeout, "idleTimeout");
            NotWithRoute(conf.Http?.MaxStreamDuration, "http.maxStreamDuration");
            NotWithRoute(conf.Http?.MaxConnectionDuration, "http.maxConnectionDuration");
        }

        Checks.Positive(conf.ConnectionTimeout, FieldPath.Member(path, "connectionTimeout"), at);
        Checks.NotNegative(conf.IdleTimeout, FieldPath.Member(path, "idleTimeout"), at);
        if (conf.Http is not { } http)
        {
            return;
        }

        var httpPath = FieldPath.Member(path, "http");
        at.AddIf(
            http is { RequestTimeout: null, StreamIdleTimeout: null, MaxStreamDuration: null, MaxConnectionDuration: null },
            httpPath,
            "at least one timeout in this section should be configured");
        Checks.NotNegative(http.RequestTimeout, FieldPath.Member(httpPath, "requestTimeout"), at);
        Checks.NotNegative(http.StreamIdleTimeout, FieldPath.Member(httpPath, "streamIdleTimeout"), at);
        Checks.NotNegative(http.MaxStreamDuration, FieldPath.Member(httpPath, "maxStreamDuration"), at);
        Checks.NotNegative(http.MaxConnectionDuration, FieldPath.Member(httpPath, "maxConnectionDuration"), at);
        Checks.NotNegative(http.RequestHeadersTimeout, FieldPath.Member(httpPath, "requestHeadersTimeout"), at);

        void NotWithRoute(GoDuration? value, string field) => at.AddIf(
            value is not null, FieldPath.Member(path, field), "can't be specified when top-level TargetRef is referencing MeshHTTPRoute");
    }
}
