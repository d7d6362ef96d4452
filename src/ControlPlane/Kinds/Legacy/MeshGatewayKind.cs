using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.MeshGateway;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Listeners of built-in gateways.</summary>
public sealed class MeshGatewayKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "MeshGateway";

    /// <inheritdoc />
    public override string Path => "meshgateways";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone | Flow.ZoneToGlobal;

    /// <inheritdoc />
    public override string? ShortName => "mgw";

    /// <inheritdoc />
    public override string SingularDisplayName => "Mesh Gateway";

    /// <inheritdoc />
    public override string PluralDisplayName => "Mesh Gateways";
}
