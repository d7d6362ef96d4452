using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>The effective configuration for one destination.</summary>
/// <param name="Destination">The destination.</param>
/// <param name="Conf">The merged configuration; several only for routes of different host names.</param>
/// <param name="Origins">The items it came from, lowest precedence first, each once.</param>
/// <param name="RouteOrigins">Which item a route came from, by the hash of its matches.</param>
public sealed record OutboundRule(
    Destination Destination, ImmutableArray<JsonObject> Conf, ImmutableArray<Origin> Origins, IReadOnlyDictionary<string, Origin> RouteOrigins);

/// <summary>
/// The effective configuration of one kind for traffic that leaves a proxy, per destination that some item names. Each
/// destination is merged when somebody asks for it, then kept.
/// </summary>
public sealed class OutboundRules
{
    private readonly IPolicyKind kind;
    private readonly Destinations destinations;
    private readonly ImmutableArray<(PlacedTo Item, Destination Destination)> items;
    private readonly Lazy<Index> index;
    private readonly ConcurrentDictionary<Destination, OutboundRule> rules = new();

    internal OutboundRules(IPolicyKind kind, Destinations destinations, IEnumerable<(PlacedTo Item, Destination Destination)> items)
    {
        this.kind = kind;
        this.destinations = destinations;
        this.items = [.. items];
        index = new(() => new Index(this.items));
    }

    /// <summary>True when no item leads anywhere.</summary>
    public bool IsEmpty => items.IsEmpty;

    /// <summary>The rules of all destinations that items name.</summary>
    public IEnumerable<OutboundRule> All => index.Value.ByKri.Values.Select(d => rules.GetOrAdd(d, Build));

    /// <summary>
    /// The rule that holds for a destination: its own, else that of the whole resource, else that of the mesh; null when there
    /// is none.
    /// </summary>
    public OutboundRule? For(Kri destination) => Exactly(destination)
        ?? (destination.Section.Length > 0 ? Exactly(destination with { Section = "" }) : null)
        ?? OfMesh();

    /// <summary>The rule for requests of a route to a destination: the route's own, else what <see cref="For"/> says.</summary>
    public OutboundRule? ForRoute(Kri route, Kri destination) => Exactly(route) ?? For(destination);

    /// <summary>The rule of exactly this destination, or null when no item names it.</summary>
    public OutboundRule? Exactly(Kri destination) =>
        index.Value.ByKri.TryGetValue(destination, out var named) ? rules.GetOrAdd(named, Build) : null;

    private OutboundRule? OfMesh() => destinations.Mesh is { } mesh && Kri.Of(mesh) is { } kri ? Exactly(kri) : null;

    private OutboundRule Build(Destination destination)
    {
        var confs = new List<JsonObject>();
        var origins = new List<Origin>();
        var seen = new HashSet<Origin>();
        var routes = new Dictionary<string, Origin>(StringComparer.Ordinal);
        foreach (var number in index.Value.About(destination.Resource))
        {
            var (item, other) = items[number];
            if (!Concerns(other, destination))
            {
                continue;
            }

            confs.Add(item.Entry.Conf);
            var origin = new Origin(item.Policy.Resource, item.Index);
            if (seen.Add(origin))
            {
                origins.Add(origin);
                foreach (var route in item.Entry.Routes)
                {
                    routes[route.Hash] = origin;
                }
            }
        }

        return new OutboundRule(destination, kind.Merge(confs), [.. origins], routes);
    }

    /// <summary>An item for the mesh concerns every destination, one for a resource also its ports.</summary>
    private static bool Concerns(Destination item, Destination destination) => item.Resource.Kind.Name == TargetKinds.Mesh
        || (ReferenceEquals(item.Resource, destination.Resource)
            && (item.Section.Length == 0
                || item.Section == destination.Section
                || destination.Resource.Kind.Name is TargetKinds.MeshExternalService or TargetKinds.MeshHTTPRoute));

    /// <summary>Which items are about which resource, so that a destination looks at its own only.</summary>
    private sealed class Index
    {
        private readonly List<int> ofMesh = [];
        private readonly Dictionary<Resource, List<int>> byResource = new(ReferenceEqualityComparer.Instance);

        public Index(ImmutableArray<(PlacedTo Item, Destination Destination)> items)
        {
            var named = new Dictionary<Kri, Destination>();
            for (var i = 0; i < items.Length; i++)
            {
                var destination = items[i].Destination;
                named.TryAdd(destination.Kri, destination);
                if (destination.Resource.Kind.Name == TargetKinds.Mesh)
                {
                    ofMesh.Add(i);
                }
                else if (byResource.TryGetValue(destination.Resource, out var known))
                {
                    known.Add(i);
                }
                else
                {
                    byResource.Add(destination.Resource, [i]);
                }
            }

            ByKri = named;
        }

        public IReadOnlyDictionary<Kri, Destination> ByKri { get; }

        /// <summary>The numbers of the items for the mesh and for a resource, ascending.</summary>
        public IEnumerable<int> About(Resource resource)
        {
            var own = byResource.GetValueOrDefault(resource, []);
            var (i, j) = (0, 0);
            while (i < ofMesh.Count || j < own.Count)
            {
                yield return j == own.Count || (i < ofMesh.Count && ofMesh[i] < own[j]) ? ofMesh[i++] : own[j++];
            }
        }
    }
}
