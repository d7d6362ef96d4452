using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.FaultInjection;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Faults made on purpose; today MeshFaultInjection.</summary>
public sealed class FaultInjectionKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "FaultInjection";

    /// <inheritdoc />
    public override string Path => "fault-injections";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Fault Injection";

    /// <inheritdoc />
    public override string PluralDisplayName => "Fault Injections";
}
