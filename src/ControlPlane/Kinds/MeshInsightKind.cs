using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.MeshInsight;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>Sums over one mesh.</summary>
public sealed class MeshInsightKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "MeshInsight";

    /// <inheritdoc />
    public override string Path => "mesh-insights";

    /// <inheritdoc />
    public override Scope Scope => Scope.Global;

    /// <inheritdoc />
    public override Flow Flow => Flow.None;

    /// <inheritdoc />
    public override bool ReadOnly => true;

    /// <inheritdoc />
    public override bool Observed => true;

    /// <inheritdoc />
    public override string SingularDisplayName => "Mesh Insight";

    /// <inheritdoc />
    public override string PluralDisplayName => "Mesh Insights";
}
