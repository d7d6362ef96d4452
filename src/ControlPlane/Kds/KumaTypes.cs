using System.Collections.Frozen;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>The types that a Kuma 2.14 zone asks global for.</summary>
internal static class KumaTypes
{
    /// <summary>
    /// Asked for by zones. One of these that this version does not know is left without answer: an empty first answer would
    /// make the zone delete what it has.
    /// </summary>
    public static FrozenSet<string> GlobalToZone { get; } = new[]
    {
        "CircuitBreaker", "Config", "ExternalService", "FaultInjection", "GlobalSecret", "HealthCheck", "HostnameGenerator", "Mesh",
        "MeshAccessLog", "MeshCircuitBreaker", "MeshExternalService", "MeshFaultInjection", "MeshGateway", "MeshGatewayRoute",
        "MeshHTTPRoute", "MeshHealthCheck", "MeshIdentity", "MeshLoadBalancingStrategy", "MeshMetric", "MeshMultiZoneService",
        "MeshOpenTelemetryBackend", "MeshPassthrough", "MeshProxyPatch", "MeshRateLimit", "MeshRetry", "MeshService", "MeshTCPRoute",
        "MeshTLS", "MeshTimeout", "MeshTrace", "MeshTrafficPermission", "MeshTrust", "MeshZoneAddress", "ProxyTemplate", "RateLimit",
        "Retry", "Secret", "ServiceInsight", "Timeout", "TrafficLog", "TrafficPermission", "TrafficRoute", "TrafficTrace",
        "VirtualOutbound", "ZoneIngress",
    }.ToFrozenSet(StringComparer.Ordinal);
}
