using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.ControlPlane.Kinds.MeshIdentity;

/// <summary>Who issues certificates to which proxies, and which identity stands in them.</summary>
public sealed record MeshIdentitySpec
{
    /// <summary>To whom.</summary>
    [Description("The proxies that get certificates. None when absent; of several identities the one with most labels wins.")]
    public MeshIdentitySelector? Selector { get; init; }

    /// <summary>Which identity.</summary>
    [Description("The SPIFFE ID of the certificates.")]
    public SpiffeIdTemplate? SpiffeID { get; init; }

    /// <summary>By whom.</summary>
    [Description("Who issues the certificates.")]
    public IdentityProvider? Provider { get; init; }
}

/// <summary>The proxies that get certificates.</summary>
public sealed record MeshIdentitySelector
{
    /// <summary>By labels.</summary>
    [Description("Dataplanes with these labels; all when there are none.")]
    public LabelSelector? Dataplane { get; init; }
}

/// <summary>A SPIFFE ID as templates.</summary>
public sealed record SpiffeIdTemplate
{
    /// <summary>Trust domain.</summary>
    [Description("The trust domain: text with {{ .Mesh }}, {{ .Zone }}. {{ .Mesh }}.{{ .Zone }}.mesh.local when absent.")]
    public string? TrustDomain { get; init; }

    /// <summary>Path.</summary>
    [Description("The path: text with {{ .Mesh }}, {{ .Zone }}, {{ .Namespace }}, {{ .ServiceAccount }}, {{ .Workload }} and {{ label \"key\" }}.")]
    public string? Path { get; init; }
}

/// <summary>Who issues certificates; the object that carries the type's name says how.</summary>
public sealed record IdentityProvider
{
    /// <summary>The control plane.</summary>
    public const string BundledType = "Bundled";

    /// <summary>A SPIRE agent.</summary>
    public const string SpireType = "Spire";

    /// <summary>An extension.</summary>
    public const string ExtensionType = "Extension";

    /// <summary>Which.</summary>
    [Required]
    [AllowedValues(BundledType, SpireType, ExtensionType)]
    [Description("Bundled (the control plane), Spire or Extension; the object of that name says how.")]
    public string? Type { get; init; }

    /// <summary>For Bundled.</summary>
    [Description("The control plane issues.")]
    public BundledProvider? Bundled { get; init; }

    /// <summary>For Spire.</summary>
    [Description("A SPIRE agent beside the proxy issues.")]
    public SpireProvider? Spire { get; init; }

    /// <summary>For Extension.</summary>
    [Description("An extension issues.")]
    public ExtensionProvider? Extension { get; init; }
}

/// <summary>The control plane issues.</summary>
public sealed record BundledProvider
{
    /// <summary>Self-signed CA certificates are accepted.</summary>
    [Description("Accepts a CA certificate that signed itself. Not for production.")]
    public bool? InsecureAllowSelfSigned { get; init; }

    /// <summary>Whether the trust is written by itself.</summary>
    [AllowedValues("Enabled", "Disabled")]
    [Description("Whether a MeshTrust for the CA is made by itself. Enabled when absent.")]
    public string? MeshTrustCreation { get; init; }

    /// <summary>Certificates.</summary>
    [Description("What the certificates are like.")]
    public CertificateParameters? CertificateParameters { get; init; }

    /// <summary>An own CA.</summary>
    [Description("Makes a CA of its own.")]
    public Autogenerate? Autogenerate { get; init; }

    /// <summary>A given CA.</summary>
    [Description("The CA, when none is made.")]
    public IdentityCa? Ca { get; init; }
}

/// <summary>What certificates are like.</summary>
public sealed record CertificateParameters
{
    /// <summary>How long they live.</summary>
    [Description("How long a certificate lives. 24h when absent.")]
    public GoDuration? Expiry { get; init; }
}

/// <summary>An own CA.</summary>
public sealed record Autogenerate
{
    /// <summary>On.</summary>
    [Description("Switches it on.")]
    public bool? Enabled { get; init; }
}

/// <summary>A given CA.</summary>
public sealed record IdentityCa
{
    /// <summary>Its certificate.</summary>
    [Description("The certificate of the CA, PEM.")]
    public SecureDataSource? Certificate { get; init; }

    /// <summary>Its key.</summary>
    [Description("The private key of the CA, PEM.")]
    public SecureDataSource? PrivateKey { get; init; }
}

/// <summary>A SPIRE agent issues.</summary>
public sealed record SpireProvider
{
    /// <summary>The agent.</summary>
    [Description("The agent.")]
    public SpireAgent? Agent { get; init; }
}

