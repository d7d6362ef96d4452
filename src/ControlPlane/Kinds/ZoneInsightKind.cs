using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.System.ZoneInsight;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>What global knows of its connections with a zone.</summary>
public sealed class ZoneInsightKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "ZoneInsight";

    /// <inheritdoc />
    public override string Path => "zone-insights";

    /// <inheritdoc />
    public override Scope Scope => Scope.Global;

    /// <inheritdoc />
    public override Flow Flow => Flow.None;

    /// <inheritdoc />
    public override bool ReadOnly => true;

    /// <inheritdoc />
    public override bool Observed => true;

    /// <inheritdoc />
    public override string SingularDisplayName => "Zone Insight";

    /// <inheritdoc />
    public override string PluralDisplayName => "Zone Insights";
}
