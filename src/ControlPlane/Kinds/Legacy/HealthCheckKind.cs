using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.HealthCheck;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Checks that proxies make of instances; today MeshHealthCheck.</summary>
public sealed class HealthCheckKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "HealthCheck";

    /// <inheritdoc />
    public override string Path => "health-checks";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Health Check";

    /// <inheritdoc />
    public override string PluralDisplayName => "Health Checks";
}
