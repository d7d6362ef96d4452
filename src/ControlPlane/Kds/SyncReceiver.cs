using MeshConsole.ControlPlane.Store;
using MeshConsole.Protos.Envoy.Discovery;
using MeshConsole.Shared;
using Microsoft.Extensions.Logging;
using Resource = MeshConsole.Shared.Resource;
using WireResource = MeshConsole.Protos.Envoy.Discovery.Resource;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>The place that received resources belong to is gone; the stream ends and the next connection makes it anew.</summary>
internal sealed class ZoneGoneException(string zone) : Exception($"zone {zone} does not exist any more");

/// <summary>What one side makes of received resources before it stores them.</summary>
internal abstract class ReceiveRules
{
    /// <summary>Who writes, for the change log.</summary>
    public abstract Actor Actor { get; }

    /// <summary>The control plane that stores.</summary>
    public abstract Site Site { get; }

    /// <summary>Whether resources of this kind come from the peer at all. Of others it may not even say that there are none.</summary>
    public abstract bool Takes(ResourceKind kind);

    /// <summary>The stored form of what came in; null when it is to be passed over in silence.</summary>
    /// <exception cref="FormatException">It is refused; the message says why.</exception>
    public abstract Resource? Accept(ResourceKind kind, Incoming incoming);

    /// <summary>Name under which a removed resource is stored here.</summary>
    public virtual string StoredName(string wireName) => wireName;

    /// <summary>Whether a stored resource is the peer's to change and delete.</summary>
    public abstract bool InScope(Resource stored);

    /// <summary>What is stored when the peer's resource replaces one that is there.</summary>
    public virtual Resource Merge(Resource stored, Resource incoming) => incoming;

    /// <summary>What is said of a kind that does not come from the peer.</summary>
    public abstract string Foreign(ResourceKind kind);

    /// <summary>Why the peer may not take a key that another one holds.</summary>
    public abstract string Clash(Resource stored);

    /// <summary>Called in the transaction before anything is written.</summary>
    /// <exception cref="ZoneGoneException">The peer's place is gone.</exception>
    /// <exception cref="OperationCanceledException">The peer's connection is over.</exception>
    public virtual void CheckPlace(World world)
    {
    }
}

/// <summary>
/// Applies the responses of one stream to the store. The first response of a type is the complete state: what is missing from
/// it is deleted. A bad resource is refused by itself; all others of the response are stored.
/// </summary>
internal sealed partial class SyncReceiver(KindRegistry kinds, ResourceStore store, ReceiveRules rules, ReceivedForms forms, ILogger log)
{
    private readonly HashSet<string> answered = new(StringComparer.Ordinal);

    /// <summary>Applies one response.</summary>
    /// <returns>Null to acknowledge, else the text of the refusal.</returns>
    /// <exception cref="StoreUnavailableException">Nothing is stored; neither acknowledge nor refuse.</exception>
    /// <exception cref="ZoneGoneException">The peer's place is gone.</exception>
    public async Task<string?> ApplyAsync(DeltaDiscoveryResponse response, CancellationToken cancellationToken)
    {
        if (kinds.Find(response.TypeUrl) is not { } kind)
        {
            return $"type \"{response.TypeUrl}\" is not known here";
        }

        if (!rules.Takes(kind))
        {
            return rules.Foreign(kind);
        }

        var batch = new Batch(kind, !answered.Contains(kind.Name));
        foreach (var wire in response.Resources)
        {
            if (Known(kind, wire) is { } stored)
            {
                batch.Mentioned.Add(stored.Key);
                batch.Unchanged.Add((stored, wire));
            }
            else
            {
                Decode(batch, wire);
            }
        }

        batch.Removed.AddRange(response.RemovedResources
            .Select(KdsName.Split)
            .Select(r => new ResourceKey(kind.Name, r.Mesh, rules.StoredName(r.Name))));
        var problems = await store.CommitAsync(rules.Actor, transaction => Apply(transaction, batch), cancellationToken).ConfigureAwait(false);
        answered.Add(kind.Name);
        foreach (var (resource, wire) in batch.Stored)
        {
            forms.Remember(resource, wire.Resource_.Value.Span);
        }

        return problems.Count == 0 ? null : string.Join('\n', problems);
    }

    /// <summary>The stored resource when the peer sends exactly what it sent before; else null.</summary>
    private Resource? Known(ResourceKind kind, WireResource wire)
    {
        if (wire.Resource_ is not { } any)
        {
            return null;
        }

        var (name, mesh) = KdsName.Split(wire.Name);
        return store.World.Value.Find(kind.Name, mesh, rules.StoredName(name)) is { } stored && rules.InScope(stored) && forms.Same(stored, any.Value.Span)
            ? stored
            : null;
    }

