using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.ProxyTemplate;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Changes of what is sent to proxies; today MeshProxyPatch.</summary>
public sealed class ProxyTemplateKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "ProxyTemplate";

    /// <inheritdoc />
    public override string Path => "proxytemplates";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Proxy Template";

    /// <inheritdoc />
    public override string PluralDisplayName => "Proxy Templates";
}
