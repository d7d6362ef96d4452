using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.RateLimit;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Limits the rate of requests; today MeshRateLimit.</summary>
public sealed class RateLimitKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "RateLimit";

    /// <inheritdoc />
    public override string Path => "rate-limits";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Rate Limit";

    /// <inheritdoc />
    public override string PluralDisplayName => "Rate Limits";
}
