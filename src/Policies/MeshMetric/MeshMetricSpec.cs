using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshMetric;

/// <summary>Which metrics proxies and applications give, and to whom.</summary>
public sealed record MeshMetricSpec : IPolicySpec
{
    /// <inheritdoc />
    [Description("The proxies that give metrics. The whole mesh when absent.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>The configuration.</summary>
    [Description("Which metrics, and to whom.")]
    public MetricConf? Default { get; init; }
}

/// <summary>Which metrics, and to whom.</summary>
public sealed record MetricConf
{
    /// <summary>The proxy's own.</summary>
    [Description("Which metrics of the proxy itself.")]
    public SidecarMetrics? Sidecar { get; init; }

    /// <summary>The applications'.</summary>
    [Description("Applications whose metrics the proxy passes on.")]
    public IReadOnlyList<ApplicationMetrics>? Applications { get; init; }

    /// <summary>To whom.</summary>
    [Description("Who gets them. An empty list switches metrics off.")]
    public IReadOnlyList<MetricBackend>? Backends { get; init; }
}

/// <summary>Which metrics of the proxy itself.</summary>
public sealed record SidecarMetrics
{
    /// <summary>Those that never moved, too.</summary>
    [Description("Metrics that never moved, too. False when absent.")]
    public bool? IncludeUnused { get; init; }

    /// <summary>Sets of metrics.</summary>
    [Description("Sets of metrics, with exceptions.")]
    public MetricProfiles? Profiles { get; init; }
}

/// <summary>Sets of metrics.</summary>
public sealed record MetricProfiles
{
    /// <summary>The sets; those of several policies are joined.</summary>
    [Description("The sets; those of all policies are joined.")]
    public IReadOnlyList<MetricProfile>? AppendProfiles { get; init; }

    /// <summary>Not these.</summary>
    [Description("Metrics that are left out.")]
    public IReadOnlyList<MetricSelector>? Exclude { get; init; }

    /// <summary>These in any case.</summary>
    [Description("Metrics that are given in any case, even when left out above.")]
    public IReadOnlyList<MetricSelector>? Include { get; init; }
}

/// <summary>A set of metrics.</summary>
public sealed record MetricProfile
{
    /// <summary>Its name.</summary>
    [Required]
    [AllowedValues("All", "Basic", "None")]
    [Description("All, Basic (what the dashboards need) or None.")]
    public string? Name { get; init; }
}

/// <summary>Selects metrics by name.</summary>
public sealed record MetricSelector
{
    /// <summary>A regular expression.</summary>
    public const string Regex = "Regex";

    /// <summary>How to compare.</summary>
    [Required]
    [AllowedValues("Prefix", Regex, "Exact", "Contains")]
    [Description("Prefix, Regex, Exact or Contains.")]
    public string? Type { get; init; }

    /// <summary>What to compare with.</summary>
    [Required]
    [Description("What the name of the metric is compared with.")]
    public string? Match { get; init; }
}

/// <summary>An application whose metrics the proxy passes on.</summary>
public sealed record ApplicationMetrics
{
    /// <summary>Its name, as it shall stand in the metrics.</summary>
    [Description("The name that stands in the metrics. Only with several applications.")]
    public string? Name { get; init; }

    /// <summary>Where it listens.</summary>
    [Description("The address that the application listens on. The proxy's own when absent.")]
    public string? Address { get; init; }

    /// <summary>Path of its metrics.</summary>
    [DefaultValue("/metrics")]
    [Description("The path of its metrics. /metrics when absent.")]
    public string? Path { get; init; }

    /// <summary>Port of its metrics.</summary>
    [Required]
    [Description("The port of its metrics.")]
    public uint? Port { get; init; }
}

/// <summary>Who gets metrics; the object that carries the type's name says where.</summary>
public sealed record MetricBackend
{
    /// <summary>Prometheus fetches them.</summary>
    public const string PrometheusType = "Prometheus";

    /// <summary>They are sent to a collector.</summary>
    public const string OpenTelemetryType = "OpenTelemetry";

    /// <summary>Which.</summary>
    [Required]
    [AllowedValues(PrometheusType, OpenTelemetryType)]
    [Description("Prometheus or OpenTelemetry; the object of that name says where.")]
    public string? Type { get; init; }

    /// <summary>For Prometheus.</summary>
    [Description("Where Prometheus fetches the metrics.")]
    public PrometheusBackend? Prometheus { get; init; }

    /// <summary>For OpenTelemetry.</summary>
    [Description("The collector that the metrics are sent to.")]
    public OpenTelemetryMetrics? OpenTelemetry { get; init; }
}

/// <summary>Where Prometheus fetches metrics.</summary>
public sealed record PrometheusBackend
{
    /// <summary>Which Prometheus.</summary>
    [Description("The Prometheus that is meant, when there are several.")]
    public string? ClientId { get; init; }

    /// <summary>The path.</summary>
    [DefaultValue("/metrics")]
    [Description("The path. /metrics when absent.")]
    public string? Path { get; init; }

    /// <summary>The port.</summary>
    [DefaultValue(5670)]
    [Description("The port. 5670 when absent.")]
    public uint? Port { get; init; }

    /// <summary>TLS.</summary>
    [Description("TLS of the port.")]
    public PrometheusTls? Tls { get; init; }
}

/// <summary>TLS of the port.</summary>
public sealed record PrometheusTls
{
    /// <summary>Which.</summary>
    [DefaultValue("Disabled")]
    [AllowedValues("Disabled", "ProvidedTLS", "ActiveMTLSBackend")]
    [Description("Disabled, ProvidedTLS (certificates given to the proxy) or ActiveMTLSBackend (those of the mesh). Disabled when absent.")]
    public string? Mode { get; init; }
}

/// <summary>The collector that metrics are sent to.</summary>
public sealed record OpenTelemetryMetrics : OpenTelemetryTarget
{
    /// <summary>How often.</summary>
    [Description("How often metrics are sent. 60s when absent.")]
    public GoDuration? RefreshInterval { get; init; }
}
