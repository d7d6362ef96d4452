using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.Shared;
using BackendRefProto = MeshConsole.Protos.Kuma.Mesh.Dataplane.Types.Networking.Types.Outbound.Types.BackendRef;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>A port of a destination that a proxy listens for.</summary>
/// <param name="Resource">The destination.</param>
/// <param name="Section">Name of the port, or its number as text.</param>
/// <param name="Port">Its number.</param>
/// <param name="Protocol">Its protocol.</param>
public sealed record ReachablePort(Resource Resource, string Section, int Port, string Protocol)
{
    /// <summary>Names it everywhere.</summary>
    public Kri Kri => MeshConsole.Shared.Kri.Of(Resource, Section)!.Value;
}

/// <summary>Which destinations a proxy can reach, where services are resources.</summary>
public static class Reachability
{
    private static readonly string[] Kinds = [TargetKinds.MeshService, TargetKinds.MeshExternalService, TargetKinds.MeshMultiZoneService];

    /// <summary>
    /// The ports in the order of their identities: those of its outbounds, else those that its reachable backends allow, else all.
    /// </summary>
    public static ImmutableArray<ReachablePort> Of(Destinations destinations, Resource dataplane)
    {
        var networking = ((DataplaneKind)dataplane.Kind).Spec(dataplane).Networking;
        var outbounds = (networking?.Outbound ?? []).Where(o => o.BackendRef is not null).Select(o => o.BackendRef).ToList();
        IEnumerable<ReachablePort> ports = outbounds.SelectMany(o => Resolve(destinations, dataplane, Target(o), o.Port)).ToList();
        if (!ports.Any())
        {
            ports = networking?.TransparentProxying?.ReachableBackends is { } reachable
                ? reachable.Refs.SelectMany(r => Resolve(
                    destinations,
                    dataplane,
                    new TargetRef { Kind = r.Kind, Name = r.Name, Namespace = r.Namespace, Labels = r.Labels },
                    r.Port))
                : Kinds.SelectMany(k => destinations.Of(k)).SelectMany(Ports);
        }

        return [.. ports.DistinctBy(p => p.Kri).OrderBy(p => p.Kri.ToString(), StringComparer.Ordinal)];
    }

    /// <summary>The ports of a destination.</summary>
    public static IEnumerable<ReachablePort> Ports(Resource resource) =>
        Destinations.ServicePorts(resource).Select(p => new ReachablePort(resource, p.SectionName, p.Port ?? 0, p.AppProtocol ?? "tcp"));

    private static TargetRef Target(BackendRefProto reference) => new() { Kind = reference.Kind, Name = reference.Name, Labels = reference.Labels };

    private static IEnumerable<ReachablePort> Resolve(Destinations destinations, Resource dataplane, TargetRef target, uint? port)
    {
        foreach (var destination in destinations.Resolve(dataplane, target))
        {
            var ports = Ports(destination.Resource).ToList();
            var number = port?.ToString(CultureInfo.InvariantCulture);
            var named = ports.Where(p => port is null || p.Port == port || p.Section == number).ToList();
            foreach (var found in named.Count > 0 ? named : ports)
            {
                yield return found;
            }
        }
    }
}
