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

    /// <summary>The newest world in which something that matters changed.</summary>
    public Live<World> State { get; } = new(store.World.Value);

    /// <summary>As <see cref="ChangeLog.TryReadSince"/>, for the changes that matter.</summary>
    public bool TryReadSince(long revision, ICollection<Change> into) => relevant.TryReadSince(revision, into);

    /// <summary>Follows the store until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var world = store.World.Value;
        var known = world.Revision;
        relevant.Restart(known);
        beforePublish?.Invoke(world, []);
        State.Set(world);
        var changes = new List<Change>();
        while (true)
        {
            world = await store.World.NextAsync(world, cancellationToken).ConfigureAwait(false);
            changes.Clear();
            if (!store.Changes.TryReadSince(known, changes))
            {
                // Fell out of the store's ring: whoever reads must compare everything.
                relevant.Restart(world.Revision);
                known = world.Revision;
                beforePublish?.Invoke(world, []);
                State.Set(world);
                continue;
            }

            // The ring may be ahead of the world we hold; what is beyond it comes with the next one.
            changes.RemoveAll(c => c.Revision > world.Revision);
            known = world.Revision;
            var mattering = changes.Where(c => concerns((c.After ?? c.Before)!.Kind)).ToList();
            if (mattering.Count > 0)
            {
                relevant.Append(mattering);
                beforePublish?.Invoke(world, mattering);
                State.Set(world);
            }
        }
    }
}
