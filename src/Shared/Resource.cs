using System.Collections.Immutable;

namespace MeshConsole.Shared;

/// <summary>
/// A stored thing, immutable. What is derived from it (typed spec, wire bytes) is computed once per instance and shared:
/// see <see cref="Memo{T}"/>.
/// </summary>
public sealed class Resource
{
    private MemoNode? memo;

    /// <summary>What kind of thing this is.</summary>
    public required ResourceKind Kind { get; init; }

    /// <summary>Mesh name, or the empty string for kinds of <see cref="Scope.Global"/>.</summary>
    public string Mesh { get; init; } = "";

    /// <summary>The stored name; what a person reads is <see cref="DisplayName"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Labels as stored, ordinal order.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = MeshConsole.Shared.Labels.None;

    /// <summary>When this control plane stored it first (UTC). Does not travel.</summary>
    public DateTimeOffset CreationTime { get; init; }

    /// <summary>When this control plane stored its last change (UTC). Does not travel.</summary>
    public DateTimeOffset ModificationTime { get; init; }

    /// <summary>Store revision of the last change; grows over the whole store, 0 for a draft. Served as <c>ETag</c>.</summary>
    public long Revision { get; init; }

    /// <summary>The spec. For kinds with <see cref="ResourceKind.Flat"/> shape, the fields that REST shows at the top level.</summary>
    public JsonBody Spec { get; init; } = JsonBody.Empty;

    /// <summary>The status, for kinds with <see cref="ResourceKind.HasStatus"/>; null when there is none.</summary>
    public JsonBody? Status { get; init; }

    /// <summary>
    /// The spec's protobuf bytes as a peer sent them, kept only when they hold fields this version does not know, so that
    /// those survive a round through the store; null otherwise.
    /// </summary>
    public byte[]? Wire { get; init; }

    /// <summary>Key inside one control plane.</summary>
    public ResourceKey Key => new(Kind.Name, Mesh, Name);

    /// <summary>The name a person gave: label <c>kuma.io/display-name</c>, else the stored name.</summary>
    public string DisplayName => Labels.TryGetValue(MeshConsole.Shared.Labels.DisplayName, out var name) && name.Length > 0 ? name : Name;

    /// <summary>The zone this came from, or null when it was written here or at global.</summary>
    public string? Zone => Labels.GetValueOrDefault(MeshConsole.Shared.Labels.Zone);

    /// <summary>Value of label <c>kuma.io/origin</c>, or null.</summary>
    public string? Origin => Labels.GetValueOrDefault(MeshConsole.Shared.Labels.Origin);

    /// <summary>
    /// The value that <paramref name="create"/> derives from this resource, computed at most a few times and then shared by
    /// all readers. One value per type <typeparamref name="T"/>.
    /// </summary>
    public T Memo<T>(Func<Resource, T> create)
        where T : class
    {
        for (var node = Volatile.Read(ref memo); node is not null; node = node.Next)
        {
            if (node.Value is T known)
            {
                return known;
            }
        }

        var value = create(this);
        MemoNode? head;
        MemoNode added;
        do
        {
            head = Volatile.Read(ref memo);
            for (var node = head; node is not null; node = node.Next)
            {
                if (node.Value is T known)
                {
                    return known;
                }
            }

            added = new MemoNode(value, head);
        }
        while (Interlocked.CompareExchange(ref memo, added, head) != head);

        return value;
    }

    /// <summary>A copy with some parts replaced. Parts that are not named stay.</summary>
    public Resource With(
        string? name = null,
        ImmutableSortedDictionary<string, string>? labels = null,
        JsonBody? spec = null,
        JsonBody? status = null,
        DateTimeOffset? creationTime = null,
        DateTimeOffset? modificationTime = null,
        long? revision = null) => new()
        {
            Kind = Kind,
            Mesh = Mesh,
            Name = name ?? Name,
            Labels = labels ?? Labels,
            CreationTime = creationTime ?? CreationTime,
            ModificationTime = modificationTime ?? ModificationTime,
            Revision = revision ?? Revision,
            Spec = spec ?? Spec,
            Status = status ?? Status,
            Wire = spec is null ? Wire : null,
        };

    /// <summary>True when labels, spec and status are the same; names, times and revisions do not count.</summary>
    public bool SameContent(Resource other) =>
        MeshConsole.Shared.Labels.Same(Labels, other.Labels)
        && Spec.Equals(other.Spec)
        && (Status ?? JsonBody.Empty).Equals(other.Status ?? JsonBody.Empty)
        && (Wire ?? []).AsSpan().SequenceEqual(other.Wire ?? []);

    /// <inheritdoc />
    public override string ToString() => Key.ToString();

    private sealed record MemoNode(object Value, MemoNode? Next);
}
