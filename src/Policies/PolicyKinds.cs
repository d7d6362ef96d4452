using System.Collections.Immutable;
using MeshConsole.ControlPlane.Kinds.MeshMultiZoneService;
using MeshConsole.ControlPlane.Kinds.MeshService;
using MeshConsole.Policies.MeshHTTPRoute;
using MeshConsole.Policies.MeshTrafficPermission;
using MeshConsole.Shared;

namespace MeshConsole.Policies;

/// <summary>The one list of all kinds that travel as JSON: the destinations that the engine knows, then the policies.</summary>
public static class PolicyKinds
{
    /// <summary>The kinds, policies in the order in which they shape a proxy's configuration.</summary>
    public static ImmutableArray<ResourceKind> All { get; } =
    [
        new MeshServiceKind(),
        new MeshMultiZoneServiceKind(),
        new MeshHTTPRouteKind(),
        new MeshTrafficPermissionKind(),
    ];
}
