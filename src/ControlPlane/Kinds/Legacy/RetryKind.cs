using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.Retry;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Repeats failed requests; today MeshRetry.</summary>
public sealed class RetryKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "Retry";

    /// <inheritdoc />
    public override string Path => "retries";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Retry";

    /// <inheritdoc />
    public override string PluralDisplayName => "Retries";
}
