using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshAccessLog;

/// <summary>Which requests and connections are logged, and where.</summary>
public sealed record MeshAccessLogSpec : IPolicySpec
{
    /// <inheritdoc />
    [Description("The proxies that log. The whole mesh when absent.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>For traffic that leaves.</summary>
    [Description("Logs of traffic that leaves the proxies, by destination.")]
    public IReadOnlyList<ToItem<AccessLogConf>>? To { get; init; }

    /// <summary>For traffic that enters.</summary>
    [Description("Logs of traffic that enters the proxies. Not together with to or from.")]
    public IReadOnlyList<MatchedRuleItem<AccessLogConf>>? Rules { get; init; }

    /// <summary>For traffic that enters (old).</summary>
    [Description("Logs of traffic that enters the proxies. Deprecated: use rules.")]
    public IReadOnlyList<FromItem<AccessLogConf>>? From { get; init; }
}

/// <summary>Where logs go.</summary>
public sealed record AccessLogConf
{
    /// <summary>The places; none switches logging off.</summary>
    [Description("The places that logs go to. An empty list switches logging off.")]
    public IReadOnlyList<AccessLogBackend>? Backends { get; init; }
}

/// <summary>A place; the object that carries the type's name says where.</summary>
public sealed record AccessLogBackend
{
    /// <summary>A TCP server.</summary>
    public const string TcpType = "Tcp";

    /// <summary>A file of the proxy.</summary>
    public const string FileType = "File";

    /// <summary>An OpenTelemetry collector.</summary>
    public const string OpenTelemetryType = "OpenTelemetry";

    /// <summary>Which.</summary>
    [Required]
    [AllowedValues(TcpType, FileType, OpenTelemetryType)]
    [Description("Tcp, File or OpenTelemetry; the object of that name says where.")]
    public string? Type { get; init; }

    /// <summary>For Tcp.</summary>
    [Description("A TCP server that takes lines.")]
    public TcpLog? Tcp { get; init; }

    /// <summary>For File.</summary>
    [Description("A file where the proxy runs.")]
    public FileLog? File { get; init; }

    /// <summary>For OpenTelemetry.</summary>
    [Description("An OpenTelemetry collector.")]
    public OpenTelemetryLog? OpenTelemetry { get; init; }
}

/// <summary>A TCP server.</summary>
public sealed record TcpLog
{
    /// <summary>Its address.</summary>
    [Required]
    [MinLength(1)]
    [Description("The address, host:port.")]
    public string? Address { get; init; }

    /// <summary>What a line looks like.</summary>
    [Description("What a line looks like.")]
    public LogFormat? Format { get; init; }
}

/// <summary>A file.</summary>
public sealed record FileLog
{
    /// <summary>Its path.</summary>
    [Required]
    [MinLength(1)]
    [Description("The path, for example /dev/stdout.")]
    public string? Path { get; init; }

    /// <summary>What a line looks like.</summary>
    [Description("What a line looks like.")]
    public LogFormat? Format { get; init; }
}

/// <summary>An OpenTelemetry collector.</summary>
public sealed record OpenTelemetryLog : OpenTelemetryTarget
{
    /// <summary>Attributes of a record.</summary>
    [Description("Attributes of a record.")]
    public IReadOnlyList<LogAttribute>? Attributes { get; init; }

    /// <summary>Body of a record.</summary>
    [Description("The body of a record: an OpenTelemetry value, with the placeholders of a format.")]
    public JsonElement? Body { get; init; }
}

/// <summary>An attribute of a record.</summary>
public sealed record LogAttribute
{
    /// <summary>Its key.</summary>
    [Required]
    [RegularExpression("^[a-z]([a-z0-9]|[._][a-z0-9])*$")]
    [Description("The key: lower case letters, digits, single dots and underscores; not beginning with otel.")]
    public string? Key { get; init; }

    /// <summary>Its value.</summary>
    [Required]
    [Description("The value, with the placeholders of a format.")]
    public string? Value { get; init; }
}

/// <summary>What a line looks like.</summary>
public sealed record LogFormat
{
    /// <summary>Text.</summary>
    public const string PlainType = "Plain";

    /// <summary>JSON.</summary>
    public const string JsonType = "Json";

    /// <summary>Which.</summary>
    [Required]
    [AllowedValues(PlainType, JsonType)]
    [Description("Plain or Json; the field of that name says how.")]
    public string? Type { get; init; }

    /// <summary>For Plain.</summary>
    [Description("The line, with Envoy's placeholders such as %RESPONSE_CODE%.")]
    public string? Plain { get; init; }

    /// <summary>For Json.</summary>
    [Description("The members of the JSON object.")]
    public IReadOnlyList<JsonField>? Json { get; init; }

    /// <summary>Leave out what is empty.</summary>
    [DefaultValue(false)]
    [Description("Leaves out values that are empty instead of writing a dash.")]
    public bool? OmitEmptyValues { get; init; }
}

/// <summary>A member of the JSON object.</summary>
public sealed record JsonField
{
    /// <summary>Its key.</summary>
    [Required]
    [Description("The key.")]
    public string? Key { get; init; }

    /// <summary>Its value.</summary>
    [Required]
    [Description("The value, with Envoy's placeholders such as %RESPONSE_CODE%.")]
    public string? Value { get; init; }
}
