using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Kinds.MeshExternalService;
using MeshConsole.ControlPlane.Kinds.MeshMultiZoneService;
using MeshConsole.ControlPlane.Kinds.MeshService;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>A destination: a resource, or one port of it.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Section">Name of the port, or empty for the whole resource.</param>
public readonly record struct Destination(Resource Resource, string Section)
{
    /// <summary>Names it everywhere.</summary>
    public Kri Kri => MeshConsole.Shared.Kri.Of(Resource, Section)!.Value;
}

/// <summary>What <c>to</c> can point at in one mesh, found by identity and by labels.</summary>
public sealed class Destinations
{
    private static readonly string[] Kinds =
        [TargetKinds.MeshService, TargetKinds.MeshMultiZoneService, TargetKinds.MeshExternalService, TargetKinds.MeshHTTPRoute];

    private readonly ImmutableArray<ImmutableSortedDictionary<string, Resource>> stored;
    private readonly FrozenDictionary<string, ImmutableArray<Resource>> byKind;
    private readonly FrozenDictionary<Kri, Resource> byKri;
    private readonly Lazy<FrozenDictionary<(string Kind, string Key, string Value), ImmutableArray<Resource>>> byLabel;

    /// <summary>Collects the destinations of <paramref name="mesh"/>.</summary>
    /// <param name="world">What is stored.</param>
    /// <param name="mesh">Name of the mesh.</param>
    public Destinations(World world, string mesh)
    {
        Mesh = world.Find(TargetKinds.Mesh, mesh);
        stored = Stored(world, mesh);
        byKind = Kinds.Zip(stored).ToFrozenDictionary(k => k.First, k => k.Second.Values.ToImmutableArray());
        byKri = byKind.Values.SelectMany(r => r).GroupBy(r => Kri.Of(r)!.Value).ToFrozenDictionary(g => g.Key, g => g.First());
        byLabel = new(IndexLabels);
    }

    /// <summary>The mesh itself, or null when it does not exist.</summary>
    public Resource? Mesh { get; }

    /// <summary>All destinations of a kind, by name.</summary>
    public ImmutableArray<Resource> Of(string kind) => byKind.GetValueOrDefault(kind, []);

    /// <summary>The resource of that identity, or null; the section does not count.</summary>
    public Resource? Find(Kri kri) => byKri.GetValueOrDefault(kri with { Section = "" });

    /// <summary>True when these are the destinations of the mesh in that snapshot too.</summary>
    internal bool AreOf(World world, string mesh) =>
        ReferenceEquals(Mesh, world.Find(TargetKinds.Mesh, mesh)) && Stored(world, mesh).AsSpan().SequenceEqual(stored.AsSpan(), ReferenceEqualityComparer.Instance);

    /// <summary>What a target that stands in <paramref name="policy"/> leads to; nothing when it leads nowhere.</summary>
    public IEnumerable<Destination> Resolve(Resource policy, TargetRef target)
    {
        if (target.Kind == TargetKinds.Mesh)
        {
            return Mesh is null ? [] : [new Destination(Mesh, "")];
        }

        if (!byKind.ContainsKey(target.Kind ?? ""))
        {
            return [];
        }

        var section = target.SectionName ?? "";
        if (target.Kind == TargetKinds.MeshService && section.Length == 0 && OldServiceName(target.Name) is var (labels, port))
        {
            return WithSection(ByLabels(target.Kind, labels), port, byNumber: true);
        }

        return WithSection(
            target.Labels is { Count: > 0 } ? ByLabels(target.Kind!, target.Labels) : ByName(policy, target),
            section,
            byNumber: false);
    }

    /// <summary>The identity that a name means: the namespace of the target or of the policy, mesh and zone of the policy.</summary>
    internal static Kri Named(Resource policy, TargetRef target, string shortName) => new(
        shortName,
        policy.Mesh,
        policy.Zone ?? "",
        string.IsNullOrEmpty(target.Namespace) ? policy.Labels.GetValueOrDefault(Labels.Namespace, "") : target.Namespace,
        target.Name ?? "",
        "");

    /// <summary>The ports of a destination; none for a mesh or a route.</summary>
    internal static IEnumerable<ServicePort> ServicePorts(Resource resource) => (resource.Kind switch
    {
        MeshServiceKind kind => kind.Spec(resource).Ports,
        MeshMultiZoneServiceKind kind => kind.Spec(resource).Ports,
        MeshExternalServiceKind kind => [new ServicePort { Port = kind.Spec(resource).Match?.Port, AppProtocol = kind.Spec(resource).Match?.Protocol }],
        _ => (IEnumerable<ServicePort>?)null,
    }) ?? [];

    private static ImmutableArray<ImmutableSortedDictionary<string, Resource>> Stored(World world, string mesh) => [.. Kinds.Select(k => world.Table(k).In(mesh))];

    /// <summary>Looks at those with the rarest of the labels only.</summary>
    private IEnumerable<Resource> ByLabels(string kind, IReadOnlyDictionary<string, string> labels)
    {
        ImmutableArray<Resource>? rarest = null;
        foreach (var (key, value) in labels)
        {
            if (!byLabel.Value.TryGetValue((kind, key, value), out var having))
            {
                return [];
            }

            rarest = rarest is { } found && found.Length <= having.Length ? found : having;
        }

        return (rarest ?? Of(kind)).Where(r => labels.Count == 1 || labels.All(l => r.Labels.TryGetValue(l.Key, out var value) && value == l.Value));
    }

    private FrozenDictionary<(string Kind, string Key, string Value), ImmutableArray<Resource>> IndexLabels() =>
        byKind.SelectMany(k => k.Value.SelectMany(r => r.Labels.Select(l => (Label: (k.Key, l.Key, l.Value), Resource: r))))
            .GroupBy(l => l.Label, l => l.Resource)
            .ToFrozenDictionary(g => g.Key, g => g.ToImmutableArray());

    private IEnumerable<Resource> ByName(Resource policy, TargetRef target)
    {
        var shortName = Of(target.Kind!).FirstOrDefault()?.Kind.ShortName;
        return shortName is not null && Find(Named(policy, target, shortName)) is { } resource ? [resource] : [];
    }

    private static IEnumerable<Destination> WithSection(IEnumerable<Resource> resources, string section, bool byNumber)
    {
        foreach (var resource in resources)
        {
            if (section.Length == 0 || resource.Kind.Name == TargetKinds.MeshHTTPRoute)
            {
                yield return new Destination(resource, "");
                continue;
            }

            var port = ServicePorts(resource)
                .FirstOrDefault(p => byNumber ? p.Port?.ToString(CultureInfo.InvariantCulture) == section : p.SectionName == section);
            if (port is not null)
            {
                yield return new Destination(resource, port.SectionName);
            }
        }
    }

    /// <summary>Names of the time before MeshService: <c>name_namespace_svc_port</c>, or without port.</summary>
    private static (IReadOnlyDictionary<string, string> Labels, string Port)? OldServiceName(string? name)
    {
        var parts = name?.Split('_') ?? [];
        if (parts.Length is not (3 or 4) || (parts.Length == 4 && !int.TryParse(parts[3], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)))
        {
            return null;
        }

        var labels = new Dictionary<string, string> { [Labels.Namespace] = parts[1], [Labels.DisplayName] = parts[0] };
        return (labels, parts.Length == 4 && parts[3] != "0" ? parts[3] : "");
    }
}
