using System.Collections.Frozen;
using System.Collections.Immutable;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>What a policy selects on one proxy.</summary>
/// <param name="Inbounds">Numbers of the inbounds in <see cref="ProxyView.Inbounds"/>, ascending.</param>
/// <param name="Gateway">The proxy is a gateway and is selected as such.</param>
public readonly record struct Selection(ImmutableArray<int> Inbounds, bool Gateway)
{
    /// <summary>Nothing.</summary>
    public static Selection None { get; } = new([], false);

    /// <summary>True when the proxy is affected.</summary>
    public bool Any => Gateway || Inbounds.Length > 0;
}

/// <summary>Decides which proxies and inbounds a top-level target selects.</summary>
/// <param name="routes">The routes of the mesh, for targets that name one.</param>
internal sealed class TargetSelector(IEnumerable<Resource> routes)
{
    private static readonly IReadOnlyDictionary<string, string> NoTags = new Dictionary<string, string>();

    /// <summary>What <paramref name="policy"/> selects on <paramref name="proxy"/>; <paramref name="warning"/> tells of a target that leads nowhere.</summary>
    public Selection Select(Policy policy, ProxyView proxy, out string? warning)
    {
        warning = null;
        return Select(policy.Resource, policy.Items.Top, proxy, ref warning);
    }

    private Selection Select(Resource policy, TargetRef target, ProxyView proxy, ref string? warning)
    {
        // What a zone may configure on a gateway depends on where the MeshGateway comes from.
        if (!InZone(policy, proxy.Gateway ?? proxy.Resource) || !InNamespace(policy, proxy))
        {
            return Selection.None;
        }

        switch (target.Kind)
        {
            case TargetKinds.Mesh:
                return HasType(target, proxy) ? ByTags(NoTags, proxy, zoneProxies: true) : Selection.None;
            case TargetKinds.MeshSubset:
                return HasType(target, proxy) ? ByTags(target.Tags ?? NoTags, proxy) : Selection.None;
            case TargetKinds.MeshService:
                return ByTags(new Dictionary<string, string> { [TagKeys.Service] = target.Name ?? "" }, proxy);
            case TargetKinds.MeshServiceSubset:
                return ByTags(new Dictionary<string, string>(target.Tags ?? NoTags) { [TagKeys.Service] = target.Name ?? "" }, proxy);
            case TargetKinds.Dataplane:
                return !proxy.IsBuiltinGateway && (IsEveryone(target) || IsNamed(policy, target, proxy) || HasLabels(target, proxy))
                    ? BySection(target.SectionName, proxy)
                    : Selection.None;
            case TargetKinds.MeshGateway:
                return proxy.Gateway is { } gateway && gateway.DisplayName == target.Name ? ByTags(target.Tags ?? NoTags, proxy) : Selection.None;
            case TargetKinds.MeshHTTPRoute:
                if (routes.FirstOrDefault(r => r.Mesh == policy.Mesh && r.DisplayName == target.Name) is { } route && Policy.Of(route) is { } routing)
                {
                    return Select(route, routing.Items.Top, proxy, ref warning);
                }

                warning = $"couldn't resolve MeshHTTPRoute targetRef with name '{target.Name}'";
                return Selection.None;
            default:
                warning = $"unsupported targetRef kind '{target.Kind}'";
                return Selection.None;
        }
    }

    /// <summary>A policy of a zone stays with the proxies of that zone, unless a producer wrote it for its clients everywhere.</summary>
    private static bool InZone(Resource policy, Resource proxy)
    {
        if (Role(policy) == PolicyRoles.Producer
            || proxy.Origin is null or "" or Labels.OriginGlobal
            || policy.Origin != Labels.OriginZone
            || policy.Zone is not { } zone)
        {
            return true;
        }

        return proxy.Origin == Labels.OriginZone && (proxy.Zone is null || proxy.Zone == zone);
    }

    private static bool InNamespace(Resource policy, ProxyView proxy) => Role(policy) is not (PolicyRoles.Consumer or PolicyRoles.WorkloadOwner)
        || (policy.Labels.TryGetValue(Labels.Namespace, out var own) && own == proxy.Resource.Labels.GetValueOrDefault(Labels.Namespace, ""));

    private static string Role(Resource policy) => policy.Labels.GetValueOrDefault(Labels.PolicyRole, PolicyRoles.System);

    private static bool HasType(TargetRef target, ProxyView proxy) =>
        target.ProxyTypes is not { Count: > 0 } types || types.Contains(proxy.IsGateway ? ProxyTypes.Gateway : ProxyTypes.Sidecar);

    private static bool IsEveryone(TargetRef target) =>
        string.IsNullOrEmpty(target.Name) && string.IsNullOrEmpty(target.Namespace) && target.Labels is null;

    private static bool HasLabels(TargetRef target, ProxyView proxy)
    {
        if (target.Labels is null)
        {
            return false;
        }

        foreach (var (key, value) in target.Labels)
        {
            if (proxy.Resource.Labels.GetValueOrDefault(key, "") != value)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsNamed(Resource policy, TargetRef target, ProxyView proxy) =>
        !string.IsNullOrEmpty(target.Name) && Kri.Of(proxy.Resource) == Destinations.Named(policy, target, proxy.Resource.Kind.ShortName!);

    private static Selection BySection(string? section, ProxyView proxy)
    {
        var selected = ImmutableArray.CreateBuilder<int>(proxy.Inbounds.Length);
        for (var i = 0; i < proxy.Inbounds.Length; i++)
        {
            if (string.IsNullOrEmpty(section) || proxy.Inbounds[i].Section == section)
            {
                selected.Add(i);
            }
        }

        return new Selection(selected.ToImmutable(), proxy.IsDelegatedGateway);
    }

    private static Selection ByTags(IReadOnlyDictionary<string, string> tags, ProxyView proxy, bool zoneProxies = false)
    {
        var selected = ImmutableArray.CreateBuilder<int>(proxy.Inbounds.Length);
        for (var i = 0; i < proxy.Inbounds.Length; i++)
        {
            var inbound = proxy.Inbounds[i];
            if (inbound.IsZoneProxy ? zoneProxies : Fits(tags, inbound.Tags) || FitsAnother(tags, inbound))
            {
                selected.Add(i);
            }
        }

        return new Selection(selected.ToImmutable(), proxy.IsDelegatedGateway && Fits(tags, proxy.GatewayTags));
    }

    /// <summary>True when a further listener on the port of a built-in gateway fits.</summary>
    private static bool FitsAnother(IReadOnlyDictionary<string, string> wanted, ProxyInbound inbound)
    {
        foreach (var tags in inbound.OtherTags)
        {
            if (Fits(wanted, tags))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Fits(IReadOnlyDictionary<string, string> wanted, FrozenDictionary<string, string> tags)
    {
        foreach (var (key, value) in wanted)
        {
            if (!tags.TryGetValue(key, out var found) || (value != found && value != TagKeys.Any))
            {
                return false;
            }
        }

        return true;
    }
}
