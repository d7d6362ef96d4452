using System.Collections.Immutable;
using MeshConsole.ControlPlane.Kinds.Legacy;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>The kinds that the engine itself knows, in the order in which they are listed everywhere.</summary>
public static class CoreKinds
{
    /// <summary>All of them. What was made in 2021 and has a successor stands at the end.</summary>
    public static ImmutableArray<ResourceKind> All { get; } =
    [
        new MeshKind(),
        new ZoneKind(),
        new ZoneInsightKind(),
        new ZoneIngressKind(),
        new ZoneIngressInsightKind(),
        new ZoneEgressKind(),
        new ZoneEgressInsightKind(),
        new DataplaneKind(),
        new DataplaneInsightKind(),
        new SecretKind(),
        new GlobalSecretKind(),
        new ConfigKind(),
        new ServiceInsightKind(),
        new MeshInsightKind(),
        new ZoneAdmissionKind(),
        new ZoneDeliveryKind(),
        new CircuitBreakerKind(),
        new ExternalServiceKind(),
        new FaultInjectionKind(),
        new HealthCheckKind(),
        new MeshGatewayKind(),
        new MeshGatewayRouteKind(),
        new ProxyTemplateKind(),
        new RateLimitKind(),
        new RetryKind(),
        new TimeoutKind(),
        new TrafficLogKind(),
        new TrafficPermissionKind(),
        new TrafficRouteKind(),
        new TrafficTraceKind(),
        new VirtualOutboundKind(),
    ];
}
