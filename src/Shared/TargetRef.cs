using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace MeshConsole.Shared;

/// <summary>The words of <see cref="TargetRef.Kind"/>.</summary>
public static class TargetKinds
{
    /// <summary>Everything in the mesh.</summary>
    public const string Mesh = "Mesh";

    /// <summary>Proxies whose tags contain the given tags (old; Dataplane with labels replaces it).</summary>
    public const string MeshSubset = "MeshSubset";

    /// <summary>A built-in gateway.</summary>
    public const string MeshGateway = "MeshGateway";

    /// <summary>A service of one zone.</summary>
    public const string MeshService = "MeshService";

    /// <summary>A service outside the mesh.</summary>
    public const string MeshExternalService = "MeshExternalService";

    /// <summary>A service over several zones.</summary>
    public const string MeshMultiZoneService = "MeshMultiZoneService";

    /// <summary>A service's proxies with further tags (old).</summary>
    public const string MeshServiceSubset = "MeshServiceSubset";

    /// <summary>Requests that a route matches.</summary>
    public const string MeshHTTPRoute = "MeshHTTPRoute";

    /// <summary>Proxies by name or labels.</summary>
    public const string Dataplane = "Dataplane";
}

/// <summary>The words of <see cref="TargetRef.ProxyTypes"/>.</summary>
public static class ProxyTypes
{
    /// <summary>A proxy beside a workload.</summary>
    public const string Sidecar = "Sidecar";

    /// <summary>A proxy at the edge of the mesh, built-in or delegated.</summary>
    public const string Gateway = "Gateway";
}

/// <summary>What a policy, or an item of it, points at.</summary>
public record TargetRef
{
    /// <summary>The kind of thing; decides which other fields may be set.</summary>
    [Required]
    [AllowedValues(
        TargetKinds.Mesh,
        TargetKinds.MeshSubset,
        TargetKinds.MeshGateway,
        TargetKinds.MeshService,
        TargetKinds.MeshExternalService,
        TargetKinds.MeshMultiZoneService,
        TargetKinds.MeshServiceSubset,
        TargetKinds.MeshHTTPRoute,
        TargetKinds.Dataplane)]
    [Description("What kind of thing is meant. It decides which of the other fields may be set.")]
    public string? Kind { get; init; }

    /// <summary>Name in the zone (or on the global control plane) where this resource was written.</summary>
    [Description("The name of the thing, as it is called where this resource is written. Not together with labels.")]
    public string? Name { get; init; }

    /// <summary>Kubernetes namespace that goes with <see cref="Name"/>.</summary>
    [Description("The Kubernetes namespace that goes with the name; the namespace of this resource when absent.")]
    public string? Namespace { get; init; }

    /// <summary>Labels that the thing must have, all of them.</summary>
    [Description("Labels that the thing must have, all of them. Works across zones; not together with name.")]
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>An inbound of a Dataplane or a port of a service, by name or by number written as text.</summary>
    [Description("One part of the thing: an inbound of a Dataplane or a port of a service, by name or by number.")]
    public string? SectionName { get; init; }

    /// <summary>Tags that a proxy must have (old).</summary>
    [Description("Tags that a proxy must have, all of them. Only with MeshSubset, MeshServiceSubset and MeshGateway.")]
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>Restricts Mesh and MeshSubset to sidecars or gateways; absent means both.</summary>
    [AllowedValues(MeshConsole.Shared.ProxyTypes.Sidecar, MeshConsole.Shared.ProxyTypes.Gateway)]
    [Description("Restricts Mesh and MeshSubset to sidecars or to gateways. Both when absent.")]
    public IReadOnlyList<string>? ProxyTypes { get; init; }

    /// <summary>Reserved; refused wherever it is checked.</summary>
    [Description("Reserved for later; must not be set.")]
    public string? Mesh { get; init; }
}

/// <summary>A destination that receives a share of the traffic.</summary>
public record BackendRef : TargetRef
{
    /// <summary>Highest weight, and highest sum of the weights of one rule: what a proxy can hold.</summary>
    public const long MaxWeight = uint.MaxValue;

    /// <summary>Share of the traffic, relative to the sum of the weights of the rule.</summary>
    [DefaultValue(1L)]
    [Range(0, MaxWeight)]
    [Description("The share of the traffic, relative to the sum of all weights of this rule. 1 when absent, 0 for none. Each weight and their sum: at most 4294967295.")]
    public long? Weight { get; init; }

    /// <summary>Port of the service.</summary>
    [Description("The port of the service.")]
    public uint? Port { get; init; }
}
