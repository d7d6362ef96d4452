using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.Dataplane;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>A data plane: the proxy beside a workload, or a gateway.</summary>
public sealed class DataplaneKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "Dataplane";

    /// <inheritdoc />
    public override string Path => "dataplanes";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.ZoneToGlobal;

    /// <inheritdoc />
    public override string? ShortName => "dp";

    /// <inheritdoc />
    public override string SingularDisplayName => "Dataplane";

    /// <inheritdoc />
    public override string PluralDisplayName => "Dataplanes";
}
