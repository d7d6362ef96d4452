using System.Text.Json;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Api;

/// <summary>The tags of a proxy, for list filters: each inbound is a set of tags, and so is a gateway.</summary>
internal sealed class ProxyTags
{
    private readonly List<List<(string Key, string Value)>> sets = [];

    private ProxyTags(Resource resource)
    {
        var spec = resource.Spec.Parse();
        if (resource.Kind.Name == "ExternalService")
        {
            Add(spec);
            return;
        }

        if (!spec.TryGetProperty("networking", out var networking))
        {
            return;
        }

        if (networking.TryGetProperty("gateway", out var gateway))
        {
            Gateway = gateway.TryGetProperty("type", out var type) && type.GetString() == "BUILTIN" ? "builtin" : "delegated";
            Add(gateway);
        }

        if (networking.TryGetProperty("inbound", out var inbounds) && inbounds.ValueKind == JsonValueKind.Array)
        {
            foreach (var inbound in inbounds.EnumerateArray())
            {
                Add(inbound);
            }
        }
    }

    /// <summary><c>builtin</c>, <c>delegated</c>, or null when it is no gateway.</summary>
    public string? Gateway { get; }

    public static ProxyTags Of(Resource resource) => resource.Memo(r => new ProxyTags(r));

    public static bool OfGateway(Resource resource, string filter) => filter switch
    {
        "true" => Of(resource).Gateway is not null,
        "false" => Of(resource).Gateway is null,
        _ => Of(resource).Gateway == filter,
    };

    public static bool HasAll(Resource resource, IReadOnlyList<(string Key, string Value)> wanted) =>
        Of(resource).sets.Any(set => wanted.All(w => set.Any(t => t.Key == w.Key && t.Value.Contains(w.Value, StringComparison.Ordinal))));

    private void Add(JsonElement holder)
    {
        if (holder.TryGetProperty("tags", out var tags) && tags.ValueKind == JsonValueKind.Object)
        {
            sets.Add([.. tags.EnumerateObject().Where(t => t.Value.ValueKind == JsonValueKind.String).Select(t => (t.Name, t.Value.GetString()!))]);
        }
    }
}
