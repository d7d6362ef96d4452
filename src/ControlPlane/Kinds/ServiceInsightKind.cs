using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.ServiceInsight;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>Services of a mesh, known by the tag <c>kuma.io/service</c>.</summary>
public sealed class ServiceInsightKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "ServiceInsight";

    /// <inheritdoc />
    public override string Path => "service-insights";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override bool ReadOnly => true;

    /// <inheritdoc />
    public override bool Observed => true;

    /// <inheritdoc />
    public override string SingularDisplayName => "Service Insight";

    /// <inheritdoc />
    public override string PluralDisplayName => "Service Insights";
}
