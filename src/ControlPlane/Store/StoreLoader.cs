using System.Globalization;
using MeshConsole.Shared;
using Microsoft.EntityFrameworkCore;

namespace MeshConsole.ControlPlane.Store;

/// <summary>Reads rows into the world: everything at the start, what others wrote later.</summary>
internal sealed class StoreLoader(StoreDatabase database, StoreContextFactory contexts, RowCodec codec)
{
    private const string KeyCheckName = "key-check";

    /// <summary>The whole state, read inside one transaction, so that rows and revision belong together.</summary>
    /// <exception cref="InvalidOperationException">The key of stored secrets is another one than at the first start.</exception>
    public async Task<World> StartAsync(CancellationToken cancellationToken)
    {
        var revision = await database.BeginAsync(cancellationToken).ConfigureAwait(false);
        using var context = contexts.CreateOn(database.Connection);
        await CheckKeyAsync(context, cancellationToken).ConfigureAwait(false);
        var world = await LoadAsync(context, revision, cancellationToken).ConfigureAwait(false);
        await database.CommitAsync(null, cancellationToken).ConfigureAwait(false);
        return world;
    }

    /// <summary>Takes in what others wrote since our newest revision; the writer's transaction is open.</summary>
    public async Task CatchUpAsync(ResourceStore store, CancellationToken cancellationToken)
    {
        using var context = contexts.CreateOn(database.Connection);
        var meta = await context.Meta.AsNoTracking().ToDictionaryAsync(m => m.Key, m => m.Value, cancellationToken).ConfigureAwait(false);
        var known = store.World.Value;
        var newest = Number(meta, StoreDatabase.LastRevisionKey);
        if (newest == known.Revision)
        {
            return;
        }

        if (!database.IsShared || newest < known.Revision || known.Revision < Number(meta, StoreDatabase.TombstonesFromKey))
        {
            // Deletions since then are not on record, or the database was put back to an earlier state (restored, failed over
            // to a copy that lagged): read everything, let readers compare whole worlds, and never count revisions backwards.
            var world = await LoadAsync(context, Math.Max(newest, known.Revision + 1), cancellationToken).ConfigureAwait(false);
            store.Changes.Restart(world.Revision);
            store.World.Set(world);
            return;
        }

        var (changed, changes) = await ReadChangesAsync(context, known, cancellationToken).ConfigureAwait(false);
        store.Changes.Append(changes);
        store.World.Set(changed.At(newest));
    }

    private static long Number(Dictionary<string, string> meta, string key) =>
        meta.TryGetValue(key, out var text) ? long.Parse(text, CultureInfo.InvariantCulture) : 0;

    private async Task<World> LoadAsync(StoreContext context, long revision, CancellationToken cancellationToken)
    {
        var rows = await context.Resources.AsNoTracking().ToListAsync(cancellationToken).ConfigureAwait(false);
        return World.Of(rows.Select(codec.Read).OfType<Resource>(), revision);
    }

    private async Task<(World World, List<Change> Changes)> ReadChangesAsync(StoreContext context, World known, CancellationToken cancellationToken)
    {
        var rows = await context.Resources.AsNoTracking().Where(r => r.Revision > known.Revision).ToListAsync(cancellationToken).ConfigureAwait(false);
        var tombstones = await context.Tombstones.AsNoTracking().Where(r => r.Revision > known.Revision).ToListAsync(cancellationToken).ConfigureAwait(false);
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
    private async Task CheckKeyAsync(StoreContext context, CancellationToken cancellationToken)
    {
        var check = await context.Meta.AsNoTracking().FirstOrDefaultAsync(m => m.Key == KeyCheckName, cancellationToken).ConfigureAwait(false);
        if (check is null)
        {
            context.Meta.Add(new MetaRow { Key = KeyCheckName, Value = codec.MakeKeyCheck() });
            await context.SaveChangesAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            codec.VerifyKeyCheck(check.Value);
        }
    }
}
