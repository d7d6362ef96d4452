using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.ZoneEgressInsight;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>Connections of a zone egress.</summary>
public sealed class ZoneEgressInsightKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "ZoneEgressInsight";

    /// <inheritdoc />
    public override string Path => "zoneegressinsights";

    /// <inheritdoc />
    public override Scope Scope => Scope.Global;

    /// <inheritdoc />
    public override Flow Flow => Flow.ZoneToGlobal;

    /// <inheritdoc />
    public override bool ReadOnly => true;

    /// <inheritdoc />
    public override bool Observed => true;

    /// <inheritdoc />
    public override string SingularDisplayName => "Zone Egress Insight";

    /// <inheritdoc />
    public override string PluralDisplayName => "Zone Egress Insights";
}
