using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using MeshConsole.Shared;

namespace MeshConsole.Policies.MeshTCPRoute;

/// <summary>Where TCP connections of the selected proxies go, split by weight.</summary>
public sealed record MeshTCPRouteSpec : IPolicySpec
{
    /// <inheritdoc />
    [Description("The proxies whose outgoing connections are routed. The whole mesh when absent.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>Routes per destination.</summary>
    [MinLength(1)]
    [Description("Routes, per destination that the connections were made to.")]
    public IReadOnlyList<TcpRouteTo>? To { get; init; }
}

/// <summary>The route of one destination.</summary>
public sealed record TcpRouteTo
{
    /// <summary>The destination the client asked for.</summary>
    [Required]
    [Description("The service that the client connects to. Mesh for a built-in gateway.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>The route; none sends to the destination itself.</summary>
    [Required]
    [MaxLength(1)]
    [Description("The route, at most one. Without one connections go to the destination itself.")]
    public IReadOnlyList<TcpRouteRule>? Rules { get; init; }
}

/// <summary>A route.</summary>
public sealed record TcpRouteRule
{
    /// <summary>Where connections go.</summary>
    [Required]
    [Description("Where the connections go.")]
    public TcpRouteConf? Default { get; init; }
}

/// <summary>Where connections go.</summary>
public sealed record TcpRouteConf
{
    /// <summary>The places, at least one.</summary>
    [Description("The places that the connections go to, by weight; at least one.")]
    public IReadOnlyList<BackendRef>? BackendRefs { get; init; }
}
