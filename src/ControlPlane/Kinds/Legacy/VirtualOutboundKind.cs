using System.Text.RegularExpressions;
using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.VirtualOutbound;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Gives services further names and ports; today HostnameGenerator.</summary>
public sealed partial class VirtualOutboundKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "VirtualOutbound";

    /// <inheritdoc />
    public override string Path => "virtual-outbounds";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Virtual Outbound";

    /// <inheritdoc />
    public override string PluralDisplayName => "Virtual Outbounds";

    /// <inheritdoc />
    protected override void Check(Proto spec, ValidationContext context, ViolationList at)
    {
        SelectorCheck.Each(spec.Selectors, "selectors", SelectorRule.AnyTag, at);
        if (spec.Conf is not { } conf)
        {
            at.Add("conf", ProtoChecks.HasToBeDefined);
            return;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < conf.Parameters.Count; i++)
        {
            var (parameter, path) = (conf.Parameters[i], FieldPath.Item("conf.parameters", i));
            var name = FieldPath.Member(path, "name");
            at.AddIf(!names.Add(parameter.Name), name, "name is already used");
            at.AddIf(!NamePattern().IsMatch(parameter.Name), name, "must consist of alphanumeric characters to be used as a gotemplate key");
            at.AddIf(parameter.TagKey.Length > 0 && !TagPattern().IsMatch(parameter.TagKey), FieldPath.Member(path, "tagKey"), "must be a valid tag name");
        }

        at.AddIf(conf.Parameters.All(p => p.TagKey != TagKeys.Service), "conf.parameters", $"must contain a parameter with {TagKeys.Service} as a tagKey");
        CheckTemplate(conf.Host, "conf.host", names, "dummy", at, host => ProtoChecks.IsHostName(host) ? null : "is no valid DNS name");
        CheckTemplate(conf.Port, "conf.port", names, "1", at, port => ProtoChecks.ParsePort(port) is >= 1 and <= 65535 ? null : "is no port from 1 to 65535");
    }

    /// <summary>Tries the template with a made-up value for each parameter.</summary>
    private static void CheckTemplate(string template, string path, HashSet<string> names, string value, ViolationList at, Func<string, string?> fault)
    {
        if (template.Length == 0)
        {
            at.Add(path, ProtoChecks.HasToBeDefined);
            return;
        }

        string? unknown = null;
        var calls = false;
        var text = PlaceholderPattern().Replace(template, match =>
        {
            var parameter = match.Groups[1].Value;
            calls |= parameter.Length == 0;
            unknown ??= parameter.Length == 0 || names.Contains(parameter) ? null : parameter;
            return value;
        });
        var reason = unknown is not null ? $"there is no parameter {unknown}"
            : text.Contains("{{", StringComparison.Ordinal) || text.Contains("}}", StringComparison.Ordinal) ? "a placeholder is not closed"
            : calls ? null // functions of Go templates: what comes out is not known here
            : fault(text) is { } wrong ? $"\"{text}\" {wrong}"
            : null;
        at.AddIf(reason is not null, path, $"template pre evaluation failed with error=\"{reason}\"");
    }

    [GeneratedRegex("^[a-zA-Z0-9]+\\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();

    [GeneratedRegex("^[a-zA-Z0-9.\\-_:/]+\\z", RegexOptions.CultureInvariant)]
    private static partial Regex TagPattern();

    [GeneratedRegex(@"\{\{-?\s*(?:\.([a-zA-Z0-9_]+)|[^{}]+?)\s*-?\}\}", RegexOptions.CultureInvariant)]
    private static partial Regex PlaceholderPattern();
}
