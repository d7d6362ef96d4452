using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.ZoneIngressInsight;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>Connections of a zone ingress.</summary>
public sealed class ZoneIngressInsightKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "ZoneIngressInsight";

    /// <inheritdoc />
    public override string Path => "zone-ingress-insights";

    /// <inheritdoc />
    public override Scope Scope => Scope.Global;

    /// <inheritdoc />
    public override Flow Flow => Flow.ZoneToGlobal;

    /// <inheritdoc />
    public override bool ReadOnly => true;

    /// <inheritdoc />
    public override bool Observed => true;

    /// <inheritdoc />
    public override string SingularDisplayName => "Zone Ingress Insight";

    /// <inheritdoc />
    public override string PluralDisplayName => "Zone Ingress Insights";
}
