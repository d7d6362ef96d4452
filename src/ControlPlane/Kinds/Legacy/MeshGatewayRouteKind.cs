using Google.Protobuf.Collections;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;
using HeaderEntry = MeshConsole.Protos.Kuma.Mesh.MeshGatewayRoute.Types.HttpRoute.Types.Filter.Types.HeaderFilter.Types.Header;
using HeaderMatchType = MeshConsole.Protos.Kuma.Mesh.MeshGatewayRoute.Types.HttpRoute.Types.Match.Types.Header.Types.MatchType;
using HttpMethod = MeshConsole.Protos.Kuma.Mesh.HttpMethod;
using PathMatch = MeshConsole.Protos.Kuma.Mesh.MeshGatewayRoute.Types.HttpRoute.Types.Match.Types.Path.Types.MatchType;
using Proto = MeshConsole.Protos.Kuma.Mesh.MeshGatewayRoute;
using Rewrite = MeshConsole.Protos.Kuma.Mesh.MeshGatewayRoute.Types.HttpRoute.Types.Filter.Types.Rewrite;
using Route = MeshConsole.Protos.Kuma.Mesh.MeshGatewayRoute.Types.HttpRoute.Types;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Routes of built-in gateways.</summary>
public sealed class MeshGatewayRouteKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "MeshGatewayRoute";

    /// <inheritdoc />
    public override string Path => "meshgatewayroutes";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Mesh Gateway Route";

    /// <inheritdoc />
    public override string PluralDisplayName => "Mesh Gateway Routes";

    /// <inheritdoc />
    protected override void Check(Proto spec, ValidationContext context, ViolationList at)
    {
        SelectorCheck.Each(spec.Selectors, "selectors", SelectorRule.Service, at);
        at.AddIf(spec.Conf is not { RouteCase: not Proto.Types.Conf.RouteOneofCase.None }, "conf", ProtoChecks.CannotBeEmpty);
        if (spec.Conf?.Http is not { } http)
        {
            return;
        }

        at.AddIf(http.Rules.Count == 0, "conf.http.rules", ProtoChecks.CannotBeEmpty);
        for (var i = 0; i < http.Rules.Count; i++)
        {
            CheckRule(http.Rules[i], FieldPath.Item("conf.http.rules", i), at);
        }
    }

    private static void CheckRule(Route.Rule rule, string path, ViolationList at)
    {
        if (rule.Matches.Count == 0)
        {
            at.Add(FieldPath.Member(path, "matches"), ProtoChecks.CannotBeEmpty);
            return;
        }

        for (var i = 0; i < rule.Matches.Count; i++)
        {
            CheckMatch(rule.Matches[i], FieldPath.Item(FieldPath.Member(path, "matches"), i), at);
        }

        var byPrefix = rule.Matches.Any(m => m.Path is { Match: PathMatch.Prefix });
        var rewritesHost = rule.Filters.Any(f => f.Rewrite is { HostToBackendHostname: true });
        for (var i = 0; i < rule.Filters.Count; i++)
        {
            CheckFilter(rule.Filters[i], FieldPath.Item(FieldPath.Member(path, "filters"), i), byPrefix, rewritesHost, at);
        }

        var redirects = rule.Filters.Any(f => f.Redirect is not null);
        if (redirects && rule.Filters.Count > 1)
        {
            at.Add(FieldPath.Member(path, "filters"), "redirects cannot be used with other filters");
            return;
        }

        var backends = FieldPath.Member(path, "backends");
        at.AddIf(!redirects && rule.Backends.Count == 0, backends, ProtoChecks.CannotBeEmpty);
        at.AddIf(redirects && rule.Backends.Count > 0, backends, "must be empty when using redirect filters");
        for (var i = 0; i < rule.Backends.Count; i++)
        {
            SelectorCheck.One(rule.Backends[i].Destination, FieldPath.Item(backends, i), SelectorRule.Service, at);
        }
    }

    private static void CheckMatch(Route.Match match, string path, ViolationList at)
    {
        at.AddIf(match is { Path: null, Method: HttpMethod.None, Headers.Count: 0, QueryParameters.Count: 0 }, path, ProtoChecks.CannotBeEmpty);
        if (match.Path is { } byPath)
        {
            var value = FieldPath.Member(path, "path.value");
            at.AddIf(byPath is { Match: PathMatch.Regex, Value: "" }, FieldPath.Member(path, "value"), ProtoChecks.CannotBeEmpty);
            at.AddIf(byPath.Match == PathMatch.Regex && Checks.RegexFault(byPath.Value) is not null, value, "is no regular expression that proxies understand");
            at.AddIf(byPath.Match != PathMatch.Regex && !byPath.Value.StartsWith('/'), FieldPath.Member(path, "value"), "must be an absolute path"); // Kuma's path
        }

        for (var i = 0; i < match.Headers.Count; i++)
        {
            var (header, item) = (match.Headers[i], FieldPath.Item(FieldPath.Member(path, "headers"), i));
            var withoutValue = header.Match is HeaderMatchType.Absent or HeaderMatchType.Present;
            at.AddIf(header.Name.Length == 0, FieldPath.Member(item, "name"), ProtoChecks.CannotBeEmpty);
            at.AddIf(withoutValue && header.Value.Length > 0, FieldPath.Member(item, "value"), "cannot be set");
            at.AddIf(!withoutValue && header.Value.Length == 0, FieldPath.Member(item, "value"), ProtoChecks.CannotBeEmpty);
        }

        for (var i = 0; i < match.QueryParameters.Count; i++)
        {
            var item = FieldPath.Item(FieldPath.Member(path, "query_parameters"), i);
            at.AddIf(match.QueryParameters[i].Name.Length == 0, FieldPath.Member(item, "name"), ProtoChecks.CannotBeEmpty);
            at.AddIf(match.QueryParameters[i].Value.Length == 0, FieldPath.Member(item, "value"), ProtoChecks.CannotBeEmpty);
        }
    }

    private static void CheckFilter(Route.Filter filter, string path, bool byPrefix, bool rewritesHost, ViolationList at)
    {
        if (filter.RequestHeader is { } headers)
        {
            var field = FieldPath.Member(path, "request_header");
            at.AddIf(headers is { Set.Count: 0, Add.Count: 0, Remove.Count: 0 }, field, ProtoChecks.CannotBeEmpty);
            CheckHeaders(headers.Set, FieldPath.Member(field, "set"), rewritesHost, at);
            CheckHeaders(headers.Add, FieldPath.Member(field, "add"), rewritesHost, at);
            for (var i = 0; i < headers.Remove.Count; i++)
            {
                at.AddIf(headers.Remove[i].Length == 0, FieldPath.Item(FieldPath.Member(field, "remove"), i), ProtoChecks.CannotBeEmpty);
            }
        }

        if (filter.Redirect is { } redirect)
        {
            if (redirect.Port > 0)
            {
                ProtoChecks.Port(redirect.Port, FieldPath.Member(path, "redirect.port"), at);
            }

            at.AddIf(redirect.StatusCode is < 300 or > 308, FieldPath.Member(path, "redirect.status_code"), "must be in the range [300, 308]");
        }

        if (filter.Mirror is { } mirror)
        {
            var backend = FieldPath.Member(path, "mirror.backend");
            ProtoChecks.Percentage(mirror.Percentage, FieldPath.Member(path, "mirror.percentage"), at);
            if (mirror.Backend is { } destination)
            {
                SelectorCheck.One(destination.Destination, backend, SelectorRule.Service, at);
            }
            else
            {
                at.Add(backend, ProtoChecks.CannotBeEmpty);
            }
        }

        at.AddIf(
            filter.Rewrite is { PathCase: Rewrite.PathOneofCase.ReplacePrefixMatch, HostToBackendHostname: false } && !byPrefix,
            FieldPath.Member(path, "rewrite.replacePrefixMatch"),
            "cannot be used without a match on path prefix");
    }

    private static void CheckHeaders(RepeatedField<HeaderEntry> headers, string path, bool rewritesHost, ViolationList at)
    {
        for (var i = 0; i < headers.Count; i++)
        {
            var item = FieldPath.Item(path, i);
            at.AddIf(
                rewritesHost && headers[i].Name is (":authority" or "Host" or "host"),
                item,
                $"cannot modify '{headers[i].Name}' header, when route has set 'rewrite.host_to_backend_hostname' option");
            at.AddIf(headers[i].Name.Length == 0, FieldPath.Member(item, "name"), ProtoChecks.CannotBeEmpty);
            at.AddIf(headers[i].Value.Length == 0, FieldPath.Member(item, "value"), ProtoChecks.CannotBeEmpty);
        }
    }
}
