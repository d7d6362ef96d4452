using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.TrafficTrace;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Traces requests; today MeshTrace.</summary>
public sealed class TrafficTraceKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "TrafficTrace";

    /// <inheritdoc />
    public override string Path => "traffic-traces";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Traffic Trace";

    /// <inheritdoc />
    public override string PluralDisplayName => "Traffic Traces";

    /// <inheritdoc />
    protected override void Check(Proto spec, ValidationContext context, ViolationList at)
    {
        SelectorCheck.Each(spec.Selectors, "selectors", SelectorRule.AnyTag, at);
    }
}
