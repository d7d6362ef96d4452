using System.Text.Json;
using MeshConsole.ControlPlane.Identity;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Resources;

/// <summary>What must not be deleted yet, and what goes with a thing that is deleted.</summary>
/// <param name="site">Where we are.</param>
/// <param name="isZoneConnected">Whether a zone's link is up now; true refuses the zone's deletion.</param>
public sealed class DeletionRules(Site site, Func<string, bool> isZoneConnected)
{
    /// <summary>What global keeps of a zone under the zone's own name.</summary>
    private static readonly string[] Bookkeeping = ["ZoneInsight", "ZoneAdmission", "ZoneDelivery"];

    /// <summary>True: nothing speaks against a deletion.</summary>
    public bool Unsafe { get; init; }

    /// <summary>Adds the reasons that speak against deleting <paramref name="resource"/>.</summary>
    public void Check(Resource resource, World world, ViolationList violations)
    {
        if (Unsafe)
        {
            return;
        }

        switch (resource.Kind.Name)
        {
            case "Mesh":
                violations.AddIf(
                    world.Table("Dataplane").In(resource.Name).Count > 0,
                    "mesh",
                    "unable to delete mesh, there are still some dataplanes attached");
                break;
            case "Zone":
                violations.AddIf(
                    isZoneConnected(resource.Name) || (!site.IsGlobal && resource.Name == site.Zone), // a zone is always connected to itself
                    "zone",
                    "unable to delete Zone, Zone CP is still connected, please shut it down first");
                break;
            case "Secret":
                violations.AddIf(
                    IsUsed(resource, world),
                    "name",
                    $"The secret {resource.Name} that you are trying to remove is currently in use in Mesh {resource.Mesh} in mTLS backend. Please remove the reference from the {resource.Mesh} before removing the secret.");
                break;
        }
    }

    /// <summary>Everything that goes with <paramref name="resource"/>: what is in a mesh, or what came from a zone.</summary>
    public IReadOnlyList<Resource> OwnedBy(Resource resource, World world) => resource.Kind.Name switch
    {
        // What a zone sent up stays the zone's: the zone deletes it, because there the mesh owns it, and sends the removal.
        "Mesh" => [.. AllKinds(world).SelectMany(kind => world.List(kind, resource.Name)).Where(r => !site.IsGlobal || r.Origin != Labels.OriginZone)],
        "Zone" when site.IsGlobal => [.. AllKinds(world).SelectMany(world.List).Where(r => r.Zone == resource.Name && r.Origin == Labels.OriginZone), .. Insight(resource, world)],
        "Dataplane" => [.. world.Find("DataplaneInsight", resource.Mesh, resource.Name) is { } insight ? (Resource[])[insight] : []],
        "ZoneIngress" => [.. world.Find("ZoneIngressInsight", resource.Name) is { } insight ? (Resource[])[insight] : []],
        "ZoneEgress" => [.. world.Find("ZoneEgressInsight", resource.Name) is { } insight ? (Resource[])[insight] : []],
        _ => [],
    };

    private static IEnumerable<string> AllKinds(World world) => world.Kinds.Order(StringComparer.Ordinal);

    private static IEnumerable<Resource> Insight(Resource zone, World world) =>
        Bookkeeping.Select(kind => world.Find(kind, zone.Name)).OfType<Resource>();

    private static bool IsUsed(Resource secret, World world)
    {
        if (world.Find("Mesh", secret.Mesh)?.Spec.Parse() is not { } mesh
            || !mesh.TryGetProperty("mtls", out var mtls)
            || !mtls.TryGetProperty("backends", out var backends)
            || backends.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        foreach (var backend in backends.EnumerateArray())
        {
            var name = backend.TryGetProperty("name", out var value) ? value.GetString() : null;
            if (name is not null && (secret.Name == MeshCa.CertificateSecret(secret.Mesh, name) || secret.Name == MeshCa.KeySecret(secret.Mesh, name)))
            {
                return true;
            }

            if (backend.TryGetProperty("conf", out var conf) && UsesSecret(conf, secret.Name))
            {
                return true;
            }
        }

        return false;
    }

    private static bool UsesSecret(JsonElement conf, string name) =>
        conf.ValueKind == JsonValueKind.Object && conf.EnumerateObject().Any(m =>
            (m.Name == "secret" && m.Value.ValueKind == JsonValueKind.String && m.Value.GetString() == name) || UsesSecret(m.Value, name));
}
