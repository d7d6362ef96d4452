using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>One place that traffic of a rule goes to.</summary>
/// <param name="Reference">As the policy says it.</param>
/// <param name="Destination">The port of a resource, or null: a service that is known by tags only, or nothing at all.</param>
/// <param name="Weight">Its weight.</param>
/// <param name="Share">The share of the traffic it gets, 0 to 1.</param>
/// <param name="Found">False when there is no such resource or port; its share goes to the others.</param>
public sealed record BackendTarget(BackendRef Reference, Destination? Destination, long Weight, double Share, bool Found);

/// <summary>How traffic of a rule is divided.</summary>
/// <param name="Backends">The places, in the order of the policy.</param>
/// <param name="Dropped">True when nothing can receive traffic: the rule is passed over and the next one that fits takes it.</param>
public sealed record BackendSplit(ImmutableArray<BackendTarget> Backends, bool Dropped)
{
    /// <summary>Divides traffic over <paramref name="references"/>.</summary>
    /// <param name="destinations">What references can lead to.</param>
    /// <param name="policy">The policy they stand in; its mesh, zone and namespace complete names.</param>
    /// <param name="references">The references; the destination itself when there are none.</param>
    /// <param name="itself">The destination that the traffic was sent to.</param>
    public static BackendSplit Of(Destinations destinations, Resource policy, IReadOnlyList<BackendRef>? references, Destination itself)
    {
        var resolved = (references ?? []).Select(r => (Reference: r, Target: Resolve(destinations, policy, r))).ToList();
        if (resolved.TrueForAll(r => r.Target is { ByLabels: true, Found: false }))
        {
            // Nothing is named, or only labels that nobody has: the destination itself takes it all.
            var reference = new BackendRef { Kind = itself.Resource.Kind.Name, Name = itself.Resource.DisplayName, Weight = 1 };
            return new BackendSplit([new BackendTarget(reference, itself, 1, 1, Found: true)], Dropped: false);
        }

        var total = resolved.Where(r => r.Target.Found).Sum(r => (decimal)Weight(r.Reference));
        return new BackendSplit(
            [
                .. resolved.Select(r => new BackendTarget(
                    r.Reference,
                    r.Target.Destination,
                    Weight(r.Reference),
                    total == 0 || !r.Target.Found ? 0 : (double)(Weight(r.Reference) / total),
                    r.Target.Found)),
            ],
            Dropped: total == 0);
    }

    /// <summary>Whether a reference leads anywhere.</summary>
    internal static bool IsFound(Destinations destinations, Resource policy, BackendRef reference) => Resolve(destinations, policy, reference).Found;

    private static long Weight(BackendRef reference) => reference.Weight ?? 1;

    private static (Destination? Destination, bool Found, bool ByLabels) Resolve(Destinations destinations, Resource policy, BackendRef reference)
    {
        var byLabels = reference.Labels is { Count: > 0 };
        if (reference.Kind == TargetKinds.MeshServiceSubset || (reference is { Kind: TargetKinds.MeshService, Port: null } && string.IsNullOrEmpty(reference.SectionName)))
        {
            return (null, Found: true, ByLabels: false); // the way before services were resources: whoever has the tags
        }

        var target = reference with { SectionName = null };
        var resources = destinations.Resolve(policy, target).Select(d => d.Resource).OrderBy(r => r.CreationTime).ToList();
        if (resources.Count == 0)
        {
            return (null, Found: false, byLabels);
        }

        var ports = Reachability.Ports(resources[0]);
        var section = reference.SectionName ?? "";
        var port = section.Length > 0 ? ports.FirstOrDefault(p => p.Section == section)
            : reference.Port is { } number ? ports.FirstOrDefault(p => p.Port == number || p.Section == number.ToString(CultureInfo.InvariantCulture))
            : ports.FirstOrDefault();
        return port is null ? (null, Found: false, ByLabels: false) : (new Destination(port.Resource, port.Section), Found: true, byLabels);
    }
}
