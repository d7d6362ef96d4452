using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.ExternalService;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>A service outside the mesh; today MeshExternalService.</summary>
public sealed class ExternalServiceKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "ExternalService";

    /// <inheritdoc />
    public override string Path => "external-services";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override string SingularDisplayName => "External Service";

    /// <inheritdoc />
    public override string PluralDisplayName => "External Services";

    /// <inheritdoc />
    protected override void Check(Proto spec, ValidationContext context, ViolationList at)
    {
        CheckNetworking(spec.Networking, at);
        SelectorCheck.ProtocolTag(spec.Tags, "tags", at);
        SelectorCheck.ServiceTags(spec.Tags, "tags", at);
        at.AddIf(
            spec.Tags.TryGetValue(TagKeys.Service, out var service) && service.Length > 0
            && ProtoChecks.TrySplitHostPort(spec.Networking?.Address ?? "", out var host, out _) && service == host,
            FieldPath.Key("tags", TagKeys.Service),
            "cannot be the same as networking.address");
    }

    private static void CheckNetworking(Proto.Types.Networking? networking, ViolationList at)
    {
        if (networking is null)
        {
            at.Add("networking", "should have networking");
            return;
        }

        CheckAddress(networking.Address, at);
        at.AddIf(networking.Tls is { ServerName: "" }, "networking.tls.serverName", ProtoChecks.CannotBeEmpty);
        ProtoChecks.Data(networking.Tls?.CaCert, "networking.tls.caCert", at);
        ProtoChecks.Data(networking.Tls?.ClientCert, "networking.tls.clientCert", at);
        ProtoChecks.Data(networking.Tls?.ClientKey, "networking.tls.clientKey", at);
    }

    private static void CheckAddress(string address, ViolationList at)
    {
        const string Field = "networking.address";
        if (address.Length == 0)
        {
            at.Add(Field, "address can't be empty");
        }
        else if (!ProtoChecks.TrySplitHostPort(address, out var host, out var port))
        {
            at.Add(Field, "unable to parse address, it has to be HOST:PORT");
        }
        else
        {
            at.AddIf(!ProtoChecks.IsIp(host) && !ProtoChecks.IsHostName(host), Field, "address has to be a valid IP address or a domain name");
            ProtoChecks.Port(ProtoChecks.ParsePort(port), Field, at);
        }
    }
}