/// <summary>A SPIRE agent.</summary>
public sealed record SpireAgent
{
    /// <summary>How long to wait for it.</summary>
    [Description("How long to wait for it. 1s when absent.")]
    public GoDuration? Timeout { get; init; }
}

/// <summary>An extension issues.</summary>
public sealed record ExtensionProvider
{
    /// <summary>The extension.</summary>
    [Required]
    [Description("The name of the extension.")]
    public string? Name { get; init; }

    /// <summary>Its settings.</summary>
    [Description("The extension's own settings.")]
    public JsonElement? Config { get; init; }
}

/// <summary>Where secret data comes from; the object that carries the type's name says where.</summary>
public sealed record SecureDataSource
{
    /// <summary>A file of the control plane.</summary>
    public const string FileType = "File";

    /// <summary>A Secret of the mesh.</summary>
    public const string SecretType = "Secret";

    /// <summary>An environment variable of the control plane.</summary>
    public const string EnvVarType = "EnvVar";

    /// <summary>The data itself.</summary>
    public const string InlineType = "InsecureInline";

    /// <summary>Which.</summary>
    [Required]
    [AllowedValues(FileType, SecretType, EnvVarType, InlineType)]
    [Description("File, Secret, EnvVar or InsecureInline; the object of that name says where.")]
    public string? Type { get; init; }

    /// <summary>For File.</summary>
    [Description("A file of the control plane.")]
    public SecretFile? File { get; init; }

    /// <summary>For Secret.</summary>
    [Description("A Secret of the mesh.")]
    public SecretRef? SecretRef { get; init; }

    /// <summary>For EnvVar.</summary>
    [Description("An environment variable of the control plane.")]
    public SecretVariable? EnvVar { get; init; }

    /// <summary>For InsecureInline.</summary>
    [Description("The data itself: everybody who may read this resource sees it.")]
    public InlineSecret? InsecureInline { get; init; }

    /// <summary>Checks that the object of the type is there and well formed.</summary>
    internal static void Check(SecureDataSource? source, string path, ViolationList at)
    {
        switch (source?.Type)
        {
            case null:
                at.Add(path, Messages.MustBeDefined);
                break;
            case FileType:
                Defined(source.File, "file", source.File?.Path, "path");
                at.AddIf(
                    source.File?.Path is { Length: > 0 } file && (!Checks.IsAbsolutePath(file) || file.Split('/').Contains("..")),
                    FieldPath.Member(path, "file.path"),
                    "must be an absolute path without '..'");
                break;
            case SecretType:
                Defined(source.SecretRef, "secretRef", source.SecretRef?.Name, "name");
                break;
            case EnvVarType:
                Defined(source.EnvVar, "envVar", source.EnvVar?.Name, "name");
                break;
            case InlineType:
                Defined(source.InsecureInline, "insecureInline", source.InsecureInline?.Value, "value");
                break;
        }

        void Defined(object? body, string name, string? value, string member)
        {
            at.AddIf(body is null, FieldPath.Member(path, name), Messages.MustBeDefined);
            at.AddIf(body is not null && value is "", FieldPath.Member(path, $"{name}.{member}"), Messages.MustBeDefined);
        }
    }
}

/// <summary>A file of the control plane.</summary>
public sealed record SecretFile
{
    /// <summary>Its path.</summary>
    [Required]
    [Description("The path, from the root and without '..'.")]
    public string? Path { get; init; }
}

/// <summary>A Secret of the mesh.</summary>
public sealed record SecretRef
{
    /// <summary>The kind.</summary>
    [Required]
    [AllowedValues("Secret")]
    [Description("Secret is the only kind.")]
    public string? Kind { get; init; }

    /// <summary>Its name.</summary>
    [Required]
    [Description("The name of the Secret.")]
    public string? Name { get; init; }
}

/// <summary>An environment variable of the control plane.</summary>
public sealed record SecretVariable
{
    /// <summary>Its name.</summary>
    [Required]
    [Description("The name of the variable.")]
    public string? Name { get; init; }
}

/// <summary>The data itself.</summary>
public sealed record InlineSecret
{
    /// <summary>The data.</summary>
    [Required]
    [Description("The data.")]
    public string? Value { get; init; }
}

/// <summary>What control planes say of an identity.</summary>
public sealed record MeshIdentityStatus
{
    /// <summary>Conditions in the manner of Kubernetes.</summary>
    public IReadOnlyList<StatusCondition>? Conditions { get; init; }
}
