using System.Collections.Frozen;
using System.Collections.Immutable;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Kinds.Legacy;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Listener = MeshConsole.Protos.Kuma.Mesh.MeshGateway.Types.Listener;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>A listener of a built-in gateway.</summary>
/// <param name="Listener">As the MeshGateway has it.</param>
/// <param name="Tags">Tags of the proxy, of the MeshGateway and of the listener; the later ones win.</param>
public sealed record GatewayListener(Listener Listener, FrozenDictionary<string, string> Tags)
{
    /// <summary>The host name it serves; <c>*</c> for all.</summary>
    public string Hostname => Listener.Hostname.Length == 0 ? TagKeys.Any : Listener.Hostname;
}

/// <summary>What built-in gateways listen on: a MeshGateway chooses its proxies by their tags.</summary>
public static class GatewayListeners
{
    private const string MeshGateway = "MeshGateway";

    /// <summary>The MeshGateway of a built-in gateway: the one whose selector fits best, else the newest; null when none fits.</summary>
    /// <param name="world">What is stored.</param>
    /// <param name="proxy">A built-in gateway.</param>
    public static Resource? Find(World world, ProxyView proxy) =>
        OldPolicy.Best(world.List(MeshGateway, proxy.Resource.Mesh).Where(g => IsOfZone(g, proxy.Resource)), p => p.Selectors, proxy.GatewayTags);

    /// <summary>The listeners of a MeshGateway on a proxy with these tags, by port and host name.</summary>
    public static ImmutableArray<GatewayListener> Of(Resource gateway, IReadOnlyDictionary<string, string> proxyTags)
    {
        var spec = ((MeshGatewayKind)gateway.Kind).Spec(gateway);
        return
        [
            .. (spec.Conf?.Listeners ?? [])
                .Select(listener => new GatewayListener(listener, Merged(proxyTags, spec.Tags, listener.Tags)))
                .OrderBy(l => l.Listener.Port).ThenBy(l => l.Hostname, StringComparer.Ordinal),
        ];
    }

    /// <summary>A MeshGateway of one zone is for the proxies of that zone.</summary>
    private static bool IsOfZone(Resource gateway, Resource proxy) =>
        gateway.Origin is null or "" or Labels.OriginGlobal || proxy.Zone is null || gateway.Zone is null || gateway.Zone == proxy.Zone;

    private static FrozenDictionary<string, string> Merged(params IReadOnlyDictionary<string, string>[] tags)
    {
        var merged = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in tags.SelectMany(t => t))
        {
            merged[key] = value;
        }

        return merged.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
