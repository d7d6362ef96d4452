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
    private ProxyView(Resource resource, Resource? gateway)
    {
        Resource = resource;
        var networking = ((DataplaneKind)resource.Kind).Spec(resource).Networking;
        var address = networking?.Address ?? "";
        IsGateway = networking?.Gateway is not null;
        IsBuiltinGateway = networking?.Gateway?.Type == GatewayType.Builtin;
        GatewayTags = networking?.Gateway?.Tags.ToFrozenDictionary(StringComparer.Ordinal) ?? FrozenDictionary<string, string>.Empty;
        Gateway = gateway;
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
            .. gateway is null ? [] : Listeners(gateway, address, GatewayTags),
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

    /// <summary>The MeshGateway that configures a built-in gateway; null for others, and where there is none.</summary>
    public Resource? Gateway { get; }

    /// <summary>Inbounds, then the listeners of embedded zone proxies; for a built-in gateway the ports of its MeshGateway.</summary>
    public ImmutableArray<ProxyInbound> Inbounds { get; }

    /// <summary>
    /// The view of a Dataplane by itself, made once per stored resource. What a built-in gateway listens on stands elsewhere:
    /// <see cref="MeshPlan.View"/> knows.
    /// </summary>
    public static ProxyView Of(Resource dataplane) => dataplane.Memo<ProxyView>(static r => new ProxyView(r, gateway: null));

    /// <summary>The view of a built-in gateway with the listeners of <paramref name="gateway"/>.</summary>
    internal static ProxyView Of(Resource dataplane, Resource gateway) => new(dataplane, gateway);

    /// <summary>One for each port; listeners for several host names share it, and each of them can be what a policy selects.</summary>
    private static IEnumerable<ProxyInbound> Listeners(Resource gateway, string address, IReadOnlyDictionary<string, string> proxyTags) =>
        GatewayListeners.Of(gateway, proxyTags).GroupBy(l => l.Listener.Port).Select(port =>
        {
            var tags = port.Select(l => l.Tags).ToList();
            return new ProxyInbound(address, port.Key, "", tags[0], IsZoneProxy: false) { OtherTags = [.. tags.Skip(1)] };
        });
}

/// <summary>A place where traffic enters a proxy.</summary>
/// <param name="Address">IP address.</param>
/// <param name="Port">Port.</param>
/// <param name="Name">Name, or the empty string.</param>
/// <param name="Tags">Tags; none for zone proxies.</param>
/// <param name="IsZoneProxy">The listener of an embedded zone proxy.</param>
public sealed record ProxyInbound(string Address, uint Port, string Name, FrozenDictionary<string, string> Tags, bool IsZoneProxy)
{
    /// <summary>Tags of further listeners on the same port of a built-in gateway.</summary>
    public ImmutableArray<FrozenDictionary<string, string>> OtherTags { get; init; } = [];

    /// <summary>The name, or the port as text.</summary>
    public string Section => Name.Length > 0 ? Name : Port.ToString(CultureInfo.InvariantCulture);
}
