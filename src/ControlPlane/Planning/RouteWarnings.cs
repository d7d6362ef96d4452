using System.Text.Json;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>
/// What the writer of a route should know: which of its targets lead nowhere now. That is no mistake by itself, since the
/// service may come later, but a misspelt name looks the same.
/// </summary>
public static class RouteWarnings
{
    /// <summary>One sentence for each target that nothing answers to; none for what is no route.</summary>
    /// <param name="route">The route as it is stored, or would be.</param>
    /// <param name="world">Where targets are looked for.</param>
    public static IEnumerable<string> Of(Resource route, World world)
    {
        if (route.Kind.Name is not ("MeshHTTPRoute" or "MeshTCPRoute"))
        {
            return [];
        }

        var destinations = new Destinations(world, route.Mesh);
        return
        [
            .. from to in Items(route.Spec.Parse(), "to", "spec.to")
               from rule in Items(to.Value, "rules", to.Path + ".rules")
               where rule.Value.TryGetProperty("default", out var _)
               from target in Items(rule.Value.GetProperty("default"), "backendRefs", rule.Path + ".default.backendRefs")
               let reference = target.Value.Deserialize<BackendRef>(JsonSerializerOptions.Web)
               where reference is { Kind: TargetKinds.MeshService or "MeshMultiZoneService" or "MeshExternalService", Weight: not 0 }
                   && !BackendSplit.IsFound(destinations, route, reference)
               select $"{target.Path}: no {reference.Kind} answers to {Named(reference)} now",
        ];
    }

    private static string Named(BackendRef reference) =>
        (reference.Labels is { Count: > 0 } labels ? string.Join(", ", labels.Select(l => $"{l.Key}={l.Value}")) : $"'{reference.Name}'")
        + (reference.Port is { } port ? $" on port {port}" : reference.SectionName is { Length: > 0 } section ? $" on port {section}" : "");

    private static IEnumerable<(JsonElement Value, string Path)> Items(JsonElement of, string member, string path) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(member, out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select((item, i) => (item, $"{path}[{i}]")).Where(i => i.item.ValueKind == JsonValueKind.Object)
            : [];
}
