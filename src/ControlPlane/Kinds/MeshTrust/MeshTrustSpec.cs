using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace MeshConsole.ControlPlane.Kinds.MeshTrust;

/// <summary>Whose certificates are trusted for a trust domain.</summary>
public sealed record MeshTrustSpec
{
    /// <summary>Where it came from (old; now in the status).</summary>
    [Description("Where this came from. Deprecated and ignored: the control plane keeps it in the status.")]
    public TrustOrigin? Origin { get; init; }

    /// <summary>The domain.</summary>
    [Required]
    [MaxLength(253)]
    [Description("The trust domain that the certificates speak for.")]
    public string? TrustDomain { get; init; }

    /// <summary>The issuers.</summary>
    [Required]
    [MinLength(1)]
    [Description("Certificates of the issuers.")]
    public IReadOnlyList<CaBundle>? CaBundles { get; init; }
}

/// <summary>Where a trust came from.</summary>
public sealed record TrustOrigin
{
    /// <summary>The MeshIdentity.</summary>
    [Description("The MeshIdentity that made it.")]
    public string? Kri { get; init; }
}

/// <summary>Certificates of issuers.</summary>
public sealed record CaBundle
{
    /// <summary>How they are written.</summary>
    [Required]
    [AllowedValues("Pem")]
    [Description("Pem is the only way.")]
    public string? Type { get; init; }

    /// <summary>For Pem.</summary>
    [Description("Certificates as PEM.")]
    public PemBundle? Pem { get; init; }
}

/// <summary>Certificates as PEM.</summary>
public sealed record PemBundle
{
    /// <summary>The text.</summary>
    [Required]
    [Description("The certificates, one after the other; no private key.")]
    public string? Value { get; init; }
}

/// <summary>What control planes say of a trust.</summary>
public sealed record MeshTrustStatus
{
    /// <summary>Where it came from.</summary>
    public TrustOrigin? Origin { get; init; }
}
