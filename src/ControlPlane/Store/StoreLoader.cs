using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Store;

/// <summary>Reads rows into the world: everything at the start, what others wrote later.</summary>
internal sealed class StoreLoader(StoreDatabase database, RowCodec codec)
{
    private const string KeyCheckName = "key-check";

    /// <summary>The whole state, read inside one transaction, so that rows and revision belong together.</summary>
    /// <exception cref="InvalidOperationException">The key of stored secrets is another one than at the first start.</exception>
    public async Task<World> StartAsync(CancellationToken cancellationToken)
    {
        var revision = await database.BeginAsync(cancellationToken).ConfigureAwait(false);
        await CheckKeyAsync(cancellationToken).ConfigureAwait(false);
        var world = await LoadAsync(revision, cancellationToken).ConfigureAwait(false);
        await database.CommitAsync(null, cancellationToken).ConfigureAwait(false);
        return world;
    }

    /// <summary>Takes in what others wrote since our newest revision; the writer's transaction is open.</summary>
    public async Task CatchUpAsync(ResourceStore store, CancellationToken cancellationToken)
    {
        var known = store.World.Value;
        var newest = await StoreRows.NumberAsync(database.Connection, StoreDatabase.LastRevisionKey, cancellationToken).ConfigureAwait(false);
        if (newest == known.Revision)
        {
            return;
        }

        var tombstonesFrom = await StoreRows.NumberAsync(database.Connection, StoreDatabase.TombstonesFromKey, cancellationToken).ConfigureAwait(false);
        if (!database.IsShared || newest < known.Revision || known.Revision < tombstonesFrom)
        {
            // Deletions since then are not on record, or the database was put back to an earlier state (restored, failed over
            // to a copy that lagged): read everything, let readers compare whole worlds, and never count revisions backwards.
            var world = await LoadAsync(Math.Max(newest, known.Revision + 1), cancellationToken).ConfigureAwait(false);
            store.Changes.Restart(world.Revision);
            store.World.Set(world);
            return;
        }

        var (changed, changes) = await ReadChangesAsync(known, cancellationToken).ConfigureAwait(false);
        store.Changes.Append(changes);
        store.World.Set(changed.At(newest));
    }

    private async Task<World> LoadAsync(long revision, CancellationToken cancellationToken)
    {
        var rows = await StoreRows.ResourcesAsync(database.Connection, after: -1, cancellationToken).ConfigureAwait(false);
        return World.Of(rows.Select(codec.Read).OfType<Resource>(), revision);
    }

    private async Task<(World World, List<Change> Changes)> ReadChangesAsync(World known, CancellationToken cancellationToken)
    {
        var rows = await StoreRows.ResourcesAsync(database.Connection, known.Revision, cancellationToken).ConfigureAwait(false);
        var tombstones = await StoreRows.TombstonesAsync(database.Connection, known.Revision, cancellationToken).ConfigureAwait(false);
        var changes = new List<Change>();
        var world = known;
        foreach (var (_, row, tombstone) in rows.Select(r => (r.Revision, Row: (ResourceRow?)r, Tombstone: (TombstoneRow?)null))
            .Concat(tombstones.Select(t => (t.Revision, Row: (ResourceRow?)null, Tombstone: (TombstoneRow?)t)))
            .OrderBy(p => p.Revision))
        {
            if (tombstone is not null)
            {
                var key = new ResourceKey(tombstone.Kind, tombstone.Mesh, tombstone.Name);
                if (world.Find(key) is { } before)
                {
                    world = world.Without(key, tombstone.Revision);
                    changes.Add(new Change(tombstone.Revision, key, before, null, before.ModificationTime, Change.OtherReplica));
                }
            }
            else if (codec.Read(row!) is { } resource)
            {
                changes.Add(new Change(resource.Revision, resource.Key, world.Find(resource.Key), resource, resource.ModificationTime, Change.OtherReplica));
                world = world.With(resource);
            }
        }

        return (world, changes);
    }

    /// <summary>A sealed word in the database tells a wrong key file at the start, not at the first secret that is read.</summary>
    private async Task CheckKeyAsync(CancellationToken cancellationToken)
    {
        if (await StoreRows.MetaAsync(database.Connection, KeyCheckName, cancellationToken).ConfigureAwait(false) is { } check)
        {
            codec.VerifyKeyCheck(check);
        }
        else
        {
            await StoreRows.AddMetaAsync(database.Connection, KeyCheckName, codec.MakeKeyCheck(), cancellationToken).ConfigureAwait(false);
        }
    }
}
