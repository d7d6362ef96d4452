using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Planning;
using MeshConsole.Shared;

namespace MeshConsole.Policies.MeshHTTPRoute;

/// <summary>A route as a proxy has it.</summary>
/// <param name="Match">What it matches; null for the route that takes the rest.</param>
/// <param name="Conf">What happens with it.</param>
/// <param name="Split">Where it goes.</param>
/// <param name="Policy">The policy that made it; null for the route that takes the rest.</param>
public sealed record HttpRoute(HttpRouteMatch? Match, HttpRouteConf Conf, BackendSplit Split, Resource? Policy)
{
    /// <summary>The match in words: <c>PathPrefix /a + POST + 1 header</c>.</summary>
    public override string ToString()
    {
        if (Match is null)
        {
            return "(everything else)";
        }

        List<string> parts = [];
        if (Match.Method is not null)
        {
            parts.Add(Match.Method);
        }

        AddCount(parts, Match.Headers?.Count ?? 0, "header");
        AddCount(parts, Match.QueryParams?.Count ?? 0, "query parameter");
        return Match.Path is { } path
            ? string.Join(" + ", parts.Prepend($"{path.Type} {path.Value}"))
            : $"(any path) {string.Join(" + ", parts)}".TrimEnd();
    }

    private static void AddCount(List<string> parts, int count, string what)
    {
        if (count > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}"));
        }
    }
}

/// <summary>
/// The routes of one destination in the order in which a proxy tries them: the most precise path first, then method, headers and
/// query parameters; what no route takes goes to the destination itself.
/// </summary>
public static class HttpRoutes
{
    /// <summary>Builds the routes.</summary>
    /// <param name="rule">The merged routes that hold for the destination, or null when there are none.</param>
    /// <param name="destination">The destination that requests are sent to.</param>
    /// <param name="destinations">What backends can lead to.</param>
    public static ImmutableArray<HttpRoute> Build(OutboundRule? rule, Destination destination, Destinations destinations)
    {
        var routes = new List<HttpRoute>();
        foreach (var item in (rule?.Conf ?? []).SelectMany(c => c["rules"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var conf = item["default"].Deserialize<HttpRouteConf>(Json.Spec) ?? new HttpRouteConf();
            var policy = rule!.RouteOrigins.TryGetValue(HttpRouteMerge.Hash(item), out var origin) ? origin.Policy : rule.Origins[0].Policy;
            var split = BackendSplit.Of(destinations, policy, conf.BackendRefs, destination);
            foreach (var match in item["matches"].Deserialize<IReadOnlyList<HttpRouteMatch>>(Json.Spec) ?? [])
            {
                routes.Add(new HttpRoute(match, conf, split, policy));
            }
        }

        List<HttpRoute> sorted = [.. routes.Where(r => !r.Split.Dropped).Order(Comparer<HttpRoute>.Create(static (a, b) => Compare(a.Match!, b.Match!)))];
        if (!sorted.Exists(r => TakesEverything(r.Match!)))
        {
            var rest = new HttpRouteConf();
            sorted.Add(new HttpRoute(null, rest, BackendSplit.Of(destinations, destination.Resource, null, destination), null));
        }

        return [.. sorted];
    }

    private static bool TakesEverything(HttpRouteMatch match) =>
        match is { Path: { Type: HttpPathMatch.PathPrefix, Value: "/" }, Method: null, Headers: null or { Count: 0 }, QueryParams: null or { Count: 0 } };

    private static int Compare(HttpRouteMatch a, HttpRouteMatch b)
    {
        var order = PathRank(a.Path) - PathRank(b.Path);
        if (order == 0 && a.Path?.Type is HttpPathMatch.PathPrefix or HttpPathMatch.RegularExpression)
        {
            order = (b.Path?.Value?.Length ?? 0) - (a.Path?.Value?.Length ?? 0);
        }

        order = order != 0 ? order : (a.Method is null ? 1 : 0) - (b.Method is null ? 1 : 0);
        order = order != 0 ? order : (b.Headers?.Count ?? 0) - (a.Headers?.Count ?? 0);
        return order != 0 ? order : (b.QueryParams?.Count ?? 0) - (a.QueryParams?.Count ?? 0);
    }

    private static int PathRank(HttpPathMatch? path) => path?.Type switch
    {
        HttpPathMatch.Exact => 0,
        HttpPathMatch.PathPrefix => 1,
        HttpPathMatch.RegularExpression => 2,
        _ => 3,
    };
}
