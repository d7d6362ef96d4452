using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.CircuitBreaker;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Limits and outlier detection for outgoing traffic; today MeshCircuitBreaker.</summary>
public sealed class CircuitBreakerKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "CircuitBreaker";

    /// <inheritdoc />
    public override string Path => "circuit-breakers";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Circuit Breaker";

    /// <inheritdoc />
    public override string PluralDisplayName => "Circuit Breakers";

    /// <inheritdoc />
    protected override void Check(Proto spec, ValidationContext context, ViolationList at)
    {
        SelectorCheck.Each(spec.Sources, "sources", SelectorRule.Service, at);
        SelectorCheck.Each(spec.Destinations, "destinations", SelectorRule.ServiceOnly, at);

        var detectors = spec.Conf?.Detectors;
        var thresholds = spec.Conf?.Thresholds;
        var detects = detectors is not (null or { TotalErrors: null, GatewayErrors: null, LocalErrors: null, StandardDeviation: null, Failure: null });
        var limits = thresholds is not (null or { MaxConnections: null, MaxPendingRequests: null, MaxRetries: null, MaxRequests: null });
        if (!detects && !limits)
        {
            at.Add("conf", "must have at least one of the detector or threshold configured");
            return;
        }

        at.AddIf(detectors is not null && !detects, "conf.detectors", "can't be empty");
        at.AddIf(spec.Conf!.MaxEjectionPercent > 100, "conf.maxEjectionPercent", ProtoChecks.Percent);
        at.AddIf(detectors?.Failure?.Threshold > 100, "conf.detectors.failure.threshold", ProtoChecks.Percent);
        at.AddIf(thresholds is not null && !limits, "conf.thresholds", "can't be empty");
    }
}
