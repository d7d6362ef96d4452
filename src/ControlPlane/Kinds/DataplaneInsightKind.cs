using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.DataplaneInsight;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>Connections and certificate of a data plane.</summary>
public sealed class DataplaneInsightKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "DataplaneInsight";

    /// <inheritdoc />
    public override string Path => "dataplane-insights";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.ZoneToGlobal;

    /// <inheritdoc />
    public override bool ReadOnly => true;

    /// <inheritdoc />
    public override bool Observed => true;

    /// <inheritdoc />
    public override string SingularDisplayName => "Dataplane Insight";

    /// <inheritdoc />
    public override string PluralDisplayName => "Dataplane Insights";
}
