using System.Collections.Immutable;
using MeshConsole.ControlPlane.Kinds.HostnameGenerator;
using MeshConsole.ControlPlane.Kinds.MeshExternalService;
using MeshConsole.ControlPlane.Kinds.MeshIdentity;
using MeshConsole.ControlPlane.Kinds.MeshMultiZoneService;
using MeshConsole.ControlPlane.Kinds.MeshOpenTelemetryBackend;
using MeshConsole.ControlPlane.Kinds.MeshService;
using MeshConsole.ControlPlane.Kinds.MeshTrust;
using MeshConsole.ControlPlane.Kinds.MeshZoneAddress;
using MeshConsole.ControlPlane.Kinds.Workload;
using MeshConsole.Policies.MeshAccessLog;
using MeshConsole.Policies.MeshCircuitBreaker;
using MeshConsole.Policies.MeshFaultInjection;
using MeshConsole.Policies.MeshHealthCheck;
using MeshConsole.Policies.MeshHTTPRoute;
using MeshConsole.Policies.MeshLoadBalancingStrategy;
using MeshConsole.Policies.MeshMetric;
using MeshConsole.Policies.MeshPassthrough;
using MeshConsole.Policies.MeshProxyPatch;
using MeshConsole.Policies.MeshRateLimit;
using MeshConsole.Policies.MeshRetry;
using MeshConsole.Policies.MeshTCPRoute;
using MeshConsole.Policies.MeshTimeout;
using MeshConsole.Policies.MeshTLS;
using MeshConsole.Policies.MeshTrace;
using MeshConsole.Policies.MeshTrafficPermission;
using MeshConsole.Shared;

namespace MeshConsole.Policies;

/// <summary>The one list of all kinds that travel as JSON: those that the engine itself reads, then the policies.</summary>
public static class PolicyKinds
{
    /// <summary>The kinds, policies in the order in which they shape a proxy's configuration.</summary>
    public static ImmutableArray<ResourceKind> All { get; } =
    [
        new MeshServiceKind(),
        new MeshMultiZoneServiceKind(),
        new MeshExternalServiceKind(),
        new HostnameGeneratorKind(),
        new MeshZoneAddressKind(),
        new WorkloadKind(),
        new MeshIdentityKind(),
        new MeshTrustKind(),
        new MeshOpenTelemetryBackendKind(),

        new MeshHTTPRouteKind(),
        new MeshTCPRouteKind(),
        new MeshTLSKind(),
        new MeshLoadBalancingStrategyKind(),
        new MeshPassthroughKind(),
        new MeshAccessLogKind(),
        new MeshTraceKind(),
        new MeshFaultInjectionKind(),
        new MeshRateLimitKind(),
        new MeshTimeoutKind(),
        new MeshTrafficPermissionKind(),
        new MeshHealthCheckKind(),
        new MeshCircuitBreakerKind(),
        new MeshRetryKind(),
        new MeshMetricKind(),
        new MeshProxyPatchKind(),
    ];
}
