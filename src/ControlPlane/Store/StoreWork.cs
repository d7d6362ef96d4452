using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Store;

/// <summary>One commit that waits for the writer.</summary>
internal abstract class StoreWork(Actor actor)
{
    public Actor Actor { get; } = actor;

    /// <summary>True when it writes nothing, and only wants to see what others wrote.</summary>
    public virtual bool OnlyReads => false;

    /// <summary>Runs the body; false when it threw, so that nothing of it counts.</summary>
    public abstract bool Run(StoreTransaction transaction);

    /// <summary>Hands the body's value, or what it threw, to the caller.</summary>
    public abstract void Complete();

    /// <summary>Tells the caller that it is not stored.</summary>
    public abstract void Fail(Exception e);
}

/// <summary>One commit whose body gives a <typeparamref name="T"/>.</summary>
internal sealed class StoreWork<T>(Actor actor, Func<StoreTransaction, T> body) : StoreWork(actor)
{
    private readonly TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T value = default!;
    private Exception? thrown;

    public Task<T> Completion => completion.Task;

    public override bool Run(StoreTransaction transaction)
    {
        try
        {
            thrown = null;
            value = body(transaction);
            return true;
        }
        catch (Exception e) // the caller's own fault, handed back to the caller; the group goes on
        {
            thrown = e;
            return false;
        }
    }

    public override void Complete()
    {
        if (thrown is not null)
        {
            completion.TrySetException(thrown);
        }
        else
        {
            completion.TrySetResult(value);
        }
    }

    public override void Fail(Exception e) => completion.TrySetException(e);
}

/// <summary>Takes in what other processes wrote.</summary>
internal sealed class CatchUpWork() : StoreWork(Actor.System)
{
    private readonly TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Completion => completion.Task;

    public override bool OnlyReads => true;

    public override bool Run(StoreTransaction transaction) => false;

    public override void Complete() => completion.TrySetResult();

    public override void Fail(Exception e) => completion.TrySetException(e);
}

/// <summary>What a group of commits decided, each on top of the one before.</summary>
internal sealed class DecidedGroup
{
    private readonly long previousRevision;
    private readonly List<HistoryRow> history = [];
    private readonly List<AuditRow> audit = [];

    private DecidedGroup(List<StoreWork> group, World world)
    {
        Group = group;
        World = world;
        previousRevision = world.Revision;
    }

    public World World { get; private set; }

    public List<StoreWork> Group { get; }

    public List<Change> Changes { get; } = [];

    public bool NeedsWrite => Changes.Count > 0 || audit.Count > 0;

    public static DecidedGroup Decide(List<StoreWork> group, World world, TimeProvider time)
    {
        var decided = new DecidedGroup(group, world);
        foreach (var work in group)
        {
            var transaction = new StoreTransaction(decided.World, work.Actor, time);
            if (work.Run(transaction))
            {
                decided.World = transaction.World;
                decided.Changes.AddRange(transaction.Changes);
                decided.history.AddRange(transaction.History);
                decided.audit.AddRange(transaction.Audit);
            }
        }

        return decided;
    }

    public WriteGroup ToRows(RowCodec codec, HistoryTrim trim)
    {
        // Only the last state of each key is written; a key that was put and deleted ends deleted.
        var last = new Dictionary<ResourceKey, Change>();
        foreach (var change in Changes)
        {
            last[change.Key] = change;
        }

        return new WriteGroup(
            [.. last.Values.Where(c => c.After is not null).Select(c => codec.Write(c.After!))],
            [.. last.Values.Where(c => c.After is null).Select(c => new TombstoneRow { Revision = c.Revision, Kind = c.Key.Kind, Mesh = c.Key.Mesh, Name = c.Key.Name })],
            history,
            audit,
            previousRevision,
            World.Revision,
            trim.Count(history),
            trim.Limit);
    }
}
