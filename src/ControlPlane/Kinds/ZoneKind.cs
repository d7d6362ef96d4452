using MeshConsole.Shared;
using MeshConsole.Shared.Language;
using Proto = MeshConsole.Protos.Kuma.System.Zone;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>A place with a control plane of its own. Exists at global; does not travel.</summary>
public sealed class ZoneKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "Zone";

    /// <inheritdoc />
    public override string Path => "zones";

    /// <inheritdoc />
    public override Scope Scope => Scope.Global;

    /// <inheritdoc />
    public override Flow Flow => Flow.None;

    /// <inheritdoc />
    public override string? ShortName => "z";

    /// <inheritdoc />
    public override string SingularDisplayName => "Zone";

    /// <inheritdoc />
    public override string PluralDisplayName => "Zones";

    /// <inheritdoc />
    public override IEnumerable<string> Warnings(Resource resource) => DnsWarnings.ServiceName(Name, resource.DisplayName);
}
