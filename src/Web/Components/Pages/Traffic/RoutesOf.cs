using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Web.Live;

namespace MeshConsole.Web.Components.Pages.Traffic;

/// <summary>Finds the routes that move a service's traffic.</summary>
public static class RoutesOf
{
    /// <summary>The MeshHTTPRoutes of the mesh with a <c>to</c> entry for this service, by name.</summary>
    public static IEnumerable<Resource> Service(World world, ServiceFacts service) => world.List("MeshHTTPRoute", service.Mesh)
        .Where(r => SplitDraft.Array(SplitDraft.Node(ResourceJson.ToManifest(r), "spec"), "to")
            .OfType<JsonObject>()
            .Any(t => SplitDraft.Points(SplitDraft.Node(t, "targetRef"), service)));
}
