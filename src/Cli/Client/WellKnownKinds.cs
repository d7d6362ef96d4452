namespace MeshConsole.Cli.Client;

/// <summary>Kinds that shell completion offers without asking a control plane; what is accepted, the control plane says.</summary>
internal static class WellKnownKinds
{
    /// <summary>Their plural names, as paths write them.</summary>
    public static string[] Words { get; } =
    [
        "circuit-breakers", "dataplane-insights", "dataplanes", "external-services", "fault-injections", "globalsecrets", "health-checks", "hostnamegenerators", "kinds",
        "mesh-insights", "meshaccesslogs", "meshcircuitbreakers", "meshes", "meshexternalservices", "meshfaultinjections", "meshgatewayroutes",
        "meshgateways", "meshhealthchecks", "meshhttproutes", "meshidentities", "meshloadbalancingstrategies", "meshmetrics",
        "meshmultizoneservices", "meshopentelemetrybackends", "meshpassthroughs", "meshproxypatches", "meshratelimits", "meshretries",
        "meshservices", "meshtcproutes", "meshtimeouts", "meshtlses", "meshtraces", "meshtrafficpermissions", "meshtrusts",
        "meshzoneaddresses", "proxytemplates", "rate-limits", "retries", "secrets", "service-insights", "timeouts", "traffic-logs",
        "traffic-permissions", "traffic-routes", "traffic-traces", "virtual-outbounds", "workloads", "zone-ingress-insights", "zone-insights",
        "zoneegresses", "zoneegressinsights", "zoneingresses", "zones",
    ];
}
