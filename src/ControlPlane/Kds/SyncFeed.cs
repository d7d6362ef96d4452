using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>
/// The store's changes, reduced to those that can travel one way. Streams watch <see cref="State"/> and so are not woken by
/// what is none of their business (insights above all).
/// </summary>
/// <param name="store">The store.</param>
/// <param name="concerns">Whether changes of a kind can matter to a stream.</param>
/// <param name="beforePublish">Called with each batch before streams learn of it.</param>
internal sealed class SyncFeed(ResourceStore store, Func<ResourceKind, bool> concerns, Action<World, IReadOnlyList<Change>>? beforePublish = null)
{
    private readonly ChangeLog relevant = new(8192);
    private readonly Lock gate = new();
    private readonly List<Change> changes = [];
    private World known = World.Empty;

    /// <summary>The newest world in which something that matters changed.</summary>
    public Live<World> State { get; } = new(World.Empty);

    /// <summary>As <see cref="ChangeLog.TryReadSince"/>, for the changes that matter.</summary>
    public bool TryReadSince(long revision, ICollection<Change> into) => relevant.TryReadSince(revision, into);

    /// <summary>
    /// Takes in what the store holds by now. Whoever makes a complete answer calls it first: what was committed before must
    /// not be missing from it, since the peer deletes what is missing.
    /// </summary>
    public World CatchUp()
    {
        lock (gate)
        {
            var world = store.World.Value;
            if (ReferenceEquals(world, known))
            {
                return State.Value;
            }

            changes.Clear();
            var complete = store.Changes.TryReadSince(known.Revision, changes);
            var before = known;
            known = world;
            if (!complete)
            {
                // Fell out of the store's ring: whoever reads must compare everything. That a zone is gone must not be missed all the same.
                relevant.Restart(world.Revision);
                beforePublish?.Invoke(world, [.. before.List("Zone").Where(z => world.Find(z.Key) is null).Select(z => new Change(world.Revision, z.Key, z, null, z.ModificationTime, Change.OtherReplica))]);
                State.Set(world);
                return world;
            }

            // The ring may be ahead of the world we hold; what is beyond it comes with the next one.
            var mattering = changes.Where(c => c.Revision <= world.Revision && concerns((c.After ?? c.Before)!.Kind)).ToList();
            if (mattering.Count > 0)
            {
                relevant.Append(mattering);
                beforePublish?.Invoke(world, mattering);
                State.Set(world);
            }

            return State.Value;
        }
    }

    /// <summary>Follows the store until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var world = store.World.Value;
            CatchUp();
            await store.World.NextAsync(world, cancellationToken).ConfigureAwait(false);
        }
    }
}
