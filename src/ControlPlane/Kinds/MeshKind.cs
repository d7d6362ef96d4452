using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.Mesh;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>A mesh: a set of services that may talk to each other.</summary>
public sealed class MeshKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "Mesh";

    /// <inheritdoc />
    public override string Path => "meshes";

    /// <inheritdoc />
    public override Scope Scope => Scope.Global;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone | Flow.KeepsName;

    /// <inheritdoc />
    public override string? ShortName => "m";

    /// <inheritdoc />
    public override string SingularDisplayName => "Mesh";

    /// <inheritdoc />
    public override string PluralDisplayName => "Meshes";
}
