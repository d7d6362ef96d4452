using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshCircuitBreaker;

/// <summary>The kind MeshCircuitBreaker.</summary>
public sealed class MeshCircuitBreakerKind() : PolicyKind<MeshCircuitBreakerSpec>(
    new("MeshCircuitBreaker", "meshcircuitbreakers", "mcb", "Mesh Circuit Breaker", "Mesh Circuit Breakers"))
{
    /// <inheritdoc />
    public override PolicyTraits Policy { get; } = new(IsTargetRef: true, HasTo: true, HasFrom: true, HasRules: true, IsFromAsRules: true);

    /// <inheritdoc />
    protected override TargetRefRules TopLevel => TargetRefRules.Proxies;

    /// <inheritdoc />
    protected override bool IsInbound(MeshCircuitBreakerSpec spec) => ItemRules.Any(spec.From) || ItemRules.Any(spec.Rules);

    /// <inheritdoc />
    protected override void CheckRules(MeshCircuitBreakerSpec spec, ViolationList at)
    {
        ItemRules.AtLeastOne(spec.To, spec.From, spec.Rules, at);
        ItemRules.RulesStandAlone(spec.To, spec.From, spec.Rules, at);

        // Kuma reports rules under the name of "from"; clients know them so.
        spec.Rules.Each("spec.from", (rule, path) => CheckConf(rule.Default, FieldPath.Member(path, "default"), at));
        spec.From.Each("spec.from", (from, path) =>
        {
            TargetRefCheck.Check(from.TargetRef, FieldPath.Member(path, "targetRef"), TargetRefRules.MeshOnly, at);
            CheckConf(from.Default, FieldPath.Member(path, "default"), at);
        });
        spec.To.Each("spec.to", (to, path) =>
        {
            TargetRefCheck.Check(to.TargetRef, FieldPath.Member(path, "targetRef"), TargetRefRules.MeshAndServices, at);
            CheckConf(to.Default, FieldPath.Member(path, "default"), at);
        });
    }

    /// <inheritdoc />
    protected override IEnumerable<string> Deprecations(MeshCircuitBreakerSpec spec) => ItemRules.Any(spec.From) ? [ItemRules.FromDeprecation] : [];

    private static void CheckConf(CircuitBreakerConf? conf, string path, ViolationList at)
    {
        at.AddIf(
            conf is null or { ConnectionLimits: null, OutlierDetection: null },
            path,
            "at least one of: 'connectionLimits' or 'outlierDetection' should be configured");
        if (conf?.ConnectionLimits is { } limits)
        {
            var at0 = FieldPath.Member(path, "connectionLimits");
            Checks.Positive(limits.MaxConnections, FieldPath.Member(at0, "maxConnections"), at);
            Checks.Positive(limits.MaxConnectionPools, FieldPath.Member(at0, "maxConnectionPools"), at);
            Checks.Positive(limits.MaxPendingRequests, FieldPath.Member(at0, "maxPendingRequests"), at);
            Checks.Positive(limits.MaxRetries, FieldPath.Member(at0, "maxRetries"), at);
            Checks.Positive(limits.MaxRequests, FieldPath.Member(at0, "maxRequests"), at);
        }

        if (conf?.OutlierDetection is { } detection)
        {
            CheckDetection(detection, FieldPath.Member(path, "outlierDetection"), at);
        }
    }

    private static void CheckDetection(OutlierDetection detection, string path, ViolationList at)
    {
        Checks.Positive(detection.Interval, FieldPath.Member(path, "interval"), at);
        Checks.Positive(detection.BaseEjectionTime, FieldPath.Member(path, "baseEjectionTime"), at);
        Checks.WholePercentage(detection.MaxEjectionPercent, FieldPath.Member(path, "maxEjectionPercent"), at);
        Checks.Percentage(detection.HealthyPanicThreshold, FieldPath.Member(path, "healthyPanicThreshold"), at);

        var inner = FieldPath.Member(path, "detectors");
        switch (detection.Detectors)
        {
            case null:
                at.Add(inner, Messages.MustBeDefined);
                return;
            case { TotalFailures: null, GatewayFailures: null, LocalOriginFailures: null, SuccessRate: null, FailurePercentage: null }:
                at.Add(inner, Messages.AtLeastOneOf("totalFailures", "gatewayFailures", "localOriginFailures", "successRate", "failurePercentage"));
                return;
        }

        var detectors = detection.Detectors;
        Checks.Positive(detectors.TotalFailures?.Consecutive, FieldPath.Member(inner, "totalFailures.consecutive"), at);
        Checks.Positive(detectors.GatewayFailures?.Consecutive, FieldPath.Member(inner, "gatewayFailures.consecutive"), at);
        Checks.Positive(detectors.LocalOriginFailures?.Consecutive, FieldPath.Member(inner, "localOriginFailures.consecutive"), at);
        Statistical(detectors.SuccessRate, FieldPath.Member(inner, "successRate"));
        Statistical(detectors.FailurePercentage, FieldPath.Member(inner, "failurePercentage"));
        Checks.WholePercentage(detectors.FailurePercentage?.Threshold, FieldPath.Member(inner, "failurePercentage.threshold"), at);
        if (detectors.SuccessRate?.StandardDeviationFactor is { } factor)
        {
            var field = FieldPath.Member(inner, "successRate.standardDeviationFactor");
            var isNumber = factor.TryGetDecimal(out var number);
            at.AddIf(!isNumber, field, "invalid number");
            at.AddIf(isNumber && number <= 0, field, Messages.GreaterThanZero);
        }

        void Statistical(StatisticalDetector? detector, string field)
        {
            Checks.Positive(detector?.MinimumHosts, FieldPath.Member(field, "minimumHosts"), at);
            Checks.Positive(detector?.RequestVolume, FieldPath.Member(field, "requestVolume"), at);
        }
    }
}
