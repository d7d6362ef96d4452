using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshTLS;

/// <summary>Whether proxies insist on mTLS, and with which versions and ciphers.</summary>
public sealed record MeshTLSSpec : IPolicySpec
{
    /// <inheritdoc />
    [Description("The proxies that are meant. The whole mesh when absent.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>For traffic that enters.</summary>
    [Description("mTLS of traffic that enters the proxies. Not together with from.")]
    public IReadOnlyList<RuleItem<TlsConf>>? Rules { get; init; }

    /// <summary>For traffic that enters (old).</summary>
    [Description("mTLS of traffic that enters the proxies. Deprecated: use rules.")]
    public IReadOnlyList<FromItem<TlsConf>>? From { get; init; }
}

/// <summary>mTLS.</summary>
public sealed record TlsConf
{
    /// <summary>Plain text too.</summary>
    public const string Permissive = "Permissive";

    /// <summary>mTLS only.</summary>
    public const string Strict = "Strict";

    /// <summary>Strict or permissive.</summary>
    [AllowedValues(Permissive, Strict)]
    [Description("Strict refuses plain text, Permissive lets it in beside mTLS. That of the mesh when absent.")]
    public string? Mode { get; init; }

    /// <summary>Versions.</summary>
    [Description("The versions of TLS. Only for the whole mesh.")]
    public TlsVersionRange? TlsVersion { get; init; }

    /// <summary>Ciphers.</summary>
    [AllowedValues(
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-RSA-CHACHA20-POLY1305")]
    [Description("The ciphers for TLS 1.2 and older. Only for the whole mesh.")]
    public IReadOnlyList<string>? TlsCiphers { get; init; }
}
