using MeshConsole.ControlPlane.Store;
using MeshConsole.Protos.Envoy.Discovery;
using MeshConsole.Shared;
using Microsoft.Extensions.Logging;
using Resource = MeshConsole.Shared.Resource;

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

    /// <summary>The stored form of what came in; null when it is to be passed over in silence.</summary>
    /// <exception cref="FormatException">It is refused; the message says why.</exception>
    public abstract Resource? Accept(ResourceKind kind, Incoming incoming);

    /// <summary>Name under which a removed resource is stored here.</summary>
    public virtual string StoredName(string wireName) => wireName;

    /// <summary>Whether a stored resource is the peer's to change and delete.</summary>
    public abstract bool InScope(Resource stored);

    /// <summary>What is stored when the peer's resource replaces one that is there.</summary>
    public virtual Resource Merge(Resource stored, Resource incoming) => incoming;

    /// <summary>Why the peer may not take a key that another one holds.</summary>
    public abstract string Clash(Resource stored);

    /// <summary>Called in the transaction before anything is written.</summary>
    /// <exception cref="ZoneGoneException">The peer's place is gone.</exception>
    public virtual void CheckPlace(World world)
    {
    }
}

/// <summary>
/// Applies the responses of one stream to the store. The first response of a type is the complete state: what is missing from
/// it is deleted. A bad resource is refused by itself; all others of the response are stored.
/// </summary>
internal sealed partial class SyncReceiver(KindRegistry kinds, ResourceStore store, ReceiveRules rules, ILogger log)
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

        var problems = new List<string>();
        var incoming = new Dictionary<ResourceKey, Resource>();
        var mentioned = new HashSet<ResourceKey>(); // refused ones keep what is stored of them
        foreach (var wire in response.Resources)
        {
            try
            {
                if (rules.Accept(kind, WireForm.Decode(kind, wire)) is { } resource)
                {
                    mentioned.Add(resource.Key);
                    if (Violations(resource) is { Length: > 0 } text)
                    {
                        problems.Add(Problem(kind, wire.Name, text));
                    }
                    else
                    {
                        incoming[resource.Key] = resource;
                    }
                }
            }
            catch (FormatException e)
            {
                problems.Add(Problem(kind, wire.Name, e.Message));
                var (name, mesh) = KdsName.Split(wire.Name);
                mentioned.Add(new ResourceKey(kind.Name, mesh, rules.StoredName(name)));
            }
        }

        var initial = !answered.Contains(kind.Name);
        var removed = response.RemovedResources
            .Select(KdsName.Split)
            .Select(r => new ResourceKey(kind.Name, r.Mesh, rules.StoredName(r.Name)))
            .ToList();
        problems.AddRange(await store.CommitAsync(
            rules.Actor,
            transaction => Apply(transaction, kind, incoming, mentioned, removed, initial),
            cancellationToken).ConfigureAwait(false));
        answered.Add(kind.Name);
        return problems.Count == 0 ? null : string.Join('\n', problems);
    }

    private static string Problem(ResourceKind kind, string wireName, string text) => $"{kind.Name} \"{wireName}\": {text}";

    private List<string> Apply(
        StoreTransaction transaction,
        ResourceKind kind,
        Dictionary<ResourceKey, Resource> incoming,
        HashSet<ResourceKey> mentioned,
        List<ResourceKey> removed,
        bool initial)
    {
        rules.CheckPlace(transaction.World);
        var problems = new List<string>();
        var updates = new List<Resource>();
        foreach (var (key, resource) in incoming)
        {
            if (transaction.World.Find(key) is not { } stored)
            {
                transaction.Put(resource, history: false); // creations come first, so that a rename leaves no gap
            }
            else if (!rules.InScope(stored))
            {
                problems.Add(rules.Clash(stored));
            }
            else
            {
                var merged = rules.Merge(stored, resource);
                if (!stored.SameContent(merged))
                {
                    updates.Add(merged);
                }
            }
        }

        var deletions = initial
            ? transaction.World.List(kind.Name).Where(r => !mentioned.Contains(r.Key) && rules.InScope(r)).Select(r => r.Key).ToList()
            : [.. removed.Where(k => !mentioned.Contains(k) && transaction.World.Find(k) is { } stored && rules.InScope(stored))];
        foreach (var key in deletions)
        {
            transaction.Delete(key, history: false);
        }

        foreach (var resource in updates)
        {
            transaction.Put(resource, history: false);
        }

        return problems;
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
}
