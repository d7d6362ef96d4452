using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>A tag that must be there, or must not have this value.</summary>
/// <param name="Key">The tag.</param>
/// <param name="Value">Its value.</param>
/// <param name="Not">True when it must not have this value.</param>
public readonly record struct TagCondition(string Key, string Value, bool Not);

/// <summary>Configuration for those whose tags fit.</summary>
/// <param name="Conditions">All of them must hold; nobody is left out when there are none.</param>
/// <param name="Conf">The merged configuration.</param>
/// <param name="Policies">The policies it came from, lowest precedence first, each once.</param>
public sealed record SubsetRule(ImmutableArray<TagCondition> Conditions, JsonObject Conf, ImmutableArray<Resource> Policies)
{
    /// <summary>True for somebody with these tags. A tag that is absent satisfies a negation.</summary>
    public bool Fits(IReadOnlyDictionary<string, string> tags) =>
        Conditions.All(c => tags.TryGetValue(c.Key, out var value) ? (value == c.Value) != c.Not : c.Not);
}

/// <summary>An item for those who have certain tags.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Tags">The tags, ordered; none for everyone.</param>
/// <param name="Conf">The configuration.</param>
internal sealed record TaggedItem(Policy Policy, ImmutableArray<TagCondition> Tags, JsonObject Conf);

/// <summary>
/// Rules by tags (the way before services were resources): every combination of tags that the items name, with the merged
/// configuration of all items that fit it; most positive tags first, so that the first that fits holds.
/// </summary>
internal static class SubsetRules
{
    /// <summary>The item for those that a target means; null for kinds that tags cannot say.</summary>
    public static TaggedItem? Item(Policy policy, TargetRef target, JsonObject conf) => Tags(target) is { } tags ? new TaggedItem(policy, tags, conf) : null;

    /// <summary>Builds the rules of <paramref name="items"/>, which are sorted from lowest to highest precedence.</summary>
    /// <param name="kind">Merges configurations.</param>
    /// <param name="items">The items.</param>
    /// <param name="negations">True also gives those who lack a tag; clients need it, destinations with at most one tag do not.</param>
    public static ImmutableArray<SubsetRule> Build(IPolicyKind kind, IReadOnlyList<TaggedItem> items, bool negations)
    {
        if (items.Count == 0)
        {
            return [];
        }

        if (!negations && items.SelectMany(i => i.Tags).Select(t => t.Key).Distinct().Count() <= 1)
        {
            return
            [
                .. items.Select(i => i.Tags)
                    .DistinctBy(t => string.Join('|', t))
                    .SelectMany(tags => Rules(kind, tags, items))
                    .OrderByDescending(r => r.Conditions.Length),
            ];
        }

        return
        [
            .. Cliques(items)
                .SelectMany(clique => Combinations([.. clique.SelectMany(i => items[i].Tags).Distinct()]))
                .SelectMany(tags => Rules(kind, tags, items))
                .OrderByDescending(r => r.Conditions.Count(c => !c.Not)),
        ];
    }

    private static IEnumerable<SubsetRule> Rules(IPolicyKind kind, ImmutableArray<TagCondition> conditions, IReadOnlyList<TaggedItem> items)
    {
        var fitting = items.Where(i => IsWithin(conditions, i.Tags)).ToList();
        if (fitting.Count == 0)
        {
            return [];
        }

        ImmutableArray<Resource> policies = [.. fitting.Select(f => f.Policy.Resource).Distinct()];
        return kind.Merge([.. fitting.Select(f => f.Conf)]).Select(conf => new SubsetRule(conditions, conf, policies));
    }

