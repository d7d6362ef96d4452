using System.Collections.Frozen;
using System.Text.Json;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>The policies of 2021 select by tags: <c>selectors</c>, or <c>sources</c> and <c>destinations</c>.</summary>
public static class OldSelectors
{
    private static readonly string[] Lists = ["selectors", "sources", "destinations"];

    /// <summary>The proxies that a policy selects on either side, by name.</summary>
    public static IEnumerable<Resource> Affected(World world, Resource policy)
    {
        var selectors = Read(policy);
        return world.List("Dataplane", policy.Mesh).Where(d => selectors.Any(s => Selects(s, ProxyView.Of(d))));
    }

    private static List<Dictionary<string, string>> Read(Resource policy)
    {
        var spec = policy.Spec.Parse();
        var found = new List<Dictionary<string, string>>();
        foreach (var name in Lists)
        {
            if (spec.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array)
            {
                found.AddRange(list.EnumerateArray().Select(s => s.TryGetProperty("match", out var match)
                    ? match.EnumerateObject().ToDictionary(t => t.Name, t => t.Value.GetString() ?? "")
                    : []));
            }
        }

        return found;
    }

    private static bool Selects(Dictionary<string, string> selector, ProxyView proxy) => proxy.IsGateway
        ? Fits(selector, proxy.GatewayTags)
        : proxy.Inbounds.Any(i => !i.IsZoneProxy && Fits(selector, i.Tags));

    private static bool Fits(Dictionary<string, string> selector, FrozenDictionary<string, string> tags) =>
        selector.All(s => tags.TryGetValue(s.Key, out var value) && (s.Value == TagKeys.Any || s.Value == value));
}
