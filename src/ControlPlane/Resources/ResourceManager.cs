using System.Collections.Immutable;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Resources;

/// <summary>How a write is meant.</summary>
/// <param name="Actor">Who writes.</param>
/// <param name="ExpectedRevision">
/// The revision the writer last saw (0: it must not exist); null writes whatever is there. Another revision in the store
/// refuses with <see cref="RefusalReason.Changed"/>.
/// </param>
/// <param name="DryRun">True checks everything and stores nothing.</param>
public sealed record WriteOptions(Actor Actor, long? ExpectedRevision = null, bool DryRun = false)
{
    /// <summary>True writes only what exists, at whatever revision.</summary>
    public bool MustExist { get; init; }
}

/// <summary>What a write did, or with a dry run would do.</summary>
/// <param name="Before">The resource before, or null.</param>
/// <param name="After">The resource after, or null when it was deleted.</param>
/// <param name="Warnings">What the writer should know.</param>
public sealed record WriteOutcome(Resource? Before, Resource? After, ImmutableArray<string> Warnings)
{
    /// <summary>True when it did not exist before.</summary>
    public bool Created => Before is null;

    /// <summary>Store revision of this change; 0 for a dry run or when nothing changed.</summary>
    public long Revision { get; init; }
}

/// <summary>
/// The only way for people to write: may this actor, may this site, is it right, does it fit what is stored; then one
/// transaction with history and audit. Each refusal is a value.
/// </summary>
public sealed class ResourceManager(Site site, ResourceStore store, DraftReader reader, MeshLifecycle meshes, DeletionRules deletions)
{
    private const string EverythingReadOnly = "This control plane is set to read only: its resources can not be modified with 'kumactl apply' or via the HTTP API.";
    private const string GlobalReadOnly = "On global control plane you can not modify dataplane resources with 'kumactl apply' or via the HTTP API. You can still use 'kumactl' or the HTTP API to modify them on the zone control plane.\n";
    private const string ZoneReadOnly = "On zone control plane you can only modify zone resources with 'kumactl apply' or via the HTTP API. You can still use 'kumactl' or the HTTP API to modify the rest of the resource on the global control plane.\n";

    /// <summary>The state that reads are served from.</summary>
    public World World => store.World.Value;

    /// <summary>Reads a body and checks it without writing; the first half of <see cref="PutAsync(ResourceKind, string, string, ReadOnlyMemory{byte}, WriteOptions, CancellationToken)"/>.</summary>
    public Result<Draft> Read(ResourceKind kind, string mesh, string name, ReadOnlyMemory<byte> body)
    {
        if (kind.Scope == Scope.Mesh && !World.HasMesh(mesh))
        {
            return Refusal.NotFound("Failed to retrieve Mesh");
        }

        return reader.Read(kind, mesh, name, body);
    }

    /// <summary>Creates or replaces a resource from the JSON a person or tool sent.</summary>
    public async Task<Result<WriteOutcome>> PutAsync(ResourceKind kind, string mesh, string name, ReadOnlyMemory<byte> body, WriteOptions options, CancellationToken cancellationToken)
    {
        if (MayWrite(kind, options.Actor) is { } refusal)
        {
            return refusal;
        }

        var read = Read(kind, mesh, name, body);
        return read.Ok ? await PutAsync(read.Value, options, cancellationToken).ConfigureAwait(false) : read.Refusal;
    }

