using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using MeshConsole.Shared.Language;

namespace MeshConsole.ControlPlane.Kinds.MeshMultiZoneService;

/// <summary>A service over several zones: all MeshServices of the mesh with the given labels.</summary>
public sealed record MeshMultiZoneServiceSpec
{
    /// <summary>The services that belong to it.</summary>
    [Required]
    [Description("The services that belong to it.")]
    public MeshMultiZoneServiceSelector? Selector { get; init; }

    /// <summary>The ports.</summary>
    [Required]
    [MinLength(1)]
    [Description("The ports, as the services behind it have them.")]
    public IReadOnlyList<ServicePort>? Ports { get; init; }
}

/// <summary>The services that belong to a MeshMultiZoneService.</summary>
public sealed record MeshMultiZoneServiceSelector
{
    /// <summary>MeshServices by labels.</summary>
    [Required]
    [Description("MeshServices of any zone, by their labels; at least one label.")]
    public LabelSelector? MeshService { get; init; }
}

/// <summary>What control planes say of a MeshMultiZoneService.</summary>
public sealed record MeshMultiZoneServiceStatus : ServiceStatus
{
    /// <summary>The services that matched.</summary>
    public IReadOnlyList<MatchedMeshService>? MeshServices { get; init; }

    /// <summary>Conditions in the manner of Kubernetes.</summary>
    public IReadOnlyList<StatusCondition>? Conditions { get; init; }
}

/// <summary>A service that matched.</summary>
public sealed record MatchedMeshService
{
    /// <summary>Display name.</summary>
    public string? Name { get; init; }

    /// <summary>Kubernetes namespace.</summary>
    public string? Namespace { get; init; }

    /// <summary>Zone.</summary>
    public string? Zone { get; init; }

    /// <summary>Mesh.</summary>
    public string? Mesh { get; init; }
}
