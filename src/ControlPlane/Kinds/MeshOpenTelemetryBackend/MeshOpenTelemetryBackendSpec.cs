using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace MeshConsole.ControlPlane.Kinds.MeshOpenTelemetryBackend;

/// <summary>An OpenTelemetry collector that logs, metrics and traces can name.</summary>
public sealed record MeshOpenTelemetryBackendSpec
{
    /// <summary>Where it is.</summary>
    [Description("Where the collector is. The proxy's own host when absent.")]
    public CollectorEndpoint? Endpoint { get; init; }

    /// <summary>The protocol.</summary>
    [AllowedValues("grpc", "http")]
    [Description("grpc or http. grpc when absent.")]
    public string? Protocol { get; init; }

    /// <summary>Environment variables of the proxy.</summary>
    [Description("Whether OTEL_* environment variables of the proxy count.")]
    public CollectorEnvironment? Env { get; init; }
}

/// <summary>Where a collector is.</summary>
public sealed record CollectorEndpoint
{
    /// <summary>Host name or IP address.</summary>
    [Description("A host name or an IP address.")]
    public string? Address { get; init; }

    /// <summary>Port.</summary>
    [Description("The port. 4317 when absent.")]
    public int? Port { get; init; }

    /// <summary>Path before the signals' own.</summary>
    [Description("The path, only with http; begins with /.")]
    public string? Path { get; init; }
}

/// <summary>Whether environment variables count.</summary>
public sealed record CollectorEnvironment
{
    /// <summary>Whether they count.</summary>
    [DefaultValue("Optional")]
    [AllowedValues("Disabled", "Optional", "Required")]
    [Description("Disabled, Optional or Required. Optional when absent.")]
    public string? Mode { get; init; }

    /// <summary>Which comes first.</summary>
    [DefaultValue("EnvFirst")]
    [AllowedValues("ExplicitFirst", "EnvFirst")]
    [Description("EnvFirst or ExplicitFirst: what wins when both say something. EnvFirst when absent.")]
    public string? Precedence { get; init; }

    /// <summary>Variables per signal.</summary>
    [Description("Variables for a single signal may differ from the common ones. True when absent.")]
    public bool? AllowSignalOverrides { get; init; }
}
