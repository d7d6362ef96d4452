using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.MeshGatewayRoute;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Routes of built-in gateways.</summary>
public sealed class MeshGatewayRouteKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "MeshGatewayRoute";

    /// <inheritdoc />
    public override string Path => "meshgatewayroutes";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Mesh Gateway Route";

    /// <inheritdoc />
    public override string PluralDisplayName => "Mesh Gateway Routes";
}
