using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using MeshConsole.ControlPlane.Kinds.HostnameGenerator;
using MeshConsole.Shared.Language;

namespace MeshConsole.ControlPlane.Kinds.MeshExternalService;

/// <summary>A service outside the mesh, reached through a zone egress.</summary>
public sealed record MeshExternalServiceSpec
{
    /// <summary>Under which name and port the mesh reaches it.</summary>
    [Required]
    [Description("How the mesh reaches it.")]
    public ExternalServiceMatch? Match { get; init; }

    /// <summary>An extension of another product.</summary>
    [Description("Settings for an extension, which then decides about endpoints and tls.")]
    public KindExtension? Extension { get; init; }

    /// <summary>Where it is.</summary>
    [Description("The addresses of the service.")]
    public IReadOnlyList<ExternalEndpoint>? Endpoints { get; init; }

    /// <summary>TLS towards it.</summary>
    [Description("TLS towards the service.")]
    public ExternalTls? Tls { get; init; }
}

/// <summary>How the mesh reaches it.</summary>
public sealed record ExternalServiceMatch
{
    /// <summary>The way.</summary>
    [DefaultValue("HostnameGenerator")]
    [AllowedValues("HostnameGenerator")]
    [Description("HostnameGenerator is the only way: host names come from generators.")]
    public string? Type { get; init; }

    /// <summary>The port.</summary>
    [Required]
    [Range(1, 65535)]
    [Description("The port that the mesh uses.")]
    public int? Port { get; init; }

    /// <summary>The protocol.</summary>
    [DefaultValue("tcp")]
    [AllowedValues("tcp", "grpc", "http", "http2")]
    [Description("The protocol. tcp when absent.")]
    public string? Protocol { get; init; }
}

/// <summary>An address of the service.</summary>
public sealed record ExternalEndpoint
{
    /// <summary>Host name or IP address.</summary>
    [Required]
    [MinLength(1)]
    [Description("A host name or an IP address.")]
    public string? Address { get; init; }

    /// <summary>The port.</summary>
    [Required]
    [Range(1, 65535)]
    [Description("The port.")]
    public int? Port { get; init; }

    /// <summary>Lower comes first.</summary>
    [Range(0, 128)]
    [Description("Endpoints with a lower number come first; others when those are ill. 0 when absent.")]
    public int? Priority { get; init; }
}

/// <summary>TLS towards the service.</summary>
public sealed record ExternalTls
{
    /// <summary>On.</summary>
    [DefaultValue(false)]
    [Description("Switches TLS on.")]
    public bool? Enabled { get; init; }

    /// <summary>Versions.</summary>
    [Description("The versions of TLS.")]
    public TlsVersionRange? Version { get; init; }

    /// <summary>Renegotiation.</summary>
    [DefaultValue(false)]
    [Description("Lets the service renegotiate. Not wise; false when absent.")]
    public bool? AllowRenegotiation { get; init; }

    /// <summary>Certificates.</summary>
    [Description("How certificates are checked, and our own.")]
    public ExternalTlsVerification? Verification { get; init; }
}

/// <summary>How certificates are checked, and our own.</summary>
public sealed record ExternalTlsVerification
{
    /// <summary>Everything is checked.</summary>
    public const string Secured = "Secured";

    /// <summary>Names are not checked.</summary>
    public const string SkipSan = "SkipSAN";

    /// <summary>The issuer is not checked.</summary>
    public const string SkipCa = "SkipCA";

    /// <summary>Nothing is checked.</summary>
    public const string SkipAll = "SkipAll";

    /// <summary>What is checked.</summary>
    [DefaultValue(Secured)]
    [AllowedValues(SkipSan, SkipCa, Secured, SkipAll)]
    [Description("Secured checks everything; SkipSAN, SkipCA and SkipAll leave out names, issuer, both. Secured when absent.")]
    public string? Mode { get; init; }

    /// <summary>SNI.</summary>
    [Description("The server name that is asked for (SNI). The endpoint's host name when absent.")]
    public string? ServerName { get; init; }

    /// <summary>Accepted names.</summary>
    [Description("The names that the certificate may have. The server name when absent.")]
    public IReadOnlyList<SubjectAltName>? SubjectAltNames { get; init; }

    /// <summary>Issuer.</summary>
    [Description("The certificate of the issuer. Those of the system when absent.")]
    public DataSource? CaCert { get; init; }

    /// <summary>Our certificate.</summary>
    [Description("Our own certificate. Together with clientKey.")]
    public DataSource? ClientCert { get; init; }

    /// <summary>Our key.</summary>
    [Description("The key of our own certificate. Together with clientCert.")]
    public DataSource? ClientKey { get; init; }
}

/// <summary>A name that the certificate may have.</summary>
public sealed record SubjectAltName
{
    /// <summary>How to compare.</summary>
    [DefaultValue("Exact")]
    [AllowedValues("Exact", "Prefix")]
    [Description("Exact or Prefix. Exact when absent.")]
    public string? Type { get; init; }

    /// <summary>What to compare with.</summary>
    [Required]
    [Description("What the name is compared with.")]
    public string? Value { get; init; }
}

/// <summary>Where data comes from; one of the three.</summary>
public sealed record DataSource
{
    /// <summary>A Secret of the mesh.</summary>
    [Description("The name of a Secret of the mesh.")]
    public string? Secret { get; init; }

    /// <summary>Bytes.</summary>
    [DataType("base64")]
    [Description("The data itself, base64.")]
    public string? Inline { get; init; }

    /// <summary>Text.</summary>
    [Description("The data itself, as text.")]
    public string? InlineString { get; init; }
}

/// <summary>What control planes say of a MeshExternalService.</summary>
public sealed record MeshExternalServiceStatus : ServiceStatus
{
    /// <summary>Its virtual address.</summary>
    public ServiceVip? Vip { get; init; }
}
