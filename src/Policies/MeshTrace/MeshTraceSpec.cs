using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshTrace;

/// <summary>Which requests are traced, and where the spans go.</summary>
public sealed record MeshTraceSpec : IPolicySpec
{
    /// <inheritdoc />
    [Description("The proxies that trace. The whole mesh when absent.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>The configuration.</summary>
    [Description("Which requests are traced, and where the spans go.")]
    public TraceConf? Default { get; init; }
}

/// <summary>Which requests are traced, and where the spans go.</summary>
public sealed record TraceConf
{
    /// <summary>Where to; none switches tracing off.</summary>
    [MaxLength(1)]
    [Description("Where the spans go, at most one place. An empty list switches tracing off.")]
    public IReadOnlyList<TraceBackend>? Backends { get; init; }

    /// <summary>Which requests.</summary>
    [Description("Which share of the requests is traced.")]
    public TraceSampling? Sampling { get; init; }

    /// <summary>Tags of a span.</summary>
    [Description("Tags that each span carries.")]
    public IReadOnlyList<TraceTag>? Tags { get; init; }
}

/// <summary>Where spans go; the object that carries the type's name says where.</summary>
public sealed record TraceBackend
{
    /// <summary>A Zipkin server.</summary>
    public const string ZipkinType = "Zipkin";

    /// <summary>A Datadog agent.</summary>
    public const string DatadogType = "Datadog";

    /// <summary>An OpenTelemetry collector.</summary>
    public const string OpenTelemetryType = "OpenTelemetry";

    /// <summary>Which.</summary>
    [Required]
    [AllowedValues(ZipkinType, DatadogType, OpenTelemetryType)]
    [Description("Zipkin, Datadog or OpenTelemetry; the object of that name says where.")]
    public string? Type { get; init; }

    /// <summary>For Zipkin.</summary>
    [Description("A server that speaks Zipkin.")]
    public ZipkinBackend? Zipkin { get; init; }

    /// <summary>For Datadog.</summary>
    [Description("A Datadog agent.")]
    public DatadogBackend? Datadog { get; init; }

    /// <summary>For OpenTelemetry.</summary>
    [Description("An OpenTelemetry collector.")]
    public OpenTelemetryTarget? OpenTelemetry { get; init; }
}

/// <summary>A server that speaks Zipkin.</summary>
public sealed record ZipkinBackend
{
    /// <summary>Its address.</summary>
    [Required]
    [Description("The address, for example http://zipkin:9411/api/v2/spans.")]
    public string? Url { get; init; }

    /// <summary>Long trace IDs.</summary>
    [DefaultValue(false)]
    [Description("Trace IDs of 128 bits. 64 when absent.")]
    public bool? TraceId128bit { get; init; }

    /// <summary>The protocol.</summary>
    [DefaultValue("httpJson")]
    [AllowedValues("httpJson", "httpProto")]
    [Description("httpJson or httpProto. httpJson when absent.")]
    public string? ApiVersion { get; init; }

    /// <summary>One span for both sides.</summary>
    [DefaultValue(true)]
    [Description("Client and server share a span. True when absent.")]
    public bool? SharedSpanContext { get; init; }
}

/// <summary>A Datadog agent.</summary>
public sealed record DatadogBackend
{
    /// <summary>Its address.</summary>
    [Required]
    [Description("The address: http, host and port, nothing more.")]
    public string? Url { get; init; }

    /// <summary>One service per direction and destination.</summary>
    [DefaultValue(false)]
    [Description("Divides the service by direction and destination. False when absent.")]
    public bool? SplitService { get; init; }
}

/// <summary>Which share of the requests is traced, in percent.</summary>
public sealed record TraceSampling
{
    /// <summary>Upper limit.</summary>
    [DataType("percent")]
    [Description("The most that is traced of all, in percent. 100 when absent.")]
    public IntOrString? Overall { get; init; }

    /// <summary>Of requests whose client asks for it.</summary>
    [DataType("percent")]
    [Description("The share of the requests whose client asks for it, in percent. 100 when absent.")]
    public IntOrString? Client { get; init; }

    /// <summary>Of all other requests.</summary>
    [DataType("percent")]
    [Description("The share of all other requests, in percent. 100 when absent.")]
    public IntOrString? Random { get; init; }
}

/// <summary>A tag of each span; with a fixed value or the value of a header.</summary>
public sealed record TraceTag
{
    /// <summary>Its name.</summary>
    [Required]
    [Description("The name of the tag.")]
    public string? Name { get; init; }

    /// <summary>Fixed value.</summary>
    [Description("A fixed value. Not together with header.")]
    public string? Literal { get; init; }

    /// <summary>Value of a header.</summary>
    [Description("The value of a header of the request. Not together with literal.")]
    public TraceTagHeader? Header { get; init; }
}

/// <summary>The value of a header.</summary>
public sealed record TraceTagHeader
{
    /// <summary>The header.</summary>
    [Required]
    [Description("The name of the header.")]
    public string? Name { get; init; }

    /// <summary>When it is not there.</summary>
    [Description("The value when the request has no such header.")]
    public string? Default { get; init; }
}
