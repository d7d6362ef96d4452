using MeshConsole.Shared;

namespace MeshConsole.Web.Components;

/// <summary>Where a thing's page is; addresses are relative to the console's base.</summary>
public static class Places
{
    /// <summary>The page of a resource.</summary>
    public static string Of(Resource resource) => Of(resource.Kind.Name, resource.Mesh, resource.Name);

    /// <summary>The page of a resource by its key.</summary>
    public static string Of(ResourceKey key) => Of(key.Kind, key.Mesh, key.Name);

    /// <summary>The page of a resource by kind, mesh and stored name.</summary>
    public static string Of(string kind, string mesh, string name) => kind switch
    {
        "Zone" => $"zones/{Uri.EscapeDataString(name)}",
        "Mesh" => $"meshes/{Uri.EscapeDataString(name)}",
        "ZoneIngress" => $"ingresses/{Uri.EscapeDataString(name)}",
        "Dataplane" => $"meshes/{Uri.EscapeDataString(mesh)}/dataplanes/{Uri.EscapeDataString(name)}",
        "MeshService" or "MeshMultiZoneService" => $"meshes/{Uri.EscapeDataString(mesh)}/services/{kind}/{Uri.EscapeDataString(name)}",
        _ when mesh.Length == 0 => $"resources/{kind}/{Uri.EscapeDataString(name)}",
        _ => $"meshes/{Uri.EscapeDataString(mesh)}/policies/{kind}/{Uri.EscapeDataString(name)}",
    };

    /// <summary>The traffic editor of a service.</summary>
    public static string Traffic(string mesh, string kind, string name) =>
        $"meshes/{Uri.EscapeDataString(mesh)}/services/{kind}/{Uri.EscapeDataString(name)}/traffic";
}
