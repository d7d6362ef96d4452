using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.TrafficRoute;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Leads traffic to destinations; today MeshHTTPRoute and MeshTCPRoute.</summary>
public sealed class TrafficRouteKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "TrafficRoute";

    /// <inheritdoc />
    public override string Path => "traffic-routes";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Traffic Route";

    /// <inheritdoc />
    public override string PluralDisplayName => "Traffic Routes";
}
