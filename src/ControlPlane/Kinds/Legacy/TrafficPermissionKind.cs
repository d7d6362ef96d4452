using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.TrafficPermission;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Allows traffic; today MeshTrafficPermission.</summary>
public sealed class TrafficPermissionKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "TrafficPermission";

    /// <inheritdoc />
    public override string Path => "traffic-permissions";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Traffic Permission";

    /// <inheritdoc />
    public override string PluralDisplayName => "Traffic Permissions";

    /// <inheritdoc />
    protected override void Check(Proto spec, ValidationContext context, ViolationList at)
    {
        SelectorCheck.Each(spec.Sources, "sources", SelectorRule.AnyTag, at);
        SelectorCheck.Each(spec.Destinations, "destinations", SelectorRule.AnyTag, at);
    }
}
