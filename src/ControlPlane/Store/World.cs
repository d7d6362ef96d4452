using System.Collections.Immutable;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Store;

/// <summary>
/// Everything that is stored, as one immutable value. A reader takes one reference and never a lock; a change makes a new
/// world that shares all untouched parts with the old one.
/// </summary>
public sealed class World
{
    private readonly ImmutableDictionary<string, KindTable> tables;
    private readonly Lock memoGate = new();
    private object[] memo = [];

    private World(ImmutableDictionary<string, KindTable> tables, long revision)
    {
        this.tables = tables;
        Revision = revision;
    }

    /// <summary>Nothing stored, revision 0.</summary>
    public static World Empty { get; } = new(ImmutableDictionary.Create<string, KindTable>(StringComparer.Ordinal), 0);

    /// <summary>Store revision of the newest change in it.</summary>
    public long Revision { get; }

    /// <summary>The resource of that key, or null.</summary>
    public Resource? Find(ResourceKey key) => Table(key.Kind).Find(key.Mesh, key.Name);

    /// <summary>The resource, or null.</summary>
    public Resource? Find(string kind, string mesh, string name) => Table(kind).Find(mesh, name);

    /// <summary>The mesh-less resource, or null.</summary>
    public Resource? Find(string kind, string name) => Table(kind).Find("", name);

    /// <summary>All resources of a kind; iterating gives mesh then name, ordinal.</summary>
    public KindTable Table(string kind) => tables.GetValueOrDefault(kind, KindTable.Empty);

    /// <summary>All resources of a kind, mesh then name.</summary>
    public IEnumerable<Resource> List(string kind) => Table(kind).All;

    /// <summary>The resources of a kind in one mesh, by name.</summary>
    public IEnumerable<Resource> List(string kind, string mesh) => Table(kind).In(mesh).Values;

    /// <summary>How many resources of a kind there are.</summary>
    public int Count(string kind) => Table(kind).Count;

    /// <summary>The names of all kinds of which there is at least one resource.</summary>
    public IEnumerable<string> Kinds => tables.Where(t => t.Value.Count > 0).Select(t => t.Key);

    /// <summary>True when the mesh exists.</summary>
    public bool HasMesh(string mesh) => Find("Mesh", "", mesh) is not null;

    /// <summary>
    /// What <paramref name="create"/> derives from this world, computed once and shared by all readers of this snapshot. One
    /// value per type <typeparamref name="T"/>. For indexes that stay good while a table does not change, keep the
    /// <see cref="KindTable"/> references they were built from and compare by reference.
    /// </summary>
    public T Memo<T>(Func<World, T> create)
        where T : class
    {
        foreach (var known in Volatile.Read(ref memo))
        {
            if (known is T value)
            {
                return value;
            }
        }

        lock (memoGate)
        {
            foreach (var known in memo)
            {
                if (known is T value)
                {
                    return value;
                }
            }

            var made = create(this);
            Volatile.Write(ref memo, [.. memo, made]);
            return made;
        }
    }

    /// <summary>The world that holds exactly <paramref name="resources"/>, at <paramref name="revision"/> or later.</summary>
    internal static World Of(IEnumerable<Resource> resources, long revision)
    {
        var tables = Empty.tables.ToBuilder();
        foreach (var kind in resources.GroupBy(r => r.Kind.Name, StringComparer.Ordinal))
        {
            tables[kind.Key] = KindTable.Of(kind);
            revision = Math.Max(revision, kind.Max(r => r.Revision));
        }

        return new World(tables.ToImmutable(), revision);
    }

    /// <summary>A world with <paramref name="resource"/> put in; its revision becomes the world's.</summary>
    internal World With(Resource resource) => new(
        tables.SetItem(resource.Kind.Name, Table(resource.Kind.Name).With(resource)),
        Math.Max(Revision, resource.Revision));

