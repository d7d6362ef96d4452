using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.VirtualOutbound;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Gives services further names and ports; today HostnameGenerator.</summary>
public sealed class VirtualOutboundKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "VirtualOutbound";

    /// <inheritdoc />
    public override string Path => "virtual-outbounds";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Virtual Outbound";

    /// <inheritdoc />
    public override string PluralDisplayName => "Virtual Outbounds";
}
