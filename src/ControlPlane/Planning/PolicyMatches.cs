using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>The policies of one kind in one mesh, sorted and with their destinations found; shared by all proxies.</summary>
public sealed class KindPolicies
{
    /// <summary>Sets of policies whose rules are kept from one snapshot to the next; proxies that are gone leave theirs behind.</summary>
    private const int MaxSets = 4096;

    private readonly ResourceKind resourceKind;
    private readonly ImmutableSortedDictionary<string, Resource> stored;
    private readonly Destinations destinations;
    private readonly TargetSelector selector;
    private readonly ImmutableArray<(PlacedTo Item, int Policy, ImmutableArray<Destination> Destinations)> to;
    private readonly ConcurrentDictionary<PolicySet, OutboundRules> outbound = new();
    private readonly ConcurrentDictionary<PolicySet, InboundRules> inbound = new();
    private readonly ConcurrentDictionary<PolicySet, ImmutableArray<SubsetRule>> clients = new();
    private readonly ConcurrentDictionary<PolicySet, (ImmutableArray<SubsetRule> Rules, string? Warning)> subsets = new();
    private readonly ConcurrentDictionary<PolicySet, ProxyRule> single = new();

    internal KindPolicies(ResourceKind kind, ImmutableSortedDictionary<string, Resource> policies, Destinations destinations)
    {
        resourceKind = kind;
        stored = policies;
        Kind = (IPolicyKind)kind;
        this.destinations = destinations;
        selector = new TargetSelector(destinations.Of(TargetKinds.MeshHTTPRoute));
        Policies = [.. policies.Values.Select(r => Policy.Of(r)!).Order(Comparer<Policy>.Create(Precedence.Compare))];
        var items = Policies.SelectMany((policy, number) => policy.Items.To.Select((entry, index) => (Item: new PlacedTo(policy, index, entry), number)));
        to =
        [
            .. items.OrderBy(i => i.Item, Comparer<PlacedTo>.Create(Precedence.CompareTo))
                .Select(i => (i.Item, i.number, destinations.Resolve(i.Item.Policy.Resource, i.Item.Entry.Target).ToImmutableArray())),
        ];
    }

    /// <summary>The kind.</summary>
    public IPolicyKind Kind { get; }

    /// <summary>All policies of the kind, lowest precedence first, shadow policies too.</summary>
    public ImmutableArray<Policy> Policies { get; }

    /// <summary>What <paramref name="policy"/> selects on <paramref name="proxy"/>, shadow or not.</summary>
    public Selection Select(Policy policy, ProxyView proxy) => selector.Select(policy, proxy, out _);

    /// <summary>The policies that hold for <paramref name="proxy"/>.</summary>
    /// <param name="proxy">The proxy.</param>
    /// <param name="includeShadow">True counts shadow policies as if they took effect.</param>
    public PolicyMatches Match(ProxyView proxy, bool includeShadow = false)
    {
        var all = new List<int>();
        var byInbound = new List<int>?[proxy.Inbounds.Length];
        var warnings = new List<string>();
        for (var i = 0; i < Policies.Length; i++)
        {
            if (Policies[i].IsShadow && !includeShadow)
            {
                continue;
            }

            var selection = selector.Select(Policies[i], proxy, out var warning);
            if (warning is not null)
            {
                var policy = Policies[i].Resource;
                warnings.Add($"unable to resolve TargetRef on policy: mesh:{policy.Mesh} name:{policy.Name} error:\"{warning}\"");
            }

            if (selection.Any)
            {
                all.Add(i);
                foreach (var number in selection.Inbounds)
                {
                    (byInbound[number] ??= []).Add(i);
                }
            }
        }

        return new PolicyMatches(this, proxy, new PolicySet(all), [.. byInbound.Select(set => set is null ? null : new PolicySet(set))], [.. warnings]);
    }

    /// <summary>True when nothing that these were built from has changed, and the rules they hold are not too many to carry on.</summary>
    internal bool AreOf(ImmutableSortedDictionary<string, Resource> policies, Destinations known) =>
        ReferenceEquals(stored, policies) && ReferenceEquals(destinations, known) && outbound.Count < MaxSets && inbound.Count < MaxSets;

    internal ImmutableArray<Policy> Of(PolicySet set) => [.. set.Numbers.Select(n => Policies[n])];

    /// <summary>Policies about a route as a whole are left out here: the rule of the route itself says it.</summary>
    internal OutboundRules Outbound(PolicySet set) => outbound.GetOrAdd(set, s => new OutboundRules(
        Kind,
        destinations,
        to.Where(t => s.Contains(t.Policy) && t.Item.Policy.Items.Top.Kind != TargetKinds.MeshHTTPRoute)
            .SelectMany(t => t.Destinations.Select(d => (t.Item, d)))));

    internal InboundRules Inbound(PolicySet set) =>
        inbound.GetOrAdd(set, s => InboundRules.Build(Kind, Of(s), resourceKind.Policy is { IsFromAsRules: true }));

    internal ImmutableArray<SubsetRule> Clients(PolicySet set) => clients.GetOrAdd(set, s => SubsetRules.Build(
        Kind,
        [.. Of(s).SelectMany(p => p.Items.From.Select(f => SubsetRules.Item(p, f.Client, f.Conf))).OfType<TaggedItem>()],
        negations: true));

