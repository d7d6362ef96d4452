using System.Globalization;
using System.Net;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;
using Net = MeshConsole.Protos.Kuma.Mesh.Dataplane.Types.Networking;
using ProbesSection = MeshConsole.Protos.Kuma.Mesh.Dataplane.Types.Probes;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>The rules of a Dataplane, section by section.</summary>
internal static class DataplaneCheck
{
    private const string BackendKinds = "invalid value. Available values are: MeshExternalService,MeshMultiZoneService,MeshService";

    // Kuma spells the section so in its answers; clients know that path.
    private const string ReachableRefs = "networking.transparentProxing.reachableBackends.refs";

    public static void AdminPort(Net networking, ViolationList at)
    {
        if (networking.Admin is not { } admin)
        {
            return;
        }

        const string Field = "networking.admin.port";
        at.AddIf(networking.Inbound.Any(i => UsesInbound(networking, i, admin.Port)), Field, "must differ from inbound");
        at.AddIf(networking.Outbound.Any(o => o.Port == admin.Port && IsLoopback(Or(o.Address, "127.0.0.1"))), Field, "must differ from outbound");
    }

    /// <summary>True when a listener on that address occupies the loopback interface too.</summary>
    public static bool IsLoopback(string address) =>
        IPAddress.TryParse(address, out var ip) && (ip.Equals(IPAddress.Loopback) || ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any));

    public static void GatewayHasNo(string type, Net networking, ViolationList at)
    {
        at.AddIf(networking.Inbound.Count > 0, "networking.inbound", $"inbound cannot be defined for {type} gateways");
        at.AddIf(networking.Listeners.Count > 0, "networking.listeners", $"listeners cannot be defined for {type} gateways");
    }

    public static void Gateway(Net.Types.Gateway gateway, ViolationList at)
    {
        const string Path = "networking.gateway.tags";
        if (gateway.Tags.TryGetValue(TagKeys.Protocol, out var protocol))
        {
            at.AddIf(
                !protocol.Equals("tcp", StringComparison.OrdinalIgnoreCase),
                FieldPath.Key(Path, TagKeys.Protocol),
                $"other values than tcp are not allowed, provided value \"{protocol}\"");
        }

        if (gateway.Tags.Count > 0)
        {
            SelectorCheck.ServiceTags(gateway.Tags, Path, at);
        }
    }

    public static void Networking(Net networking, ViolationList at)
    {
        ProtoChecks.Address(networking.Address, "networking.address", at);
        for (var i = 0; i < networking.Inbound.Count; i++)
        {
            Inbound(networking.Inbound[i], networking.Address, FieldPath.Item("networking.inbound", i), at);
        }

        for (var i = 0; i < networking.Outbound.Count; i++)
        {
            Outbound(networking.Outbound[i], FieldPath.Item("networking.outbound", i), at);
        }

        var references = networking.TransparentProxying?.ReachableBackends?.Refs;
        for (var i = 0; i < (references?.Count ?? 0); i++)
        {
            Reachable(references![i], FieldPath.Item(ReachableRefs, i), at);
        }
    }

    public static void Probes(ProbesSection? probes, ViolationList at)
    {
        if (probes is null)
        {
            return;
        }

        ProtoChecks.Port(probes.Port, "probes.port", at);
        for (var i = 0; i < probes.Endpoints.Count; i++)
        {
            var path = FieldPath.Item("probes.endpoints", i);
            ProtoChecks.Port(probes.Endpoints[i].InboundPort, FieldPath.Member(path, "inboundPort"), at);
            ProtoChecks.UrlPath(probes.Endpoints[i].InboundPath, FieldPath.Member(path, "inboundPath"), at);
            ProtoChecks.UrlPath(probes.Endpoints[i].Path, FieldPath.Member(path, "path"), at);
        }
    }

    public static void Listeners(Net networking, ViolationList at)
    {
        var names = networking.Inbound.Select(SectionName).Where(n => n.Length > 0).ToHashSet(StringComparer.Ordinal);
        var inbounds = networking.Inbound.Select(i => Endpoint(Or(i.Address, networking.Address), i.Port)).ToHashSet(StringComparer.Ordinal);
        var taken = new Dictionary<string, Net.Types.Listener.Types.Type>(StringComparer.Ordinal);
        for (var i = 0; i < networking.Listeners.Count; i++)
        {
            var listener = networking.Listeners[i];
            var path = FieldPath.Item("networking.listeners", i);
            at.AddIf(listener.Type == Net.Types.Listener.Types.Type.Unspecified, FieldPath.Member(path, "type"), "type must be ZoneIngress or ZoneEgress");
            ProtoChecks.Address(listener.Address, FieldPath.Member(path, "address"), at);
            ProtoChecks.Port(listener.Port, FieldPath.Member(path, "port"), at);
            at.AddIf(
                listener.Name.Length > 0 && !names.Add(listener.Name),
                FieldPath.Member(path, "name"),
                $"name \"{listener.Name}\" must be unique across inbounds and listeners");

            var endpoint = Endpoint(listener.Address, listener.Port);
            if (!taken.TryAdd(endpoint, listener.Type))
            {
                at.Add(path, taken[endpoint] == listener.Type
                    ? $"address:port {endpoint} is already used by another listener"
                    : $"address:port {endpoint} is used by listeners of different types");
            }

            at.AddIf(inbounds.Contains(endpoint), path, $"address:port {endpoint} collides with an inbound listener");
        }
    }

    /// <summary>By what a policy refers to an inbound: its name, else its port as text.</summary>
    private static string SectionName(Net.Types.Inbound inbound) =>
        inbound.Name.Length > 0 ? inbound.Name : inbound.Port.ToString(CultureInfo.InvariantCulture);

    private static void Inbound(Net.Types.Inbound inbound, string address, string path, ViolationList at)
    {
        ProtoChecks.Port(inbound.Port, FieldPath.Member(path, "port"), at);
        if (inbound.ServicePort != 0)
        {
            ProtoChecks.Port(inbound.ServicePort, FieldPath.Member(path, "servicePort"), at);
        }

        var serviceAddress = FieldPath.Member(path, "serviceAddress");
        ProtoChecks.Ip(inbound.ServiceAddress, serviceAddress, "serviceAddress", at);
        ProtoChecks.Ip(inbound.Address, FieldPath.Member(path, "address"), "address", at);
        at.AddIf(
            inbound.ServiceAddress.Length > 0
            && (inbound.ServiceAddress == address || inbound.ServiceAddress == inbound.Address)
            && (inbound.ServicePort == 0 || inbound.ServicePort == inbound.Port),
            serviceAddress,
            "serviceAddress and servicePort has to differ from address and port");

        var tags = FieldPath.Member(path, "tags");
        TagCheck.Tags(inbound.Tags, tags, at);
        SelectorCheck.ProtocolTag(inbound.Tags, tags, at);
        at.AddIf(inbound.Tags.Count > 0 && !inbound.Tags.ContainsKey(TagKeys.Service), FieldPath.Key(tags, TagKeys.Service), "tag has to exist");
        at.AddIf(
            inbound.Protocol.Length > 0 && !Protocols.IsKnown(inbound.Protocol),
            FieldPath.Member(path, "protocol"),
            $"has an invalid value \"{inbound.Protocol}\". {Protocols.Hint}");

        if (inbound.ServiceProbe is { } probe)
        {
            var inner = FieldPath.Member(path, "serviceProbe");
            at.AddIf(probe.Interval is { } interval && ProtoChecks.IsZero(interval), FieldPath.Member(inner, "interval"), ProtoChecks.Positive);
            at.AddIf(probe.Timeout is { } timeout && ProtoChecks.IsZero(timeout), FieldPath.Member(inner, "timeout"), ProtoChecks.Positive);
            at.AddIf(probe.UnhealthyThreshold == 0, FieldPath.Member(inner, "unhealthyThreshold"), ProtoChecks.Positive);
            at.AddIf(probe.HealthyThreshold == 0, FieldPath.Member(inner, "healthyThreshold"), ProtoChecks.Positive);
        }
    }

    private static void Outbound(Net.Types.Outbound outbound, string path, ViolationList at)
    {
        ProtoChecks.Port(outbound.Port, FieldPath.Member(path, "port"), at);
        ProtoChecks.Ip(outbound.Address, FieldPath.Member(path, "address"), "address", at);
        if (outbound.BackendRef is not { } backend)
        {
            SelectorCheck.ServiceTags(outbound.Tags, FieldPath.Member(path, "tags"), at);
            return;
        }

        var reference = FieldPath.Member(path, "backendRef");
        at.AddIf(!IsService(backend.Kind), FieldPath.Member(reference, "kind"), BackendKinds);
        at.AddIf(backend.Name.Length == 0 && backend.Labels.Count == 0, reference, "either 'name' or 'labels' should be specified");
        if (backend.Kind != TargetKinds.MeshExternalService)
        {
            ProtoChecks.Port(backend.Port, FieldPath.Member(reference, "port"), at);
        }

        at.AddIf(outbound.Tags.Count > 0, reference, "both backendRef and tags/service cannot be defined");
    }

    private static void Reachable(Net.Types.TransparentProxying.Types.ReachableBackendRef reference, string path, ViolationList at)
    {
        var (name, space, labels) = (reference.Name.Length > 0, reference.Namespace.Length > 0, reference.Labels.Count > 0);
        at.AddIf(!IsService(reference.Kind), FieldPath.Member(path, "kind"), BackendKinds);
        var field = FieldPath.Member(path, "name");
        at.AddIf(
            name && !Checks.IsDnsName(reference.Name),
            field,
            "invalid characters. A lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character");
        at.AddIf(!name && !space && !labels, field, "name or labels are required");
        at.AddIf(!name && space, field, "name is required, when namespace is defined");
        at.AddIf((name || space) && labels, FieldPath.Member(path, "labels"), "labels cannot be defined when name is specified");
    }

    private static bool IsService(string kind) => kind is TargetKinds.MeshService or TargetKinds.MeshExternalService or TargetKinds.MeshMultiZoneService;

    private static bool UsesInbound(Net networking, Net.Types.Inbound inbound, uint port)
    {
        var address = Or(inbound.Address, networking.Address);
        return (inbound.Port == port && IsLoopback(address))
            || ((inbound.ServicePort == 0 ? inbound.Port : inbound.ServicePort) == port && IsLoopback(Or(inbound.ServiceAddress, address)));
    }

    private static string Endpoint(string address, uint port) => string.Create(CultureInfo.InvariantCulture, $"{address}:{port}");

    private static string Or(string value, string fallback) => value.Length > 0 ? value : fallback;
}
