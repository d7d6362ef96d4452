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

    /// <inheritdoc />
    protected override void Check(Proto spec, ValidationContext context, ViolationList at)
    {
        var networking = spec.Networking ?? new Proto.Types.Networking();
        at.AddIf(
            networking.Admin is { } admin && admin.Port == networking.Port && DataplaneCheck.IsLoopback(networking.Address),
            "networking.admin.port",
            "must differ from port");
        at.AddIf(networking is { AdvertisedAddress: "", AdvertisedPort: not 0 }, "networking.advertisedAddress", "has to be defined with advertisedPort");
        at.AddIf(networking is { AdvertisedAddress: not "", AdvertisedPort: 0 }, "networking.advertisedPort", "has to be defined with advertisedAddress");
        if (networking.Address.Length > 0)
        {
            ProtoChecks.Address(networking.Address, "networking.address.address", at); // Kuma's path
        }

        if (networking.AdvertisedAddress.Length > 0)
        {
            ProtoChecks.Address(networking.AdvertisedAddress, "networking.advertisedAddress.address", at);
        }

        ProtoChecks.Port(networking.Port, "networking.port", at);
        if (networking.AdvertisedPort != 0)
        {
            ProtoChecks.Port(networking.AdvertisedPort, "networking.advertisedPort", at);
        }

        for (var i = 0; i < spec.AvailableServices.Count; i++)
        {
            SelectorCheck.ServiceTags(spec.AvailableServices[i].Tags, FieldPath.Member(FieldPath.Item("availableService", i), "tags"), at);
        }
    }
}