    private static ImmutableArray<TagCondition>? Tags(TargetRef target)
    {
        var tags = target.Kind switch
        {
            TargetKinds.Mesh => [],
            TargetKinds.MeshSubset => target.Tags ?? new Dictionary<string, string>(),
            TargetKinds.MeshService => [new(TagKeys.Service, target.Name ?? "")],
            TargetKinds.MeshServiceSubset => (target.Tags ?? new Dictionary<string, string>()).Prepend(new(TagKeys.Service, target.Name ?? "")),
            _ => (IEnumerable<KeyValuePair<string, string>>?)null,
        };
        return tags?.Select(t => new TagCondition(t.Key, t.Value, Not: false)).Order(ByKeyAndValue.Instance).ToImmutableArray();
    }

    /// <summary>True when everybody whom the conditions let in has all the tags.</summary>
    private static bool IsWithin(ImmutableArray<TagCondition> conditions, ImmutableArray<TagCondition> tags) => tags.All(tag =>
    {
        var ofKey = conditions.Where(c => c.Key == tag.Key).ToList();
        return ofKey.Count > 0 && ofKey.TrueForAll(c => !c.Not && c.Value == tag.Value);
    });

    /// <summary>Two items meet when somebody can have the tags of both.</summary>
    private static bool Meet(TaggedItem a, TaggedItem b) => a.Tags.All(x => b.Tags.All(y => x.Key != y.Key || x.Value == y.Value));

    /// <summary>
    /// The largest groups of items that all meet one another, in Kuma's order: the numbers of a group joined as text, descending.
    /// </summary>
    private static IEnumerable<List<int>> Cliques(IReadOnlyList<TaggedItem> items)
    {
        var neighbours = items.Select((a, i) => Enumerable.Range(0, items.Count).Where(j => i != j && Meet(a, items[j])).ToHashSet()).ToList();
        var found = new List<List<int>>();
        Expand([], [.. Enumerable.Range(0, items.Count)], []);
        return found.OrderByDescending(c => string.Join(':', c), StringComparer.Ordinal);

        void Expand(List<int> clique, HashSet<int> candidates, HashSet<int> excluded)
        {
            if (candidates.Count == 0 && excluded.Count == 0)
            {
                found.Add([.. clique.Order()]);
                return;
            }

            var pivot = candidates.Concat(excluded).MaxBy(v => neighbours[v].Count(candidates.Contains));
            foreach (var next in candidates.Except(neighbours[pivot]).ToList())
            {
                Expand([.. clique, next], [.. candidates.Intersect(neighbours[next])], [.. excluded.Intersect(neighbours[next])]);
                candidates.Remove(next);
                excluded.Add(next);
            }
        }
    }

    /// <summary>
    /// Every combination of the tags: for each key one of its values, or none of them. Kuma's order, which counts through the values
    /// from the last but one down, the keys turning like the wheels of a counter.
    /// </summary>
    private static IEnumerable<ImmutableArray<TagCondition>> Combinations(IReadOnlyList<TagCondition> tags)
    {
        var keys = tags.Order(ByKeyAndValue.Instance).GroupBy(t => t.Key).Select(g => (g.Key, Values: g.Select(t => t.Value).Distinct().ToList())).ToList();
        var wheel = new int[keys.Count];
        while (true)
        {
            var turned = 0;
            while (turned < wheel.Length && ++wheel[turned] > keys[turned].Values.Count)
            {
                wheel[turned++] = 0;
            }

            yield return
            [
                .. keys.SelectMany((key, i) => wheel[i] == key.Values.Count
                    ? key.Values.Select(v => new TagCondition(key.Key, v, Not: true))
                    : [new TagCondition(key.Key, key.Values[key.Values.Count - wheel[i] - 1], Not: false)]),
            ];
            if (turned == wheel.Length)
            {
                yield break;
            }
        }
    }

    private sealed class ByKeyAndValue : IComparer<TagCondition>
    {
        public static ByKeyAndValue Instance { get; } = new();

        public int Compare(TagCondition x, TagCondition y)
        {
            var order = string.CompareOrdinal(x.Key, y.Key);
            return order != 0 ? order : string.CompareOrdinal(x.Value, y.Value);
        }
    }
}
