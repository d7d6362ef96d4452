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
}
