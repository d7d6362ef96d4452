using MeshConsole.Shared;
using MeshConsole.Shared.Language;
using Listener = MeshConsole.Protos.Kuma.Mesh.MeshGateway.Types.Listener;
using Proto = MeshConsole.Protos.Kuma.Mesh.MeshGateway;
using Protocol = MeshConsole.Protos.Kuma.Mesh.MeshGateway.Types.Listener.Types.Protocol;
using TlsMode = MeshConsole.Protos.Kuma.Mesh.MeshGateway.Types.TLS.Types.Mode;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Listeners of built-in gateways.</summary>
public sealed class MeshGatewayKind : ProtoKind<Proto>
{
    private const string Listeners = "conf.listeners";

    /// <inheritdoc />
    public override string Name => "MeshGateway";

    /// <inheritdoc />
    public override string Path => "meshgateways";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone | Flow.ZoneToGlobal;

    /// <inheritdoc />
    public override string? ShortName => "mgw";

    /// <inheritdoc />
    public override string SingularDisplayName => "Mesh Gateway";

    /// <inheritdoc />
    public override string PluralDisplayName => "Mesh Gateways";

    /// <inheritdoc />
    protected override void Check(Proto spec, ValidationContext context, ViolationList at)
    {
        SelectorCheck.Each(spec.Selectors, "selectors", SelectorRule.Service, at);
        var crossMesh = spec.Conf?.Listeners.Any(l => l.CrossMesh) == true;
        for (var i = 1; crossMesh && i < spec.Selectors.Count; i++)
        {
            at.Add(FieldPath.Item("selectors", i), "there can be at most one selector");
        }

        CheckTags(spec.Tags, "tags", at);
        if (spec.Conf is not { } conf)
        {
            at.Add("conf", ProtoChecks.CannotBeEmpty);
            return;
        }

        at.AddIf(conf.Listeners.Count == 0, Listeners, ProtoChecks.CannotBeEmpty);
        for (var i = 0; i < conf.Listeners.Count; i++)
        {
            CheckListener(conf.Listeners[i], FieldPath.Item(Listeners, i), at);
        }

        CheckSharedPorts(conf.Listeners, at);
    }

    private static void CheckListener(Listener listener, string path, ViolationList at)
    {
        ProtoChecks.GatewayHost(listener.Hostname, FieldPath.Member(path, "hostname"), at);
        ProtoChecks.Port(listener.Port, FieldPath.Member(path, "port"), at);
        var (protocol, tls) = (FieldPath.Member(path, "protocol"), FieldPath.Member(path, "tls"));
        at.AddIf(listener.Protocol == Protocol.None, protocol, ProtoChecks.CannotBeEmpty);
        if (listener.Protocol == Protocol.Https)
        {
            at.AddIf(listener.CrossMesh, protocol, "protocol is not supported with crossMesh");
            at.AddIf(!listener.CrossMesh && listener.Tls is null, tls, ProtoChecks.CannotBeEmpty);
            at.AddIf(!listener.CrossMesh && listener.Tls is { Mode: TlsMode.Passthrough }, FieldPath.Member(tls, "mode"), "mode is not supported on HTTPS listeners");
        }

        if (listener.Tls is { } settings && listener.CrossMesh)
        {
            at.AddIf(settings.Mode != TlsMode.None || settings.Certificates.Count > 0, tls, "must be empty with crossMesh");
        }
        else if (listener.Tls is not null)
        {
            var certificates = FieldPath.Member(tls, "certificates");
            at.AddIf(listener.Tls.Mode == TlsMode.None, FieldPath.Member(tls, "mode"), ProtoChecks.CannotBeEmpty);
            at.AddIf(listener.Tls is { Mode: TlsMode.Terminate, Certificates.Count: 0 }, certificates, "cannot be empty in TLS termination mode");
            at.AddIf(listener.Tls is { Mode: TlsMode.Terminate, Certificates.Count: > 2 }, certificates, "cannot have more than 2 certificates");
        }

        CheckTags(listener.Tags, FieldPath.Member(path, "tags"), at);
    }

    /// <summary>Listeners on one port become one listener of the proxy, so some of their settings must agree.</summary>
    private static void CheckSharedPorts(IReadOnlyList<Listener> listeners, ViolationList at)
    {
        foreach (var port in listeners.Select((listener, index) => (listener, path: FieldPath.Item(Listeners, index))).GroupBy(l => l.listener.Port))
        {
            if (port.Select(l => l.listener.Protocol).Distinct().Count() > 1)
            {
                foreach (var (_, path) in port)
                {
                    at.Add(path, "protocol conflicts with other listeners on this port");
                }
            }

            foreach (var (_, path) in port.GroupBy(l => l.listener.Hostname.Length == 0 ? TagKeys.Any : l.listener.Hostname).Where(h => h.Count() > 1).SelectMany(h => h))
            {
                at.Add(path, "multiple listeners for hostname on this port");
            }

            var limited = port.Where(l => l.listener.Resources is { ConnectionLimit: > 0 }).ToList();
            foreach (var (_, path) in limited.Where(_ => limited.Select(l => l.listener.Resources.ConnectionLimit).Distinct().Count() > 1))
            {
                at.Add(FieldPath.Member(path, "resources.connectionLimit"), "conflicting values for this port");
            }
        }
    }

    private static void CheckTags(IReadOnlyDictionary<string, string> tags, string path, ViolationList at)
    {
        TagCheck.Selector(tags, path, at);
        foreach (var key in tags.Keys.Where(k => k is TagKeys.ExternalService or TagKeys.Protocol or TagKeys.Service or TagKeys.Zone).Order(StringComparer.Ordinal))
        {
            at.Add(FieldPath.Key(path, key), $"tag name must not be \"{key}\"");
        }
    }
}
