using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;
using TlsMode = MeshConsole.Protos.Kuma.Mesh.PrometheusTlsConfig.Types.Mode;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>Checks of the observability backends of a Mesh (and of the metrics of a Dataplane).</summary>
internal static class MeshBackendCheck
{
    public static void Logging(Logging? logging, ViolationList at)
    {
        if (logging is null)
        {
            return;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < logging.Backends.Count; i++)
        {
            var backend = logging.Backends[i];
            var path = FieldPath.Item("logging.backends", i);
            at.AddIf(backend.Name.Length == 0, FieldPath.Member(path, "name"), ProtoChecks.CannotBeEmpty);
            var config = FieldPath.Member(path, "config"); // Kuma reports conf under this name
            switch (backend.Type)
            {
                case "file":
                    var file = ProtoChecks.Conf<FileLoggingBackendConfig>(backend.Conf, config, at);
                    at.AddIf(file is { Path: "" }, FieldPath.Member(config, "path"), ProtoChecks.CannotBeEmpty);
                    break;
                case "tcp":
                    Tcp(ProtoChecks.Conf<TcpLoggingBackendConfig>(backend.Conf, config, at), FieldPath.Member(config, "address"), at);
                    break;
                default:
                    at.Add(FieldPath.Member(path, "type"), "unknown backend type. Available backends: \"tcp\", \"file\"");
                    break;
            }

            Unique(names, backend.Name, path, at);
        }

        at.AddIf(logging.DefaultBackend.Length > 0 && !names.Contains(logging.DefaultBackend), "logging.defaultBackend", "has to be set to one of the logging backend in mesh");
    }

    public static void Tracing(Tracing? tracing, ViolationList at)
    {
        if (tracing is null)
        {
            return;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < tracing.Backends.Count; i++)
        {
            var backend = tracing.Backends[i];
            var path = FieldPath.Item("tracing.backends", i);
            at.AddIf(backend.Name.Length == 0, FieldPath.Member(path, "name"), ProtoChecks.CannotBeEmpty);
            at.AddIf(backend.Sampling is not null and not (>= 0 and <= 100), FieldPath.Member(path, "sampling"), ProtoChecks.Percent);
            var config = FieldPath.Member(path, "config");
            switch (backend.Type)
            {
                case "zipkin":
                    Zipkin(ProtoChecks.Conf<ZipkinTracingBackendConfig>(backend.Conf, config, at), config, at);
                    break;
                case "datadog":
                    if (ProtoChecks.Conf<DatadogTracingBackendConfig>(backend.Conf, config, at) is { } datadog)
                    {
                        at.AddIf(datadog.Address.Length == 0, FieldPath.Member(config, "address"), ProtoChecks.CannotBeEmpty);
                        ProtoChecks.Port(datadog.Port, FieldPath.Member(config, "port"), at);
                    }

                    break;
                default:
                    at.Add(FieldPath.Member(path, "type"), "unknown backend type. Available backends: \"zipkin\", \"datadog\"");
                    break;
            }

            Unique(names, backend.Name, path, at);
        }

        at.AddIf(tracing.DefaultBackend.Length > 0 && !names.Contains(tracing.DefaultBackend), "tracing.defaultBackend", "has to be set to one of the tracing backend in mesh");
    }

    public static void Metrics(Metrics? metrics, ViolationList at)
    {
        if (metrics is null)
        {
            return;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < metrics.Backends.Count; i++)
        {
            var backend = metrics.Backends[i];
            var path = FieldPath.Item("metrics.backends", i);
            Unique(names, backend.Name, path, at);
            MetricsBackend(backend, path, at);
        }

        at.AddIf(metrics.EnabledBackend.Length > 0 && !names.Contains(metrics.EnabledBackend), "metrics.enabledBackend", "has to be set to one of the backends in the mesh");
    }

    /// <summary>One metrics backend that stands at <paramref name="path"/>.</summary>
    public static void MetricsBackend(MetricsBackend backend, string path, ViolationList at)
    {
        if (backend.Type != MeshKind.PrometheusType)
        {
            at.Add(FieldPath.Member(path, "type"), "unknown backend type. Available backends: \"prometheus\"");
            return;
        }

        var conf = FieldPath.Member(path, "conf");
        if (ProtoChecks.Conf<PrometheusMetricsBackendConfig>(backend.Conf, conf, at) is not { } prometheus)
        {
            return;
        }

        if (prometheus is { SkipMTLS: { } plain, Tls: { } tls } && (plain ? TlsMode.Disabled : TlsMode.ActiveMtlsbackend) != tls.Mode)
        {
            at.Add(conf, "skipMTLS and tls configuration cannot be defined together");
            return;
        }

        if (Checks.RegexFault(prometheus.Envoy?.FilterRegex ?? "") is { } fault)
        {
            at.Add(FieldPath.Member(conf, "envoy.filterRegex"), $"provided regexp isn't correct: {fault}");
            return;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < prometheus.Aggregate.Count; i++)
        {
            var name = prometheus.Aggregate[i].Name;
            at.AddIf(!names.Add(name), FieldPath.Member(FieldPath.Item(FieldPath.Member(conf, "aggregate"), i), "name"), $"duplicate entry: {name}, values have to be unique");
        }
    }

    private static void Tcp(TcpLoggingBackendConfig? tcp, string path, ViolationList at)
    {
        if (tcp is { Address: "" })
        {
            at.Add(path, ProtoChecks.CannotBeEmpty);
        }
        else if (tcp is not null)
        {
            at.AddIf(!ProtoChecks.TrySplitHostPort(tcp.Address, out var host, out var port) || host.Length == 0 || port.Length == 0, path, "has to be in format of HOST:PORT");
        }
    }

    private static void Zipkin(ZipkinTracingBackendConfig? zipkin, string config, ViolationList at)
    {
        if (zipkin is null)
        {
            return;
        }

        at.AddIf(
            zipkin.ApiVersion is not ("" or "httpJsonV1" or "httpJson" or "httpProto"),
            FieldPath.Member(config, "apiVersion"),
            "has invalid value. Allowed values: httpJsonV1, httpJson, httpProto");
        var url = FieldPath.Member(config, "url");
        if (zipkin.Url.Length == 0)
        {
            at.Add(url, ProtoChecks.CannotBeEmpty);
        }
        else if (!Uri.TryCreate(zipkin.Url, UriKind.Absolute, out var uri))
        {
            at.Add(url, "invalid URL");
        }
        else
        {
            // A port that is the scheme's own must be written too.
            at.AddIf(!uri.OriginalString.Contains($"{uri.Host}:{uri.Port}", StringComparison.OrdinalIgnoreCase), url, "port has to be explicitly specified");
        }
    }

    private static void Unique(HashSet<string> names, string name, string path, ViolationList at) =>
        at.AddIf(!names.Add(name), FieldPath.Member(path, "name"), $"\"{name}\" name is already used for another backend");
}
