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

    /// <inheritdoc />
    protected override void Check(Proto spec, ValidationContext context, ViolationList at)
    {
        var networking = spec.Networking ?? new Proto.Types.Networking();
        at.AddIf(
            networking.Admin is { } admin && admin.Port == networking.Port && DataplaneCheck.IsLoopback(networking.Address),
            "networking.admin.port",
            "must differ from port");
        if (networking.Address.Length > 0)
        {
            ProtoChecks.Address(networking.Address, "networking.address.address", at); // Kuma's path
        }

        ProtoChecks.Port(networking.Port, "networking.port", at);
    }
}
