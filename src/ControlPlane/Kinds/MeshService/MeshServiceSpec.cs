using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.ControlPlane.Kinds.MeshService;

/// <summary>A service of one zone: a name, ports, and the proxies behind it.</summary>
public sealed record MeshServiceSpec
{
    /// <summary>Some proxy is ready.</summary>
    public const string Available = "Available";

    /// <summary>No proxy is ready.</summary>
    public const string Unavailable = "Unavailable";

    /// <summary>Whether anything is ready to answer; kept by the zone.</summary>
    [DefaultValue(Unavailable)]
    [AllowedValues(Available, Unavailable)]
    [Description("Whether a proxy is ready to answer. Set by the zone; Unavailable when absent.")]
    public string? State { get; init; }

    /// <summary>The proxies behind the service.</summary>
    [Description("The proxies behind the service, in one of three ways.")]
    public MeshServiceSelector? Selector { get; init; }

    /// <summary>The ports.</summary>
    [Description("The ports of the service.")]
    public IReadOnlyList<MeshServicePort>? Ports { get; init; }

    /// <summary>Identities of the proxies behind it; kept by the zone.</summary>
    [Description("The identities of the proxies behind the service. Set by the zone.")]
    public IReadOnlyList<MeshServiceIdentity>? Identities { get; init; }
}

/// <summary>The proxies behind a service; at most one way is given.</summary>
public sealed record MeshServiceSelector
{
    /// <summary>By tags of an inbound.</summary>
    [Description("Inbounds that have all these tags.")]
    public IReadOnlyDictionary<string, string>? DataplaneTags { get; init; }

    /// <summary>One proxy.</summary>
    [Description("One proxy, by name.")]
    public DataplaneRef? DataplaneRef { get; init; }

    /// <summary>By labels of the proxy.</summary>
    [Description("Proxies that have all these labels.")]
    public LabelSelector? DataplaneLabels { get; init; }
}

/// <summary>A proxy by name.</summary>
public sealed record DataplaneRef
{
    /// <summary>Its name in the zone.</summary>
    [Description("The name of the Dataplane.")]
    public string? Name { get; init; }
}

/// <summary>A port of a service.</summary>
public sealed record MeshServicePort : ServicePort
{
    /// <summary>Port of the proxy's inbound, by number or name.</summary>
    [Description("The inbound that receives the traffic, by port or by name. The port itself when absent.")]
    public IntOrString? TargetPort { get; init; }
}

/// <summary>An identity of a service.</summary>
public sealed record MeshServiceIdentity
{
    /// <summary>A value of the tag kuma.io/service.</summary>
    public const string ServiceTag = "ServiceTag";

    /// <summary>A SPIFFE ID.</summary>
    public const string SpiffeId = "SpiffeID";

    /// <summary>How it is written.</summary>
    [Required]
    [AllowedValues(ServiceTag, SpiffeId)]
    [Description("ServiceTag for a value of the tag kuma.io/service, SpiffeID for a SPIFFE ID.")]
    public string? Type { get; init; }

    /// <summary>The identity.</summary>
    [Required]
    [Description("The identity itself.")]
    public string? Value { get; init; }
}

/// <summary>What the zone says of a service.</summary>
public sealed record MeshServiceStatus : ServiceStatus
{
    /// <summary>mTLS of the proxies behind it.</summary>
    public ServiceTlsStatus? Tls { get; init; }

    /// <summary>How many proxies stand behind it.</summary>
    public DataplaneProxies? DataplaneProxies { get; init; }
}

/// <summary>mTLS of the proxies behind a service.</summary>
public sealed record ServiceTlsStatus
{
    /// <summary>All proxies have certificates.</summary>
    public const string Ready = "Ready";

    /// <summary>Some proxy has none yet: clients keep to plain text.</summary>
    public const string NotReady = "NotReady";

    /// <summary><see cref="Ready"/> or <see cref="NotReady"/>.</summary>
    public string? Status { get; init; }
}

/// <summary>Numbers of proxies behind a service.</summary>
public sealed record DataplaneProxies
{
    /// <summary>Connected to their zone.</summary>
    public int Connected { get; init; }

    /// <summary>Connected with a ready inbound.</summary>
    public int Healthy { get; init; }

    /// <summary>All.</summary>
    public int Total { get; init; }
}
