using MeshConsole.Shared;
using Modifications = MeshConsole.Protos.Kuma.Mesh.ProxyTemplate.Types.Modifications;
using Proto = MeshConsole.Protos.Kuma.Mesh.ProxyTemplate;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Changes of what is sent to proxies; today MeshProxyPatch.</summary>
public sealed class ProxyTemplateKind : ProtoKind<Proto>
{
    private static readonly string[] Profiles = ["default-proxy", "egress-proxy", "ingress-proxy"];

    /// <inheritdoc />
    public override string Name => "ProxyTemplate";

    /// <inheritdoc />
    public override string Path => "proxytemplates";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Proxy Template";

    /// <inheritdoc />
    public override string PluralDisplayName => "Proxy Templates";

    /// <inheritdoc />
    protected override void Check(Proto spec, ValidationContext context, ViolationList at)
    {
        SelectorCheck.Each(spec.Selectors, "selectors", SelectorRule.Service, at, mayBeEmpty: true);
        if (spec.Conf is not { } conf)
        {
            return;
        }

        for (var i = 0; i < conf.Imports.Count; i++)
        {
            var path = FieldPath.Item("conf.imports", i);
            at.AddIf(conf.Imports[i].Length == 0, path, ProtoChecks.CannotBeEmpty);
            at.AddIf(conf.Imports[i].Length > 0 && !Profiles.Contains(conf.Imports[i]), path, $"profile not found. Available profiles: {string.Join(',', Profiles)}");
        }

        for (var i = 0; i < conf.Resources.Count; i++)
        {
            var (resource, path) = (conf.Resources[i], FieldPath.Item("conf.resources", i));
            at.AddIf(resource.Name.Length == 0, FieldPath.Member(path, "name"), ProtoChecks.CannotBeEmpty);
            at.AddIf(resource.Version.Length == 0, FieldPath.Member(path, "version"), ProtoChecks.CannotBeEmpty);
            if (resource.Resource.Length == 0)
            {
                at.Add(FieldPath.Member(path, "resource"), ProtoChecks.CannotBeEmpty);
            }
            else
            {
                CheckNative(resource.Resource, FieldPath.Member(path, "resource"), at);
            }
        }

        for (var i = 0; i < conf.Modifications.Count; i++)
        {
            CheckModification(conf.Modifications[i], FieldPath.Item("conf.modifications", i), at);
        }
    }

    private static void CheckModification(Modifications change, string path, ViolationList at)
    {
        switch (change.TypeCase)
        {
            case Modifications.TypeOneofCase.Cluster:
                CheckResource(change.Cluster.Operation, change.Cluster.Value, change.Cluster.Match is not null, FieldPath.Member(path, "cluster"), "match", at);
                break;
            case Modifications.TypeOneofCase.Listener:
                CheckResource(change.Listener.Operation, change.Listener.Value, change.Listener.Match is not null, FieldPath.Member(path, "listener"), "match", at);
                break;
            case Modifications.TypeOneofCase.VirtualHost:
                CheckResource(change.VirtualHost.Operation, change.VirtualHost.Value, change.VirtualHost.Match is { Name: not "" }, FieldPath.Member(path, "virtualHost"), "match.name", at);
                break;
            case Modifications.TypeOneofCase.NetworkFilter:
                CheckFilter(change.NetworkFilter.Operation, change.NetworkFilter.Value, change.NetworkFilter.Match?.Name, FieldPath.Member(path, "networkFilter"), at);
                break;
            case Modifications.TypeOneofCase.HttpFilter:
                CheckFilter(change.HttpFilter.Operation, change.HttpFilter.Value, change.HttpFilter.Match?.Name, FieldPath.Member(path, "httpFilter"), at);
                break;
        }
    }

    private static void CheckResource(string operation, string value, bool matches, string path, string matchField, ViolationList at)
    {
        switch (operation)
        {
            case "add":
                at.AddIf(matches, FieldPath.Member(path, matchField), "cannot be defined");
                CheckNative(value, FieldPath.Member(path, "value"), at);
                break;
            case "patch":
                CheckNative(value, FieldPath.Member(path, "value"), at);
                break;
            case "remove":
                break;
            default:
                at.Add(FieldPath.Member(path, "operation"), "invalid operation. Available operations: \"add\", \"patch\", \"remove\"");
                break;
        }
    }

    private static void CheckFilter(string operation, string value, string? name, string path, ViolationList at)
    {
        var place = operation switch { "addBefore" => "before", "addAfter" => "after", _ => null };
        var nameless = string.IsNullOrEmpty(name);
        switch (operation)
        {
            case "addBefore" or "addAfter":
                at.AddIf(nameless, FieldPath.Member(path, "match.name"), $"cannot be empty. You need to pick a filter {place} which this one will be added");
                CheckNative(value, FieldPath.Member(path, "value"), at);
                break;
            case "patch":
                at.AddIf(nameless, FieldPath.Member(path, "match.name"), ProtoChecks.CannotBeEmpty);
                CheckNative(value, FieldPath.Member(path, "value"), at);
                break;
            case "addFirst" or "addLast":
                CheckNative(value, FieldPath.Member(path, "value"), at);
                break;
            case "remove":
                break;
            default:
                at.Add(FieldPath.Member(path, "operation"), "invalid operation. Available operations: \"addFirst\", \"addLast\", \"addBefore\", \"addAfter\", \"patch\", \"remove\"");
                break;
        }
    }

    /// <summary>An Envoy resource in YAML or JSON: it can be read and is an object. What its members mean, Envoy says.</summary>
    private static void CheckNative(string yaml, string path, ViolationList at)
    {
        var read = Yaml.Read(yaml);
        var fault = !read.Ok ? read.Refusal.Detail : read.Value.Count == 1 ? null : "one object is expected";
        at.AddIf(fault is not null, path, $"native Envoy resource is not valid: {fault}");
    }
}
