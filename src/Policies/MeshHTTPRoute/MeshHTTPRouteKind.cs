using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Planning;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshHTTPRoute;

/// <summary>The kind MeshHTTPRoute.</summary>
public sealed class MeshHTTPRouteKind() : PolicyKind<MeshHTTPRouteSpec>(
    new("MeshHTTPRoute", "meshhttproutes", "mhttpr", "Mesh HTTP Route", "Mesh HTTP Routes"))
{
    /// <inheritdoc />
    public override PolicyTraits Policy { get; } = new(IsTargetRef: true, HasTo: true);

    /// <inheritdoc />
    protected override TargetRefRules TopLevel => TargetRefRules.Proxies;

    /// <inheritdoc />
    protected override void CheckRules(MeshHTTPRouteSpec spec, ViolationList at)
    {
        var gateway = spec.TargetRef?.Kind == TargetKinds.MeshGateway;
        for (var i = 0; i < (spec.To?.Count ?? 0); i++)
        {
            var to = spec.To![i];
            var path = FieldPath.Item("spec.to", i);
            TargetRefCheck.Check(to.TargetRef, FieldPath.Member(path, "targetRef"), gateway ? TargetRefRules.MeshOnly : TargetRefRules.Services, at);
            for (var j = 0; j < (to.Rules?.Count ?? 0); j++)
            {
                CheckRule(to.Rules![j], FieldPath.Item(FieldPath.Member(path, "rules"), j), gateway, at);
            }

            at.AddIf(!gateway && to.Hostnames is { Count: > 0 }, FieldPath.Member(path, "hostnames"), Messages.MustNotBeDefined);
        }
    }

    /// <inheritdoc />
    public override ImmutableArray<JsonObject> Merge(IReadOnlyList<JsonObject> confs) => HttpRouteMerge.Merge(confs);

    /// <inheritdoc />
    public override bool IsRouting => true;

    /// <inheritdoc />
    public override string? RouteHash(JsonObject rule) => HttpRouteMerge.Hash(rule);

    /// <inheritdoc />
    protected override ToEntry ReadTo(JsonObject item)
    {
        var conf = new JsonObject();
        foreach (var member in (string[])["rules", "hostnames"])
        {
            if (item[member] is JsonArray list)
            {
                conf[member] = list.DeepClone();
            }
        }

        return new ToEntry(Target(item), conf)
        {
            Routes = [.. Objects(conf["rules"]).Select(r => new RouteEntry(HttpRouteMerge.Hash(r), r["matches"] as JsonArray ?? [], Conf(r)))],
        };
    }

    private static void CheckRule(HttpRouteRule rule, string path, bool gateway, ViolationList at)
    {
        var matches = rule.Matches ?? [];
        for (var i = 0; i < matches.Count; i++)
        {
            CheckMatch(matches[i], FieldPath.Item(FieldPath.Member(path, "matches"), i), at);
        }

        var onlyPrefixes = matches.All(m => m.Path?.Type == HttpPathMatch.PathPrefix);
        var filters = rule.Default?.Filters ?? [];
        for (var i = 0; i < filters.Count; i++)
        {
            CheckFilter(filters[i], FieldPath.Item(FieldPath.Member(path, "default.filters"), i), gateway, onlyPrefixes, at);
        }

        var backends = FieldPath.Member(path, "default.backendRefs");
        at.AddIf(
            gateway && rule.Default?.BackendRefs is not { Count: > 0 } && !filters.Any(f => f.Type == HttpRouteFilter.RequestRedirectType),
            backends,
            Messages.MustNotBeEmpty);
        BackendCheck.Each(rule.Default?.BackendRefs, backends, at);
    }

    private static void CheckMatch(HttpRouteMatch match, string path, ViolationList at)
    {
        if (match.Path is { Value: { } value } byPath)
        {
            var field = FieldPath.Member(path, "path.value");
            at.AddIf(
                byPath.Type == HttpPathMatch.PathPrefix && value != "/" && value.EndsWith('/'),
                field,
                "does not need a trailing slash because only a `/`-separated prefix or an entire path is matched");
            at.AddIf(byPath.Type != HttpPathMatch.RegularExpression && !value.StartsWith('/'), field, "must be an absolute path");
            at.AddIf(
                byPath.Type == HttpPathMatch.RegularExpression && Checks.RegexFault(value) is not null,
                field,
                $"invalid regex: {Checks.RegexFault(value)}");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < (match.QueryParams?.Count ?? 0); i++)
        {
            var name = match.QueryParams![i].Name ?? "";
            at.AddIf(!names.Add(name), FieldPath.Member(FieldPath.Item(FieldPath.Member(path, "queryParams"), i), "name"), $"multiple entries for name {name}");
        }

        HeaderCheck.Matches(match.Headers, FieldPath.Member(path, "headers"), at);
    }

    private static void CheckFilter(HttpRouteFilter filter, string path, bool gateway, bool onlyPrefixes, ViolationList at)
    {
        switch (filter.Type)
        {
            case HttpRouteFilter.RequestHeaderModifierType when Has(filter.RequestHeaderModifier, "requestHeaderModifier"):
                HeaderCheck.Modifier(filter.RequestHeaderModifier!, FieldPath.Member(path, "requestHeaderModifier"), at);
                break;
            case HttpRouteFilter.ResponseHeaderModifierType when Has(filter.ResponseHeaderModifier, "responseHeaderModifier"):
                HeaderCheck.Modifier(filter.ResponseHeaderModifier!, FieldPath.Member(path, "responseHeaderModifier"), at);
                break;
            case HttpRouteFilter.RequestRedirectType when Has(filter.RequestRedirect, "requestRedirect"):
                Rewrite(filter.RequestRedirect!.Path, "requestRedirect");
                Hostname(filter.RequestRedirect.Hostname, FieldPath.Member(path, "requestRedirect.hostname"), at);
                break;
            case HttpRouteFilter.UrlRewriteType when Has(filter.UrlRewrite, "urlRewrite"):
                Rewrite(filter.UrlRewrite!.Path, "urlRewrite");
                Hostname(filter.UrlRewrite.Hostname, FieldPath.Member(path, "urlRewrite.hostname"), at);
                if (filter.UrlRewrite.HostToBackendHostname == true)
                {
                    var field = FieldPath.Member(path, "urlRewrite.hostToBackendHostname");
                    at.AddIf(!gateway, field, "can only be set with MeshGateway");
                    at.AddIf(filter.UrlRewrite.Hostname is not null, field, "cannot be set together with hostname");
                }

                break;
            case HttpRouteFilter.RequestMirrorType when Has(filter.RequestMirror, "requestMirror"):
                BackendCheck.One(filter.RequestMirror!.BackendRef, FieldPath.Member(path, "requestMirror.backendRef"), TargetRefRules.MirrorBackends, at);
                Checks.Percentage(filter.RequestMirror.Percentage, FieldPath.Member(path, "requestMirror.percentage"), at);
                break;
        }

        bool Has(object? body, string name)
        {
            at.AddIf(body is null, FieldPath.Member(path, name), Messages.MustBeDefined);
            return body is not null;
        }

        void Rewrite(HttpPathRewrite? rewrite, string name) => at.AddIf(
            rewrite?.ReplacePrefixMatch is not null && !onlyPrefixes,
            FieldPath.Member(path, $"{name}.path.replacePrefixMatch"),
            "can only appear if all matches match a path prefix");
    }

    private static void Hostname(string? hostname, string path, ViolationList at)
    {
        if (hostname is null)
        {
            return;
        }

        if (IPAddress.TryParse(hostname, out _))
        {
            at.Add(path, "cannot be an IP address");
        }
        else
        {
            at.AddIf(
                !Checks.IsDnsName(hostname),
                path,
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character");
        }
    }
}
