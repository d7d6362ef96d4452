using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.System.Config;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>An internal setting of the control planes; only <c>kuma-cluster-id</c> travels.</summary>
public sealed class ConfigKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "Config";

    /// <inheritdoc />
    public override string Path => "configs";

    /// <inheritdoc />
    public override Scope Scope => Scope.Global;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone | Flow.ZoneLocal | Flow.KeepsName;

    /// <inheritdoc />
    public override bool HasApi => false;

    /// <inheritdoc />
    public override bool ReadOnly => true;

    /// <inheritdoc />
    public override string SingularDisplayName => "Config";

    /// <inheritdoc />
    public override string PluralDisplayName => "Configs";
}
