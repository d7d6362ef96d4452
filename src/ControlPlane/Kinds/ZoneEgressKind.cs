using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.ZoneEgress;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>The proxy through which traffic leaves a zone.</summary>
public sealed class ZoneEgressKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "ZoneEgress";

    /// <inheritdoc />
    public override string Path => "zoneegresses";

    /// <inheritdoc />
    public override Scope Scope => Scope.Global;

    /// <inheritdoc />
    public override Flow Flow => Flow.ZoneToGlobal;

    /// <inheritdoc />
    public override string? ShortName => "ze";

    /// <inheritdoc />
    public override string SingularDisplayName => "Zone Egress";

    /// <inheritdoc />
    public override string PluralDisplayName => "Zone Egresses";
}
