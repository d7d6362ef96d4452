using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.ExternalService;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>A service outside the mesh; today MeshExternalService.</summary>
public sealed class ExternalServiceKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "ExternalService";

    /// <inheritdoc />
    public override string Path => "external-services";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override string SingularDisplayName => "External Service";

    /// <inheritdoc />
    public override string PluralDisplayName => "External Services";
}
