using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshServicesMode = MeshConsole.Protos.Kuma.Mesh.Mesh.Types.MeshServices.Types.Mode;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>
/// Matching and rule building for one mesh of one snapshot: which proxies a policy selects, and which configuration holds for a
/// proxy. Everything is built when it is first asked for, once per snapshot, and shared by all readers; what a change did not
/// touch is taken over from the plan before it.
/// </summary>
public sealed class MeshPlan
{
    /// <summary>The newest plan of each mesh, found by the stored mesh itself; a changed mesh starts anew.</summary>
    private static readonly ConditionalWeakTable<Resource, Latest> Newest = [];

    private readonly World world;
    private readonly string mesh;
    private readonly Latest latest;
    private readonly Lazy<Destinations> destinations;
    private readonly ConcurrentDictionary<string, KindPolicies> kinds = new(StringComparer.Ordinal);

    private MeshPlan(World world, string mesh)
    {
        this.world = world;
        this.mesh = mesh;
        latest = world.Find(TargetKinds.Mesh, mesh) is { } resource ? Newest.GetValue(resource, static _ => new Latest()) : new Latest();
        destinations = new(() => latest.Destinations is { } known && known.AreOf(world, mesh) ? known : latest.Keep(new Destinations(world, mesh)));
    }

    /// <summary>What <c>to</c> can point at.</summary>
    public Destinations Destinations => destinations.Value;

    /// <summary>True when services are resources only (<c>meshServices.mode: Exclusive</c>), and tags name no destination any more.</summary>
    public bool IsExclusive => Destinations.Mesh is { Kind: MeshKind kind } resource && kind.Spec(resource).MeshServices?.Mode == MeshServicesMode.Exclusive;

    /// <summary>The plan of a mesh, made once per snapshot.</summary>
    public static MeshPlan Of(World world, string mesh) => world.Memo(static _ => new Plans()).ByMesh.GetOrAdd(mesh, static (m, w) => new MeshPlan(w, m), world);

    /// <summary>What policies can select on a Dataplane of this mesh, the listeners of a built-in gateway among it.</summary>
    public ProxyView View(Resource dataplane)
    {
        var proxy = ProxyView.Of(dataplane);
        return proxy.IsBuiltinGateway && GatewayListeners.Find(world, proxy) is { } gateway ? ProxyView.Of(dataplane, gateway) : proxy;
    }

    /// <summary>The policies of a kind in this mesh.</summary>
    /// <exception cref="InvalidCastException">The kind has no items.</exception>
    public KindPolicies Policies(ResourceKind kind) =>
        kinds.GetOrAdd(kind.Name, static (_, p) => p.Plan.Build(p.Kind), (Plan: this, Kind: kind));

    /// <summary>The policies of a kind that hold for a proxy of this mesh.</summary>
    public PolicyMatches Match(ResourceKind kind, ProxyView proxy, bool includeShadow = false) => Policies(kind).Match(proxy, includeShadow);

    /// <summary>The proxies that a policy selects, by name; shadow policies too.</summary>
    public IEnumerable<(ProxyView Proxy, Selection Selection)> Affected(Resource policy)
    {
        if (Policy.Of(policy) is not { } known)
        {
            yield break;
        }

        var ofKind = Policies(policy.Kind);
        foreach (var dataplane in world.List("Dataplane", mesh))
        {
            var proxy = View(dataplane);
            var selection = ofKind.Select(known, proxy);
            if (selection.Any)
            {
                yield return (proxy, selection);
            }
        }
    }

    private KindPolicies Build(ResourceKind kind)
    {
        var stored = world.Table(kind.Name).In(mesh);
        return latest.Kinds.GetValueOrDefault(kind.Name) is { } known && known.AreOf(stored, Destinations)
            ? known
            : latest.Keep(kind.Name, new KindPolicies(kind, stored, Destinations));
    }

    private sealed class Plans
    {
        public ConcurrentDictionary<string, MeshPlan> ByMesh { get; } = new(StringComparer.Ordinal);
    }
}

/// <summary>What the newest plan of a mesh built, for the next one to take over.</summary>
internal sealed class Latest
{
    private volatile Destinations? destinations;

    /// <summary>The destinations.</summary>
    public Destinations? Destinations => destinations;

    /// <summary>The policies, by name of their kind.</summary>
    public ConcurrentDictionary<string, KindPolicies> Kinds { get; } = new(StringComparer.Ordinal);

    /// <summary>Remembers the destinations.</summary>
    public Destinations Keep(Destinations built) => destinations = built;

    /// <summary>Remembers the policies of a kind.</summary>
    public KindPolicies Keep(string kind, KindPolicies built) => Kinds[kind] = built;
}