    /// <summary>A world without the resource of that key.</summary>
    internal World Without(ResourceKey key, long revision) => new(
        tables.SetItem(key.Kind, Table(key.Kind).Without(key.Mesh, key.Name)),
        Math.Max(Revision, revision));

    /// <summary>The same content at a later revision.</summary>
    internal World At(long revision) => new(tables, Math.Max(Revision, revision));
}

/// <summary>All resources of one kind. An untouched table keeps its reference from world to world.</summary>
public sealed class KindTable
{
    private static readonly ImmutableSortedDictionary<string, Resource> NoNames = ImmutableSortedDictionary.Create<string, Resource>(StringComparer.Ordinal);
    private readonly ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, Resource>> meshes;

    private KindTable(ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, Resource>> meshes, int count)
    {
        this.meshes = meshes;
        Count = count;
    }

    /// <summary>No resources.</summary>
    public static KindTable Empty { get; } = new(ImmutableSortedDictionary.Create<string, ImmutableSortedDictionary<string, Resource>>(StringComparer.Ordinal), 0);

    /// <summary>How many.</summary>
    public int Count { get; }

    /// <summary>All of them, mesh then name.</summary>
    public IEnumerable<Resource> All => meshes.Values.SelectMany(names => names.Values);

    /// <summary>The meshes of which there is at least one; the empty string for mesh-less kinds.</summary>
    public IEnumerable<string> Meshes => meshes.Keys;

    /// <summary>Those of one mesh, by name.</summary>
    public ImmutableSortedDictionary<string, Resource> In(string mesh) => meshes.GetValueOrDefault(mesh, NoNames);

    /// <summary>How many there are in one mesh.</summary>
    public int CountIn(string mesh) => In(mesh).Count;

    /// <summary>
    /// A page, in the order of <see cref="All"/>, at the cost of the items before it and on it: what follows is not looked at,
    /// and meshes that end before the page are passed over whole.
    /// </summary>
    /// <param name="mesh">The mesh, or null for all.</param>
    /// <param name="offset">Items to leave out, 0 or more.</param>
    /// <param name="size">Most items of the page.</param>
    public IReadOnlyList<Resource> Page(string? mesh, int offset, int size)
    {
        var page = new List<Resource>(Math.Min(size, mesh is null ? Count : CountIn(mesh)));
        foreach (var names in mesh is null ? meshes.Values : [In(mesh)])
        {
            if (offset >= names.Count)
            {
                offset -= names.Count;
                continue;
            }

            foreach (var (_, resource) in names)
            {
                if (page.Count == size)
                {
                    return page;
                }

                if (offset > 0)
                {
                    offset--;
                    continue;
                }

                page.Add(resource);
            }
        }

        return page;
    }

    /// <summary>One of them, or null.</summary>
    public Resource? Find(string mesh, string name) => In(mesh).GetValueOrDefault(name);

    internal static KindTable Of(IEnumerable<Resource> resources)
    {
        var meshes = Empty.meshes.ToBuilder();
        var count = 0;
        foreach (var mesh in resources.GroupBy(r => r.Mesh, StringComparer.Ordinal))
        {
            var names = NoNames.AddRange(mesh.Select(r => KeyValuePair.Create(r.Name, r)));
            meshes[mesh.Key] = names;
            count += names.Count;
        }

        return new KindTable(meshes.ToImmutable(), count);
    }

    internal KindTable With(Resource resource)
    {
        var names = In(resource.Mesh);
        var changed = names.SetItem(resource.Name, resource);
        return new KindTable(meshes.SetItem(resource.Mesh, changed), Count + changed.Count - names.Count);
    }

    internal KindTable Without(string mesh, string name)
    {
        var names = In(mesh);
        var changed = names.Remove(name);
        return changed.Count == names.Count
            ? this
            : new KindTable(changed.IsEmpty ? meshes.Remove(mesh) : meshes.SetItem(mesh, changed), Count - 1);
    }
}
