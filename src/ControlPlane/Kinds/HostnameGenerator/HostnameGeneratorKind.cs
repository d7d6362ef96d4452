using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.ControlPlane.Kinds.HostnameGenerator;

/// <summary>The kind HostnameGenerator: belongs to no mesh.</summary>
public sealed class HostnameGeneratorKind() : SpecKind<HostnameGeneratorSpec>(
    new("HostnameGenerator", "hostnamegenerators", "hg", "Hostname Generator", "Hostname Generators"))
{
    /// <inheritdoc />
    public override Scope Scope => Scope.Global;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone | Flow.ZoneToGlobal;

    /// <inheritdoc />
    protected override void Check(HostnameGeneratorSpec spec, ValidationContext context, ViolationList violations)
    {
        object?[] selectors = [spec.Selector?.MeshService, spec.Selector?.MeshExternalService, spec.Selector?.MeshMultiZoneService];
        violations.AddIf(
            selectors.Count(s => s is not null) != 1,
            "spec.selector",
            "exact one selector (meshService, meshExternalService) must be defined");
        if (TemplateFault(spec.Template ?? "") is { } fault)
        {
            violations.Add("spec.template", fault);
        }

        violations.AddIf(spec.Extension is { Type: "" }, "spec.extension.type", Messages.MustNotBeEmpty);
    }

    /// <summary>Tries the template with stand-in values: what comes out must be a host name.</summary>
    private static string? TemplateFault(string text)
    {
        if (text.Length == 0)
        {
            return Messages.MustNotBeEmpty;
        }

        var (template, fault) = GoTemplate.Parse(text);
        if (template is null)
        {
            return $"couldn't parse template: template: :1: {fault}";
        }

        (var rendered, fault) = template.Render(
            field => field switch
            {
                "Name" => "name",
                "DisplayName" => "displayname",
                "Namespace" => "namespace",
                "Mesh" => "mesh",
                "Zone" => "zone",
                _ => null,
            },
            _ => "label");
        return rendered is null ? $"couldn't render template with stub values: {fault}"
            : Checks.IsDnsName(rendered) ? null
            : $"template renders to \"{rendered}\" which is not a valid DNS name: it must consist of lower case alphanumeric characters, '-' or '.', "
                + "and must start and end with an alphanumeric character";
    }
}
