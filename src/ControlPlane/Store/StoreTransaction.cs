using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Store;

/// <summary>
/// What one commit does, on top of the newest state. Used only inside the delegate given to
/// <see cref="ResourceStore.CommitAsync{T}"/>, which runs alone: what it reads cannot change under it.
/// </summary>
public sealed class StoreTransaction
{
    private readonly TimeProvider time;

    internal StoreTransaction(World world, Actor actor, TimeProvider time)
    {
        World = world;
        Actor = actor;
        this.time = time;
        Now = Truncate(time.GetUtcNow());
    }

    /// <summary>The state as this transaction sees it, its own changes included.</summary>
    public World World { get; private set; }

    /// <summary>Who does it.</summary>
    public Actor Actor { get; }

    /// <summary>The time of this transaction (UTC, microseconds).</summary>
    public DateTimeOffset Now { get; }

    /// <summary>True once it changed something.</summary>
    public bool HasWrites => Changes.Count > 0 || Audit.Count > 0;

    internal List<Change> Changes { get; } = [];

    internal List<HistoryRow> History { get; } = [];

    internal List<AuditRow> Audit { get; } = [];

    /// <summary>
    /// Stores a resource and returns it as stored (revision and times set). The creation time of an existing one stays.
    /// </summary>
    /// <param name="resource">What to store.</param>
    /// <param name="history">True for what a person did: keeps the version and writes an audit entry.</param>
    public Resource Put(Resource resource, bool history)
    {
        var before = World.Find(resource.Key);
        var stored = resource.With(
            creationTime: before?.CreationTime ?? Now,
            modificationTime: Now,
            revision: World.Revision + 1);
        World = World.With(stored);
        Changes.Add(new Change(stored.Revision, stored.Key, before, stored, Now, Actor.Name));
        if (history)
        {
            Record(before is null ? "created" : "updated", stored, stored.Revision);
        }

        return stored;
    }

    /// <summary>Deletes a resource; nothing happens when it is not there.</summary>
    /// <param name="key">Which.</param>
    /// <param name="history">True for what a person did.</param>
    /// <param name="detail">What else the audit trail says of it.</param>
    public Resource? Delete(ResourceKey key, bool history, string detail = "")
    {
        if (World.Find(key) is not { } before)
        {
            return null;
        }

        var revision = World.Revision + 1;
        World = World.Without(key, revision);
        Changes.Add(new Change(revision, key, before, null, Now, Actor.Name));
        if (history)
        {
            Record("deleted", before, revision, detail);
        }

        return before;
    }

    /// <summary>Adds an entry to the audit trail for what is no change of a resource.</summary>
    public void AddAudit(string action, string target, string detail = "") =>
        Audit.Add(new AuditRow { Time = Now.UtcTicks, Actor = Actor.Name, Action = action, Target = target, Detail = detail });

    private static DateTimeOffset Truncate(DateTimeOffset value) => new(value.UtcTicks - (value.UtcTicks % 10), TimeSpan.Zero);

    private void Record(string operation, Resource resource, long revision, string detail = "")
    {
        History.Add(new HistoryRow
        {
            Revision = revision,
            Kind = resource.Kind.Name,
            Mesh = resource.Mesh,
            Name = resource.Name,
            Operation = operation,
            Time = Now.UtcTicks,
            Actor = Actor.Name,
            Labels = RowCodec.WriteLabels(resource.Labels),
            Spec = resource.Kind.IsSecret ? null : resource.Spec.Utf8.ToArray(),
            SpecHash = RowCodec.Hash(resource.Spec.Utf8.Span),
        });
        Audit.Add(new AuditRow
        {
            Time = Now.UtcTicks,
            Actor = Actor.Name,
            Action = operation,
            Target = resource.Key.ToString(),
            Revision = revision,
            Detail = detail,
        });
    }
}
