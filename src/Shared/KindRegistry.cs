using System.Collections.Frozen;
using System.Collections.Immutable;

namespace MeshConsole.Shared;

/// <summary>The list of all kinds that a control plane knows, handed in by the composition root.</summary>
public sealed class KindRegistry
{
    private readonly FrozenDictionary<string, ResourceKind> byName;
    private readonly FrozenDictionary<string, ResourceKind> byPath;
    private readonly FrozenDictionary<string, ResourceKind> byShortName;

    /// <summary>Indexes <paramref name="kinds"/>.</summary>
    /// <exception cref="ArgumentException">Two kinds share a name, a path or a short name.</exception>
    public KindRegistry(IEnumerable<ResourceKind> kinds)
    {
        All = [.. kinds];
        byName = All.ToFrozenDictionary(k => k.Name, StringComparer.Ordinal);
        byPath = All.Where(k => k.HasApi)
            .SelectMany(k => k.AlternativePaths.Prepend(k.Path).Select(path => (path, k)))
            .ToFrozenDictionary(p => p.path, p => p.k, StringComparer.Ordinal);
        byShortName = All.Where(k => k.ShortName is not null).ToFrozenDictionary(k => k.ShortName!, StringComparer.Ordinal);
    }

    /// <summary>All kinds, in the order of the list.</summary>
    public ImmutableArray<ResourceKind> All { get; }

    /// <summary>The kind of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public ResourceKind this[string name] => byName[name];

    /// <summary>The kind of that name, or null.</summary>
    public ResourceKind? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>The kind of that REST path segment, or null.</summary>
    public ResourceKind? FindByPath(string path) => byPath.GetValueOrDefault(path);

    /// <summary>The kind of that KRI short name, or null.</summary>
    public ResourceKind? FindByShortName(string shortName) => byShortName.GetValueOrDefault(shortName);
}