    /// <summary>Rules for destinations that are still known by their tags only.</summary>
    internal (ImmutableArray<SubsetRule> Rules, string? Warning) Subsets(PolicySet set) => subsets.GetOrAdd(set, s =>
    {
        var items = new List<TaggedItem>();
        foreach (var policy in Of(s).Where(p => !p.Items.To.Any(t => t.Target.Kind == TargetKinds.MeshHTTPRoute)))
        {
            if (policy.Items.Top.Kind != TargetKinds.MeshHTTPRoute)
            {
                items.AddRange(policy.Items.To.Select(t => SubsetRules.Item(policy, t.Target, t.Conf)).OfType<TaggedItem>());
                continue;
            }

            var route = destinations.Of(TargetKinds.MeshHTTPRoute).LastOrDefault(r => r.DisplayName == policy.Items.Top.Name);
            if (route is null || Policy.Of(route) is not { } routing)
            {
                return ([], "couldn't create To rules: can't resolve MeshHTTPRoute policy");
            }

            items.AddRange(OfRoute(policy, routing));
        }

        return (SubsetRules.Build(Kind, items, negations: false), null);
    });

    internal ProxyRule Single(PolicySet set) => single.GetOrAdd(set, s =>
    {
        var policies = Of(s);
        return new ProxyRule(Kind.Merge([.. policies.Select(p => p.Items.Single!)])[0], [.. policies.Select(p => p.Resource)]);
    });

    /// <summary>A policy about a route holds for the destinations of the route, where the route's own matches fit.</summary>
    private static IEnumerable<TaggedItem> OfRoute(Policy policy, Policy route)
    {
        const string MatchesTag = "__rule-matches-hash__";
        foreach (var to in route.Items.To)
        {
            foreach (var rule in to.Routes)
            {
                var target = new TargetRef
                {
                    Kind = to.Target.Kind is TargetKinds.Mesh or TargetKinds.MeshSubset ? TargetKinds.MeshSubset : TargetKinds.MeshServiceSubset,
                    Name = to.Target.Name,
                    Tags = new Dictionary<string, string> { [MatchesTag] = rule.Hash },
                };
                foreach (var own in policy.Items.To)
                {
                    yield return SubsetRules.Item(policy, target, own.Conf)!;
                }
            }
        }
    }
}

/// <summary>The effective configuration of a proxy as a whole.</summary>
/// <param name="Conf">The merged configuration.</param>
/// <param name="Policies">The policies it came from, lowest precedence first.</param>
public sealed record ProxyRule(JsonObject Conf, ImmutableArray<Resource> Policies);

/// <summary>
/// The policies of one kind that hold for one proxy, and the rules they make. Rules are built when they are asked for and shared
/// by all proxies for which the same policies hold.
/// </summary>
public sealed class PolicyMatches
{
    private readonly KindPolicies kind;
    private readonly PolicySet all;
    private readonly ImmutableArray<PolicySet?> byInbound;

    internal PolicyMatches(KindPolicies kind, ProxyView proxy, PolicySet all, ImmutableArray<PolicySet?> byInbound, ImmutableArray<string> warnings)
    {
        this.kind = kind;
        this.all = all;
        this.byInbound = byInbound;
        Proxy = proxy;
        TargetWarnings = warnings;
    }

    /// <summary>The proxy.</summary>
    public ProxyView Proxy { get; }

    /// <summary>The policies, lowest precedence first.</summary>
    public ImmutableArray<Policy> Policies => kind.Of(all);

    /// <summary>Targets that lead nowhere.</summary>
    public ImmutableArray<string> TargetWarnings { get; }

    /// <summary>For traffic that leaves.</summary>
    public OutboundRules Outbound => kind.Outbound(all);

    /// <summary>For traffic that leaves towards services that are known by tags only, and what could not be built.</summary>
    public (ImmutableArray<SubsetRule> Rules, string? Warning) Subsets => kind.Subsets(all);

    /// <summary>For the proxy as a whole; null when no policy of a single-item kind holds.</summary>
    public ProxyRule? Single => all.Numbers.Length > 0 && kind.Policies[all.Numbers[0]].Items.Single is not null ? kind.Single(all) : null;

    /// <summary>True when some policy selects this inbound.</summary>
    public bool Selects(int inbound) => byInbound[inbound] is not null;

    /// <summary>For traffic that enters at an inbound, by match; null when no policy selects it.</summary>
    /// <param name="inbound">Number in <see cref="ProxyView.Inbounds"/>.</param>
    public InboundRules? Inbound(int inbound) => byInbound[inbound] is { } set ? kind.Inbound(set) : null;

    /// <summary>For traffic that enters at an inbound, by tags of the client (old).</summary>
    /// <param name="inbound">Number in <see cref="ProxyView.Inbounds"/>.</param>
    public ImmutableArray<SubsetRule> Clients(int inbound) => byInbound[inbound] is { } set ? kind.Clients(set) : [];
}

/// <summary>Numbers of policies, ascending; equal sets make equal rules.</summary>
internal sealed class PolicySet : IEquatable<PolicySet>
{
    private readonly int hash;

    public PolicySet(IEnumerable<int> numbers)
    {
        Numbers = [.. numbers];
        var code = new HashCode();
        foreach (var number in Numbers)
        {
            code.Add(number);
        }

        hash = code.ToHashCode();
    }

    public ImmutableArray<int> Numbers { get; }

    public bool Contains(int number) => Numbers.BinarySearch(number) >= 0;

    public bool Equals(PolicySet? other) => other is not null && hash == other.hash && Numbers.AsSpan().SequenceEqual(other.Numbers.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as PolicySet);

    public override int GetHashCode() => hash;
}
