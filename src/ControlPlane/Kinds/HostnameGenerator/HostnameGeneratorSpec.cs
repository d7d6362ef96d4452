using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using MeshConsole.Shared.Language;

namespace MeshConsole.ControlPlane.Kinds.HostnameGenerator;

/// <summary>Makes host names for services.</summary>
public sealed record HostnameGeneratorSpec
{
    /// <summary>For which.</summary>
    [Description("The services that get a host name; exactly one kind of them.")]
    public HostnameGeneratorSelector? Selector { get; init; }

    /// <summary>The name, as a template.</summary>
    [Required]
    [Description("The host name: text with {{ .DisplayName }}, {{ .Namespace }}, {{ .Mesh }}, {{ .Zone }}, {{ .Name }} and {{ label \"key\" }}.")]
    public string? Template { get; init; }

    /// <summary>An extension of another product.</summary>
    [Description("Settings for an extension.")]
    public KindExtension? Extension { get; init; }
}

/// <summary>The services that get a host name.</summary>
public sealed record HostnameGeneratorSelector
{
    /// <summary>MeshServices.</summary>
    [Description("MeshServices with these labels.")]
    public LabelSelector? MeshService { get; init; }

    /// <summary>MeshExternalServices.</summary>
    [Description("MeshExternalServices with these labels.")]
    public LabelSelector? MeshExternalService { get; init; }

    /// <summary>MeshMultiZoneServices.</summary>
    [Description("MeshMultiZoneServices with these labels.")]
    public LabelSelector? MeshMultiZoneService { get; init; }
}

/// <summary>Settings for an extension of another product; we keep them and do nothing with them.</summary>
public sealed record KindExtension
{
    /// <summary>The extension.</summary>
    [Required]
    [Description("The name of the extension.")]
    public string? Type { get; init; }

    /// <summary>Its settings.</summary>
    [Description("The extension's own settings.")]
    public JsonElement? Config { get; init; }
}
