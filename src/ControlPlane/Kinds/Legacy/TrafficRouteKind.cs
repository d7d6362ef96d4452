using Google.Protobuf.Collections;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;
using Http = MeshConsole.Protos.Kuma.Mesh.TrafficRoute.Types.Http;
using Matcher = MeshConsole.Protos.Kuma.Mesh.TrafficRoute.Types.Http.Types.Match.Types.StringMatcher;
using Proto = MeshConsole.Protos.Kuma.Mesh.TrafficRoute;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Leads traffic to destinations; today MeshHTTPRoute and MeshTCPRoute.</summary>
public sealed class TrafficRouteKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "TrafficRoute";

    /// <inheritdoc />
    public override string Path => "traffic-routes";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Traffic Route";

    /// <inheritdoc />
    public override string PluralDisplayName => "Traffic Routes";

    /// <inheritdoc />
    protected override void Check(Proto spec, ValidationContext context, ViolationList at)
    {
        SelectorCheck.Each(spec.Sources, "sources", SelectorRule.Service, at);
        SelectorCheck.Each(spec.Destinations, "destinations", SelectorRule.ServiceOnly, at);
        if (spec.Conf is not { } conf)
        {
            at.Add("conf", ProtoChecks.CannotBeEmpty);
            return;
        }

        CheckDestinations(conf.Split, conf.Destination, "conf", at);
        for (var i = 0; i < conf.Http.Count; i++)
        {
            var path = FieldPath.Item("conf.http", i);
            CheckMatch(conf.Http[i].Match, FieldPath.Member(path, "match"), at);
            CheckModify(conf.Http[i], FieldPath.Member(path, "modify"), at);
            CheckDestinations(conf.Http[i].Split, conf.Http[i].Destination, path, at);
        }

        at.AddIf(conf.LoadBalancer?.LeastRequest is { ChoiceCount: 1 }, "conf.loadBalancer.leastRequest.choiceCount", "value must be greater than or equal to 2");
        at.AddIf(
            conf.LoadBalancer?.RingHash is { HashFunction: not ("XX_HASH" or "MURMUR_HASH_2") },
            "conf.loadBalancer.ringHash.hashFunction",
            "must have a valid hash function");
    }

    private static void CheckDestinations(RepeatedField<Proto.Types.Split> split, MapField<string, string> destination, string path, ViolationList at)
    {
        at.AddIf(split.Count == 0 && destination.Count == 0, path, "requires either \"destination\" or \"split\"");
        at.AddIf(split.Count > 0 && destination.Count > 0, path, "\"split\" cannot be defined at the same time as \"destination\"");
        var list = FieldPath.Member(path, "split");
        for (var i = 0; i < split.Count; i++)
        {
            var entry = FieldPath.Item(list, i);
            at.AddIf(split[i].Weight is null, FieldPath.Member(entry, "weight"), "needs to be defined");
            SelectorCheck.One(split[i].Destination, FieldPath.Member(entry, "destination"), SelectorRule.Service, at);
        }

        at.AddIf(split.Count > 0 && split.All(s => s.Weight is null or 0), list, "there must be at least one split entry with weight above 0");
        at.AddIf(
            split.Sum(s => (long)(s.Weight ?? 0)) > uint.MaxValue,
            list,
            $"the sum of weights must be less than or equal to {uint.MaxValue}"); // a proxy refuses more
        if (destination.Count > 0)
        {
            SelectorCheck.One(destination, FieldPath.Member(path, "destination"), SelectorRule.Service, at);
        }
    }

    private static void CheckMatch(Http.Types.Match? match, string path, ViolationList at)
    {
        if (match is null or { Path: null, Method: null, Headers.Count: 0 })
        {
            at.Add(path, "must be present and contain at least one of the elements: \"method\", \"path\" or \"headers\"");
            return;
        }

        CheckMatcher(match.Method, FieldPath.Member(path, "method"), at);
        CheckMatcher(match.Path, FieldPath.Member(path, "path"), at);
        foreach (var (name, matcher) in match.Headers.OrderBy(h => h.Key, StringComparer.Ordinal))
        {
            var header = FieldPath.Key(FieldPath.Member(path, "headers"), name);
            at.AddIf(name.Length == 0, header, ProtoChecks.CannotBeEmpty);
            CheckMatcher(matcher, header, at);
        }
    }

    private static void CheckMatcher(Matcher? matcher, string path, ViolationList at)
    {
        switch (matcher?.MatcherTypeCase)
        {
            case null or Matcher.MatcherTypeOneofCase.Exact:
                break;
            case Matcher.MatcherTypeOneofCase.Prefix:
                at.AddIf(matcher.Prefix.Length == 0, FieldPath.Member(path, "prefix"), ProtoChecks.CannotBeEmpty);
                break;
            case Matcher.MatcherTypeOneofCase.Regex:
                var regex = FieldPath.Member(path, "regex");
                at.AddIf(matcher.Regex.Length == 0, regex, ProtoChecks.CannotBeEmpty);
                at.AddIf(Checks.RegexFault(matcher.Regex) is not null, regex, "is no regular expression that proxies understand"); // a proxy refuses it
                break;
            default:
                at.Add(path, "cannot be empty. Available options: \"exact\", \"prefix\" or \"regex\"");
                break;
        }
    }

    private static void CheckModify(Http http, string path, ViolationList at)
    {
        if (http.Modify?.Path is { } rewrite)
        {
            var field = FieldPath.Member(path, "path");
            switch (rewrite.TypeCase)
            {
                case Http.Types.Modify.Types.Path.TypeOneofCase.RewritePrefix:
                    var prefix = FieldPath.Member(field, "rewritePrefix");
                    at.AddIf(rewrite.RewritePrefix.Length == 0, prefix, ProtoChecks.CannotBeEmpty);
                    at.AddIf(
                        rewrite.RewritePrefix.Length > 0 && string.IsNullOrEmpty(http.Match?.Path?.Prefix),
                        prefix,
                        "can only be set when .http.match.path.prefix is not empty");
                    break;
                case Http.Types.Modify.Types.Path.TypeOneofCase.Regex:
                    CheckReplace(rewrite.Regex, FieldPath.Member(field, "regex"), at);
                    break;
                default:
                    at.Add(field, "either \"rewritePrefix\" or \"regex\" has to be set");
                    break;
            }
        }

        if (http.Modify?.Host is { } host)
        {
            var field = FieldPath.Member(path, "host");
            switch (host.TypeCase)
            {
                case Http.Types.Modify.Types.Host.TypeOneofCase.Value:
                    at.AddIf(host.Value.Length == 0, FieldPath.Member(field, "value"), ProtoChecks.CannotBeEmpty);
                    break;
                case Http.Types.Modify.Types.Host.TypeOneofCase.FromPath:
                    CheckReplace(host.FromPath, FieldPath.Member(field, "fromPath"), at);
                    break;
                default:
                    at.Add(field, "either \"value\" or \"fromPath\" has to be set");
                    break;
            }
        }

        CheckHeaders(http.Modify?.RequestHeaders, FieldPath.Member(path, "requestHeaders"), at);
        CheckHeaders(http.Modify?.ResponseHeaders, FieldPath.Member(path, "responseHeaders"), at);
    }

    private static void CheckReplace(Http.Types.Modify.Types.RegexReplace replace, string path, ViolationList at)
    {
        at.AddIf(replace.Pattern.Length == 0, FieldPath.Member(path, "pattern"), ProtoChecks.CannotBeEmpty);
        at.AddIf(replace.Substitution.Length == 0, FieldPath.Member(path, "substitution"), ProtoChecks.CannotBeEmpty);
    }

    private static void CheckHeaders(Http.Types.Modify.Types.Headers? headers, string path, ViolationList at)
    {
        for (var i = 0; i < (headers?.Add.Count ?? 0); i++)
        {
            var item = FieldPath.Item(FieldPath.Member(path, "add"), i);
            CheckHeaderName(headers!.Add[i].Name, FieldPath.Member(item, "name"), at);
            at.AddIf(headers.Add[i].Value.Length == 0, FieldPath.Member(item, "value"), ProtoChecks.CannotBeEmpty);
        }

        for (var i = 0; i < (headers?.Remove.Count ?? 0); i++)
        {
            CheckHeaderName(headers!.Remove[i].Name, FieldPath.Member(FieldPath.Item(FieldPath.Member(path, "remove"), i), "name"), at);
        }
    }

    private static void CheckHeaderName(string name, string path, ViolationList at)
    {
        at.AddIf(name.Length == 0, path, ProtoChecks.CannotBeEmpty);
        at.AddIf(
            name.StartsWith(':') || name.Equals("host", StringComparison.OrdinalIgnoreCase),
            path,
            "host header and HTTP/2 pseudo-headers are not allowed to be modified");
    }
}
