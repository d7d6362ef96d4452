using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.Shared;
using GatewayType = MeshConsole.Protos.Kuma.Mesh.Dataplane.Types.Networking.Types.Gateway.Types.GatewayType;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>What policies can select on a Dataplane.</summary>
public sealed class ProxyView
{
    private ProxyView(Resource resource)
    {
        Resource = resource;
        var networking = ((DataplaneKind)resource.Kind).Spec(resource).Networking;
        var address = networking?.Address ?? "";
        IsGateway = networking?.Gateway is not null;
        IsBuiltinGateway = networking?.Gateway?.Type == GatewayType.Builtin;
        GatewayTags = networking?.Gateway?.Tags.ToFrozenDictionary(StringComparer.Ordinal) ?? FrozenDictionary<string, string>.Empty;
        Inbounds =
        [
            .. (networking?.Inbound ?? []).Select(i => new ProxyInbound(
                i.Address.Length > 0 ? i.Address : address,
                i.Port,
                i.Name,
                i.Tags.ToFrozenDictionary(StringComparer.Ordinal),
                IsZoneProxy: false)),
            .. (networking?.Listeners ?? []).Select(l => new ProxyInbound(
                l.Address.Length > 0 ? l.Address : address, l.Port, l.Name, FrozenDictionary<string, string>.Empty, IsZoneProxy: true)),
        ];
    }

    /// <summary>The Dataplane.</summary>
    public Resource Resource { get; }

    /// <summary>A gateway, built-in or delegated.</summary>
    public bool IsGateway { get; }

    /// <summary>A gateway that we configure.</summary>
    public bool IsBuiltinGateway { get; }

    /// <summary>A gateway of another product, such as Kong; it has no inbounds.</summary>
    public bool IsDelegatedGateway => IsGateway && !IsBuiltinGateway;

    /// <summary>Tags of a gateway.</summary>
    public FrozenDictionary<string, string> GatewayTags { get; }

    /// <summary>Inbounds, then the listeners of embedded zone proxies.</summary>
    public ImmutableArray<ProxyInbound> Inbounds { get; }

    /// <summary>The view of a Dataplane, made once per stored resource.</summary>
    public static ProxyView Of(Resource dataplane) => dataplane.Memo<ProxyView>(static r => new ProxyView(r));
}

/// <summary>A place where traffic enters a proxy.</summary>
/// <param name="Address">IP address.</param>
/// <param name="Port">Port.</param>
/// <param name="Name">Name, or the empty string.</param>
/// <param name="Tags">Tags; none for zone proxies.</param>
/// <param name="IsZoneProxy">The listener of an embedded zone proxy.</param>
public sealed record ProxyInbound(string Address, uint Port, string Name, FrozenDictionary<string, string> Tags, bool IsZoneProxy)
{
    /// <summary>The name, or the port as text.</summary>
    public string Section => Name.Length > 0 ? Name : Port.ToString(CultureInfo.InvariantCulture);
}
