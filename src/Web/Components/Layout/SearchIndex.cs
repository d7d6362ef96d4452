using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.Web.Components.Layout;

/// <summary>What the palette finds: pages, and every resource by name, zone, address or tag.</summary>
public static class SearchIndex
{
    private static readonly (string Text, string Href, string Icon)[] Pages =
    [
        ("Overview", "", "home"),
        ("Zones", "zones", "globe"),
        ("Add a zone", "zones/new", "plus"),
        ("Meshes", "meshes", "mesh"),
        ("Data planes", "dataplanes", "proxy"),
        ("Ingresses", "ingresses", "door"),
        ("Services", "services", "service"),
        ("Policies", "policies", "policy"),
        ("Changes", "changes", "pulse"),
        ("Resources", "resources", "code"),
        ("Access", "access", "key"),
        ("Audit", "access/audit", "policy"),
        ("License", "license", "license"),
        ("Settings", "settings", "settings"),
    ];

    private static readonly (string Kind, string Group, string Icon)[] Engine =
    [
        ("Zone", "Zones", "globe"),
        ("MeshMultiZoneService", "Services", "service"),
        ("MeshService", "Services", "service"),
        ("Dataplane", "Data planes", "proxy"),
        ("ZoneIngress", "Ingresses", "door"),
        ("Mesh", "Meshes", "mesh"),
    ];

    /// <summary>The best hits, group by group, at most <paramref name="perGroup"/> of each.</summary>
    public static IEnumerable<SearchHit> Find(World world, KindRegistry kinds, string text, int perGroup)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var found = new List<SearchHit>();
        foreach (var (kindName, group, icon) in Engine)
        {
            if (kinds.Find(kindName) is not null && words.Length > 0)
            {
                found.AddRange(Take(world.List(kindName), words, perGroup - found.Count(h => h.Group == group))
                    .Select(r => new SearchHit(group, icon, r.DisplayName, Where(r), Places.Of(r))));
            }
        }

        if (words.Length > 0)
        {
            var policies = kinds.All.Where(k => k.Policy is not null).SelectMany(k => world.List(k.Name));
            found.AddRange(Take(policies, words, perGroup).Select(r => new SearchHit("Policies", "policy", r.DisplayName, Where(r), Places.Of(r))));
        }

        found.AddRange(Pages
            .Where(p => words.All(w => p.Text.Contains(w, StringComparison.OrdinalIgnoreCase)))
            .Select(p => new SearchHit("Pages", p.Icon, p.Text, "", p.Href)));
        return found;
    }

    private static IEnumerable<Resource> Take(IEnumerable<Resource> resources, string[] words, int count) => resources
        .Where(r => words.All(w => Fits(r, w)))
        .OrderBy(r => r.DisplayName.StartsWith(words[0], StringComparison.OrdinalIgnoreCase) ? 0 : 1)
        .Take(Math.Max(0, count));

    private static bool Fits(Resource resource, string word) =>
        resource.DisplayName.Contains(word, StringComparison.OrdinalIgnoreCase)
        || resource.Kind.Name.Contains(word, StringComparison.OrdinalIgnoreCase)
        || (resource.Zone?.Contains(word, StringComparison.OrdinalIgnoreCase) ?? false)
        || (resource.Kind.Name is "Dataplane" or "ZoneIngress" && resource.Spec.ToString().Contains(word, StringComparison.OrdinalIgnoreCase));

    private static string Where(Resource resource) => string.Join(" · ", new[]
    {
        resource.Kind.Policy is not null || resource.Kind.Name == "MeshMultiZoneService" ? resource.Kind.Name : null,
        resource.Mesh.Length > 0 ? resource.Mesh : null,
        resource.Zone,
    }.Where(t => !string.IsNullOrEmpty(t)));
}

/// <summary>One hit.</summary>
/// <param name="Group">Heading it stands under.</param>
/// <param name="Icon">Icon's name.</param>
/// <param name="Text">Its name.</param>
/// <param name="Where">Mesh, zone, kind.</param>
/// <param name="Href">Its page.</param>
public sealed record SearchHit(string Group, string Icon, string Text, string Where, string Href);