    /// <summary>Creates or replaces a resource from a draft that <see cref="Read"/> returned.</summary>
    public async Task<Result<WriteOutcome>> PutAsync(Draft draft, WriteOptions options, CancellationToken cancellationToken)
    {
        var resource = draft.Resource;
        if (MayWrite(resource.Kind, options.Actor) is { } refusal)
        {
            return refusal;
        }

        var prepared = meshes.Prepare(resource, World);
        if (!prepared.Ok)
        {
            return prepared.Refusal;
        }

        if (options.DryRun)
        {
            var world = World;
            var before = world.Find(resource.Key);
            return CheckAgainstStore(world, before, resource, options) is { } wouldRefuse
                ? wouldRefuse
                : new WriteOutcome(before, resource, draft.Warnings);
        }

        return await Guard(store.CommitAsync<Result<WriteOutcome>>(
            options.Actor,
            transaction =>
            {
                var before = transaction.World.Find(resource.Key);
                if (CheckAgainstStore(transaction.World, before, resource, options) is { } wrong)
                {
                    return wrong;
                }

                if (before is not null && before.SameContent(resource.With(status: before.Status)))
                {
                    return new WriteOutcome(before, before, draft.Warnings); // nothing changes, so nothing is written or sent
                }

                var kept = before?.Status is { } status ? resource.With(status: status) : resource;
                var after = transaction.Put(kept, history: true);
                prepared.Value?.Apply(transaction);
                return new WriteOutcome(before, after, draft.Warnings) { Revision = after.Revision };
            },
            cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Deletes a resource and what belongs to it.</summary>
    public async Task<Result<WriteOutcome>> DeleteAsync(ResourceKey key, ResourceKind kind, WriteOptions options, CancellationToken cancellationToken)
    {
        const string Title = "Could not delete a resource";
        if (MayWrite(kind, options.Actor) is { } refusal)
        {
            return refusal;
        }

        if (kind.Scope == Scope.Mesh && !World.HasMesh(key.Mesh))
        {
            return Refusal.NotFound("Failed to retrieve Mesh");
        }

        if (options.DryRun)
        {
            return Check(World, out var found) is { } wouldRefuse ? wouldRefuse : new WriteOutcome(found, null, []);
        }

        return await Guard(store.CommitAsync<Result<WriteOutcome>>(
            options.Actor,
            transaction =>
            {
                if (Check(transaction.World, out var found) is { } wrong)
                {
                    return wrong;
                }

                // What a zone sent was written by no person here and cannot be brought back here: it has no entries of its own.
                var sentByZone = new SortedDictionary<string, int>(StringComparer.Ordinal);
                foreach (var owned in deletions.OwnedBy(found!, transaction.World))
                {
                    var isSent = site.IsGlobal && owned.Origin == Labels.OriginZone;
                    transaction.Delete(owned.Key, history: !owned.Kind.Observed && !isSent);
                    if (isSent && !owned.Kind.Observed)
                    {
                        sentByZone[owned.Kind.Name] = sentByZone.GetValueOrDefault(owned.Kind.Name) + 1;
                    }
                }

                transaction.Delete(key, history: true, sentByZone.Count == 0 ? "" : "with " + string.Join(", ", sentByZone.Select(o => $"{o.Value} {o.Key}")));
                return new WriteOutcome(found, null, []) { Revision = transaction.World.Revision };
            },
            cancellationToken)).ConfigureAwait(false);

        Refusal? Check(World world, out Resource? found)
        {
            found = world.Find(key);
            if (found is null)
            {
                return Refusal.NotFound(Title);
            }

            if (options.ExpectedRevision is { } expected && expected != found.Revision)
            {
                return Changed(found, expected);
            }

            var violations = new ViolationList();
            MetaRules.CheckOrigin(found, site, violations, $"[\"{Labels.Origin}\"]");
            deletions.Check(found, world, violations);
            return violations.IsEmpty ? null : Refusal.Invalid(violations, Title);
        }
    }

    /// <summary>Writes an earlier version of a resource again, as a new version: nothing of the history is lost.</summary>
    /// <param name="key">Which resource.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="revision">The version to return to, as the history lists it.</param>
    /// <param name="options">Who, and how.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<Result<WriteOutcome>> RevertAsync(ResourceKey key, ResourceKind kind, long revision, WriteOptions options, CancellationToken cancellationToken)
    {
        if (MayWrite(kind, options.Actor) is { } refusal)
        {
            return refusal;
        }

        if (kind.IsSecret)
        {
            return Refusal.Invalid("revision", "the history of secrets holds no content to return to; write the secret anew");
        }

        var history = await store.HistoryAsync(key, int.MaxValue, cancellationToken).ConfigureAwait(false);
        if (history.FirstOrDefault(r => r.Revision == revision) is not { Spec: { } spec } row)
        {
            return Refusal.NotFound("Could not retrieve a revision");
        }

        var past = new Resource
        {
            Kind = kind,
            Mesh = key.Mesh,
            Name = key.Name,
            Labels = RowCodec.ReadLabels(row.Labels),
            Spec = JsonBody.FromUtf8(spec),
        };
        var draft = Read(kind, key.Mesh, key.Name, JsonBody.FromNode(ResourceJson.ToManifest(past)).Utf8);
        return draft.Ok ? await PutAsync(draft.Value, options, cancellationToken).ConfigureAwait(false) : draft.Refusal;
    }

    /// <summary>Whether this actor may write this kind here; null when yes.</summary>
    public Refusal? MayWrite(ResourceKind kind, Actor actor) =>
        AccessRules.Write(actor, kind)
        ?? (site.MayWrite(kind)
            ? null
            : new Refusal(RefusalReason.NotWritableHere, "Method not allowed", site.ReadOnly ? EverythingReadOnly : site.IsGlobal ? GlobalReadOnly : ZoneReadOnly));

    private static async Task<Result<T>> Guard<T>(Task<Result<T>> commit)
    {
        try
        {
            return await commit.ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            return new Refusal(RefusalReason.Unavailable, "Service unavailable", e.Message);
        }
    }

    private static Refusal Changed(Resource? current, long? expected) =>
        new(RefusalReason.Changed, "Precondition failed", (current, expected) switch
        {
            (null, null) => "There is no such resource. Write without If-Match to create it.",
            (null, _) => "The resource was deleted meanwhile. Reload to see what is stored now.",
            (_, 0) => "There is such a resource already. Compare it with yours, then write with its ETag in If-Match.",
            _ => "The resource was changed meanwhile. Compare both versions, then write again with the new ETag.",
        })
        {
            Current = current,
        };

    private Refusal? CheckAgainstStore(World world, Resource? before, Resource draft, WriteOptions options)
    {
        if (draft.Kind.Scope == Scope.Mesh && !world.HasMesh(draft.Mesh))
        {
            return Refusal.Invalid("mesh", "Mesh is not found", "Failed to create a resource") with { Detail = "Mesh is not found" };
        }

        if ((options.MustExist && before is null) || (options.ExpectedRevision is { } expected && expected != (before?.Revision ?? 0)))
        {
            return Changed(before, options.ExpectedRevision);
        }

        var violations = new ViolationList();
        if (before is null)
        {
            MeshLifecycle.CheckCreate(draft, violations);
            StoreRules.Check(draft, world, violations);
            return violations.IsEmpty ? null : Refusal.Invalid(violations, "Failed to create a resource");
        }

        MetaRules.CheckOrigin(before, site, violations, $"labels[\"{Labels.Origin}\"]");
        MetaRules.CheckImmutable(before, draft, violations);
        if (!violations.IsEmpty)
        {
            return Refusal.Invalid(violations, "Could not update a resource");
        }

        MeshLifecycle.CheckUpdate(before, draft, violations);
        StoreRules.Check(draft, world, violations);
        return violations.IsEmpty ? null : Refusal.Invalid(violations, "Failed to update a resource");
    }
}
