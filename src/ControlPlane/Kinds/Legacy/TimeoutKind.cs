using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.Timeout;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Limits how long things may take; today MeshTimeout.</summary>
public sealed class TimeoutKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "Timeout";

    /// <inheritdoc />
    public override string Path => "timeouts";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Timeout";

    /// <inheritdoc />
    public override string PluralDisplayName => "Timeouts";
}
