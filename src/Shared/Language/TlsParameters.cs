using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace MeshConsole.Shared.Language;

/// <summary>Words for TLS versions and ciphers.</summary>
public static class TlsWords
{
    /// <summary>The proxy's own choice.</summary>
    public const string Auto = "TLSAuto";

    /// <summary>TLS 1.0.</summary>
    public const string Tls10 = "TLS10";

    /// <summary>TLS 1.1.</summary>
    public const string Tls11 = "TLS11";

    /// <summary>TLS 1.2.</summary>
    public const string Tls12 = "TLS12";

    /// <summary>TLS 1.3.</summary>
    public const string Tls13 = "TLS13";
}

/// <summary>The versions of TLS that are accepted.</summary>
public sealed record TlsVersionRange
{
    /// <summary>The lowest.</summary>
    [DefaultValue(TlsWords.Auto)]
    [AllowedValues(TlsWords.Auto, TlsWords.Tls10, TlsWords.Tls11, TlsWords.Tls12, TlsWords.Tls13)]
    [Description("The lowest version. The proxy's own choice (TLSAuto) when absent.")]
    public string? Min { get; init; }

    /// <summary>The highest.</summary>
    [DefaultValue(TlsWords.Auto)]
    [AllowedValues(TlsWords.Auto, TlsWords.Tls10, TlsWords.Tls11, TlsWords.Tls12, TlsWords.Tls13)]
    [Description("The highest version. The proxy's own choice (TLSAuto) when absent.")]
    public string? Max { get; init; }

    /// <summary>Checks that a concrete lowest version is not above a concrete highest.</summary>
    public static void Check(TlsVersionRange? range, string path, ViolationList at) => at.AddIf(
        range is { Min: not (null or TlsWords.Auto), Max: not (null or TlsWords.Auto) } && string.CompareOrdinal(range.Min, range.Max) > 0,
        FieldPath.Member(path, "min"),
        "min version must be lower than max");
}
