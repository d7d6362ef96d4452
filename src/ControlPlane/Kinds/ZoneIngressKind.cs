using System.Collections.Immutable;
using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.ZoneIngress;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>The proxy through which other zones come in.</summary>
public sealed class ZoneIngressKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "ZoneIngress";

    /// <inheritdoc />
    public override string Path => "zoneingresses";

    /// <inheritdoc />
    public override ImmutableArray<string> AlternativePaths => ["zone-ingresses"];

    /// <inheritdoc />
    public override Scope Scope => Scope.Global;

    /// <inheritdoc />
    public override Flow Flow => Flow.ZoneToGlobal | Flow.ZoneToOtherZones;

    /// <inheritdoc />
    public override string? ShortName => "zi";

    /// <inheritdoc />
    public override string SingularDisplayName => "Zone Ingress";

    /// <inheritdoc />
    public override string PluralDisplayName => "Zone Ingresses";
}
