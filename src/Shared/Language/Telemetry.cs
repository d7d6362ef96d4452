using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace MeshConsole.Shared.Language;

/// <summary>A backend resource by labels.</summary>
public sealed record BackendResourceRef
{
    /// <summary>The kind of resource.</summary>
    [Required]
    [AllowedValues("MeshOpenTelemetryBackend")]
    [Description("MeshOpenTelemetryBackend is the only kind.")]
    public string? Kind { get; init; }

    /// <summary>Labels of the resource.</summary>
    [Description("Labels that the backend must have, all of them; of several the oldest is taken.")]
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}

/// <summary>Where OpenTelemetry data goes: a backend resource, or (old) an address.</summary>
public record OpenTelemetryTarget
{
    /// <summary>The warning for an address that is written into a policy.</summary>
    public const string EndpointDeprecation =
        "openTelemetry.endpoint is deprecated, use openTelemetry.backendRef with a MeshOpenTelemetryBackend resource instead";

    /// <summary>The address, host and port (old).</summary>
    [DefaultValue("")]
    [Description("The address of the collector, host:port. Deprecated: use backendRef.")]
    public string? Endpoint { get; init; }

    /// <summary>The backend resource.</summary>
    [Description("The MeshOpenTelemetryBackend that receives the data.")]
    public BackendResourceRef? BackendRef { get; init; }

    /// <summary>True when an address stands there and no resource.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsInline => !string.IsNullOrEmpty(Endpoint) && BackendRef is null;

    /// <summary>Checks that one of the two is given and well formed.</summary>
    /// <param name="target">What to check.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="at">Receives what is wrong.</param>
    /// <param name="portRequired">The address must name its port.</param>
    public static void Check(OpenTelemetryTarget target, string path, ViolationList at, bool portRequired = false)
    {
        var inline = !string.IsNullOrEmpty(target.Endpoint);
        var endpoint = FieldPath.Member(path, "endpoint");
        switch (inline, target.BackendRef)
        {
            case (true, not null):
                at.Add(path, Messages.OnlyOneOf("openTelemetry", "endpoint", "backendRef"));
                break;
            case (false, null):
                at.Add(path, Messages.ExactlyOneOf("openTelemetry", "endpoint", "backendRef"));
                break;
            case (false, { } reference):
                at.AddIf(reference.Labels is not { Count: > 0 }, FieldPath.Member(path, "backendRef"), Messages.ExactlyOneOf("backendRef", "labels"));
                break;
            case (true, null) when target.Endpoint!.IndexOfAny(['/', '?', '#']) >= 0:
                at.Add(endpoint, "must be in host:port format, not a URL");
                break;
            default:
                at.AddIf(portRequired && !Checks.IsHostAndPort(target.Endpoint!), endpoint, "must be in host:port format");
                break;
        }
    }
}