    private void Decode(Batch batch, WireResource wire)
    {
        try
        {
            if (rules.Accept(batch.Kind, WireForm.Decode(batch.Kind, wire)) is { } resource)
            {
                batch.Mentioned.Add(resource.Key);
                if (Violations(resource) is { Length: > 0 } text)
                {
                    batch.Problems.Add(Problem(batch.Kind, wire.Name, text));
                }
                else
                {
                    batch.Incoming[resource.Key] = (resource, wire);
                }
            }
        }
        catch (FormatException e)
        {
            batch.Problems.Add(Problem(batch.Kind, wire.Name, e.Message));
            var (name, mesh) = KdsName.Split(wire.Name);
            batch.Mentioned.Add(new ResourceKey(batch.Kind.Name, mesh, rules.StoredName(name)));
        }
    }

    private static string Problem(ResourceKind kind, string wireName, string text) => $"{kind.Name} \"{wireName}\": {text}";

    /// <summary>May run again when the store had to catch up, so it changes nothing but its own results.</summary>
    private List<string> Apply(StoreTransaction transaction, Batch batch)
    {
        rules.CheckPlace(transaction.World);
        batch.Stored.Clear();
        foreach (var (stored, wire) in batch.Unchanged.Where(u => !ReferenceEquals(transaction.World.Find(u.Stored.Key), u.Stored)).ToList())
        {
            Decode(batch, wire); // somebody changed it meanwhile
            batch.Unchanged.Remove((stored, wire));
        }

        var problems = new List<string>(batch.Problems);
        var updates = new List<(Resource Resource, WireResource Wire)>();
        foreach (var (key, (resource, wire)) in batch.Incoming)
        {
            if (transaction.World.Find(key) is not { } stored)
            {
                batch.Stored.Add((transaction.Put(resource, history: false), wire)); // creations come first, so that a rename leaves no gap
            }
            else if (!rules.InScope(stored))
            {
                problems.Add(rules.Clash(stored));
            }
            else
            {
                var merged = rules.Merge(stored, resource);
                if (stored.SameContent(merged))
                {
                    batch.Stored.Add((stored, wire));
                }
                else
                {
                    updates.Add((merged, wire));
                }
            }
        }

        var deletions = batch.Initial
            ? transaction.World.List(batch.Kind.Name).Where(r => !batch.Mentioned.Contains(r.Key) && rules.InScope(r)).Select(r => r.Key).ToList()
            : [.. batch.Removed.Where(k => !batch.Mentioned.Contains(k) && transaction.World.Find(k) is { } stored && rules.InScope(stored))];
        foreach (var key in deletions)
        {
            transaction.Delete(key, history: false);
            if (batch.Kind.Name == "Mesh" && !batch.Initial)
            {
                DeleteContents(transaction, key.Name);
            }
        }

        foreach (var (resource, wire) in updates)
        {
            batch.Stored.Add((transaction.Put(resource, history: false), wire));
        }

        return problems;
    }

    /// <summary>
    /// A mesh that is deleted takes along what the zone itself has in it, as in Kuma; the removals then go up. Not so a mesh that
    /// a first response lacks: a global that came back empty must not cost a zone what it wrote itself.
    /// </summary>
    private static void DeleteContents(StoreTransaction transaction, string mesh)
    {
        foreach (var key in transaction.World.Kinds.SelectMany(transaction.World.List).Where(r => r.Mesh == mesh).Select(r => r.Key).ToList())
        {
            transaction.Delete(key, history: false);
        }
    }

    /// <summary>The rules of the kind itself, as one text; empty when none is broken.</summary>
    private string Violations(Resource resource)
    {
        if (resource.Kind.Observed)
        {
            return "";
        }

        try
        {
            var violations = new ViolationList();
            var spec = resource.Kind.ApplyDefaults(resource.Spec, rules.Site);
            var draft = ReferenceEquals(spec, resource.Spec) ? resource : resource.With(spec: spec);
            resource.Kind.Validate(new ValidationContext(draft, rules.Site), violations);
            return violations.IsEmpty ? "" : string.Join("; ", violations.ToImmutable().Select(v => $"{v.Field}: {v.Message}"));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A rule that cannot cope with what a peer sent refuses that one resource and stops nothing else.
            LogRuleFailed(log, e, resource.Key);
            return $"cannot be checked: {e.Message}";
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The rules of {Key} failed on what a peer sent; it is refused.")]
    private static partial void LogRuleFailed(ILogger logger, Exception e, ResourceKey key);

    /// <summary>One response on its way into the store.</summary>
    private sealed class Batch(ResourceKind kind, bool initial)
    {
        public ResourceKind Kind { get; } = kind;

        /// <summary>The response is the complete state of its type.</summary>
        public bool Initial { get; } = initial;

        public Dictionary<ResourceKey, (Resource Resource, WireResource Wire)> Incoming { get; } = [];

        /// <summary>What came in exactly the bytes in which it is stored.</summary>
        public List<(Resource Stored, WireResource Wire)> Unchanged { get; } = [];

        /// <summary>Everything the response speaks of; a refused resource keeps what is stored of it.</summary>
        public HashSet<ResourceKey> Mentioned { get; } = [];

        public List<ResourceKey> Removed { get; } = [];

        public List<string> Problems { get; } = [];

        /// <summary>What the store holds now, with the bytes it came in.</summary>
        public List<(Resource Stored, WireResource Wire)> Stored { get; } = [];
    }
}
