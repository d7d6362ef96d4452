using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>
/// What a policy of 2021 selects by tags: proxies by <c>selectors</c>, or connections by <c>sources</c> and <c>destinations</c>.
/// Nothing is merged: of several that fit exactly one holds, that with the better selector, else the newer one.
/// </summary>
public sealed class OldPolicy
{
    private OldPolicy(Resource resource)
    {
        Resource = resource;
        var spec = resource.Spec.Parse();
        Selectors = Read(spec, "selectors");
        Sources = Read(spec, "sources");
        Destinations = Read(spec, "destinations");
    }

    /// <summary>The policy.</summary>
    public Resource Resource { get; }

    /// <summary>Proxies; one of them must fit.</summary>
    public ImmutableArray<TagSelector> Selectors { get; }

    /// <summary>Where connections come from; one of them must fit.</summary>
    public ImmutableArray<TagSelector> Sources { get; }

    /// <summary>Where connections go; one of them must fit.</summary>
    public ImmutableArray<TagSelector> Destinations { get; }

    /// <summary>The selectors of a stored policy, read once.</summary>
    public static OldPolicy Of(Resource policy) => policy.Memo<OldPolicy>(static r => new OldPolicy(r));

    /// <summary>The proxies that a policy selects on either side, by name.</summary>
    public static IEnumerable<Resource> Affected(World world, Resource policy)
    {
        var old = Of(policy);
        return world.List("Dataplane", policy.Mesh).Where(d => old.Selectors.Concat(old.Sources).Concat(old.Destinations).Any(s => s.Fits(ProxyView.Of(d))));
    }

    /// <summary>The policy that holds for something with these tags; null when none fits.</summary>
    internal static Resource? Best(IEnumerable<Resource> policies, Func<OldPolicy, ImmutableArray<TagSelector>> side, IReadOnlyDictionary<string, string> tags) =>
        Best(policies.Select(p => (p, Best(side(Of(p)), s => s.Fits(tags)))));

    /// <summary>The policy with the best rank, else the newest; policies come in the order of their names, those that do not fit with null.</summary>
    internal static Resource? Best(IEnumerable<(Resource Policy, SelectorRank? Rank)> candidates)
    {
        (Resource Policy, SelectorRank Rank)? best = null;
        foreach (var (policy, rank) in candidates)
        {
            if (rank is { } found)
            {
                var order = best is { } known ? found.CompareTo(known.Rank) : 1;
                if (order > 0 || (order == 0 && policy.CreationTime > best!.Value.Policy.CreationTime))
                {
                    best = (policy, found);
                }
            }
        }

        return best?.Policy;
    }

    /// <summary>The rank of the best selector that fits; null when none does.</summary>
    internal static SelectorRank? Best(ImmutableArray<TagSelector> selectors, Func<TagSelector, bool> fits)
    {
        SelectorRank? best = null;
        foreach (var selector in selectors.Where(fits))
        {
            best = best is { } known && known.CompareTo(selector.Rank) >= 0 ? known : selector.Rank;
        }

        return best;
    }

    private static ImmutableArray<TagSelector> Read(JsonElement spec, string name) =>
        spec.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(TagSelector.Read)] : [];
}

/// <summary>Tags that must be there; <c>*</c> stands for any value.</summary>
/// <param name="Tags">The tags.</param>
public sealed record TagSelector(ImmutableArray<KeyValuePair<string, string>> Tags)
{
    /// <summary>How precise it is.</summary>
    public SelectorRank Rank => new(Tags.Length, Tags.Count(t => t.Value != TagKeys.Any));

    /// <summary>Reads an item of a list of selectors.</summary>
    public static TagSelector Read(JsonElement selector) => new(
        selector.ValueKind == JsonValueKind.Object && selector.TryGetProperty("match", out var match) && match.ValueKind == JsonValueKind.Object
            ? [.. match.EnumerateObject().Select(t => KeyValuePair.Create(t.Name, t.Value.ValueKind == JsonValueKind.String ? t.Value.GetString()! : ""))]
            : []);

    /// <summary>True for something with these tags.</summary>
    public bool Fits(IReadOnlyDictionary<string, string> tags) =>
        Tags.All(t => tags.TryGetValue(t.Key, out var value) && (t.Value == TagKeys.Any || t.Value == value));

    /// <summary>True for a gateway with these tags, or a proxy one of whose inbounds has them.</summary>
    public bool Fits(ProxyView proxy) => proxy.IsGateway ? Fits(proxy.GatewayTags) : proxy.Inbounds.Any(i => !i.IsZoneProxy && Fits(i.Tags));
}

/// <summary>How precise a selector is.</summary>
/// <param name="Tags">Number of its tags; counts first.</param>
/// <param name="Exact">How many of them ask for one value.</param>
public readonly record struct SelectorRank(int Tags, int Exact) : IComparable<SelectorRank>
{
    /// <inheritdoc />
    public int CompareTo(SelectorRank other) => Tags != other.Tags ? Tags.CompareTo(other.Tags) : Exact.CompareTo(other.Exact);

    /// <summary>The rank of a source and a destination together.</summary>
    public SelectorRank With(SelectorRank other) => new(Tags + other.Tags, Exact + other.Exact);

    /// <summary>Less precise.</summary>
    public static bool operator <(SelectorRank a, SelectorRank b) => a.CompareTo(b) < 0;

    /// <summary>More precise.</summary>
    public static bool operator >(SelectorRank a, SelectorRank b) => a.CompareTo(b) > 0;

    /// <summary>Not more precise.</summary>
    public static bool operator <=(SelectorRank a, SelectorRank b) => a.CompareTo(b) <= 0;

    /// <summary>Not less precise.</summary>
    public static bool operator >=(SelectorRank a, SelectorRank b) => a.CompareTo(b) >= 0;
}
