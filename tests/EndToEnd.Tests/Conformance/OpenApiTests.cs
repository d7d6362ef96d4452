using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MeshConsole.EndToEnd.Tests.Conformance;

/// <summary>The OpenAPI document names every route that answers, and no other.</summary>
public sealed partial class OpenApiTests
{
    /// <summary>Further names of routes that are described under another one, or answer that the method is wrong.</summary>
    private static readonly string[] Aliases = ["/-resources/", "GET /tokens/", "/_config", "/zone-ingresses/", "/openapi/ui"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Document_HasEveryRoute_AndNoOther(bool isGlobal)
    {
        await using var under = isGlobal ? await ControlPlaneUnderTest.StartGlobalAsync() : await ControlPlaneUnderTest.StartZoneAsync("lab", federated: false);
        var document = JsonNode.Parse(await under.Client.GetStringAsync("/openapi", TestContext.Current.CancellationToken))!;
        var described = document["paths"]!.AsObject()
            .SelectMany(p => p.Value!.AsObject().Where(m => m.Key != "parameters").Select(m => $"{m.Key.ToUpperInvariant()} {p.Key}"))
            .ToList();
        var routes = under.Routes.Select(r => $"{r.Method} {Constraint().Replace(r.Path.StartsWith('/') ? r.Path : "/" + r.Path, "}")}")
            .Where(r => !Aliases.Any(a => r.Contains(a, StringComparison.Ordinal)))
            .Distinct()
            .ToList();

        Assert.DoesNotContain(routes, route => !described.Any(d => Pattern(route).IsMatch(d)));
        Assert.DoesNotContain(described, d => !routes.Any(route => Pattern(route).IsMatch(d)));
        var ids = described.Select(d => (string)document["paths"]![d.Split(' ')[1]]![d.Split(' ')[0].ToLowerInvariant()]!["operationId"]!).ToList();
        Assert.Equal(ids.Distinct(), ids);
        foreach (var (path, item) in document["paths"]!.AsObject())
        {
            Assert.Equal(
                Parameter().Matches(path).Select(m => m.Groups[1].Value),
                (item!["parameters"] as JsonArray ?? []).Where(p => (string)p!["in"]! == "path").Select(p => (string)p!["name"]!));
        }
    }

    /// <summary>A route of all kinds (<c>{path}</c>) fits the paths of each.</summary>
    private static Regex Pattern(string route) =>
        new("^" + Regex.Escape(route).Replace(@"\{path}", "[^/{]+", StringComparison.Ordinal) + "$", RegexOptions.CultureInvariant);

    [GeneratedRegex(@":\w+\}")]
    private static partial Regex Constraint();

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Parameter();
}
