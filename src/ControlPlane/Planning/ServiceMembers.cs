using MeshConsole.ControlPlane.Kinds.MeshService;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>Which proxies stand behind a MeshService.</summary>
public static class ServiceMembers
{
    /// <summary>The proxies, by name.</summary>
    public static IEnumerable<ProxyView> Of(World world, Resource service)
    {
        var spec = ((MeshServiceKind)service.Kind).Spec(service);
        return world.List("Dataplane", service.Mesh).Where(d => d.Zone == service.Zone || d.Zone is null).Select(ProxyView.Of).Where(p => IsBehind(spec, p));
    }

    private static bool IsBehind(MeshServiceSpec service, ProxyView proxy) => service.Selector switch
    {
        { DataplaneRef: { } reference } => reference.Name == proxy.Resource.DisplayName || reference.Name == proxy.Resource.Name,
        { DataplaneLabels: { } labels } => labels.Matches(proxy.Resource.Labels),
        { DataplaneTags: { Count: > 0 } tags } => proxy.Inbounds.Any(i => tags.All(t => i.Tags.TryGetValue(t.Key, out var value) && value == t.Value)),
        _ => false,
    };
}
