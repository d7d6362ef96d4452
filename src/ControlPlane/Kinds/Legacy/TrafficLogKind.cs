using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.TrafficLog;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Writes a line for each request or connection; today MeshAccessLog.</summary>
public sealed class TrafficLogKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "TrafficLog";

    /// <inheritdoc />
    public override string Path => "traffic-logs";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Traffic Log";

    /// <inheritdoc />
    public override string PluralDisplayName => "Traffic Logs";

    /// <inheritdoc />
    protected override void Check(Proto spec, ValidationContext context, ViolationList at)
    {
        SelectorCheck.Each(spec.Sources, "sources", SelectorRule.Service, at);
        SelectorCheck.Each(spec.Destinations, "destinations", SelectorRule.ServiceOnly, at);
    }
}
