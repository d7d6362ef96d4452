using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Hosting;
using MeshConsole.Shared;
using MeshConsole.Web.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Web.Tests.Api;

/// <summary>The control plane's own endpoints.</summary>
[Collection(nameof(GlobalControlPlane))]
public sealed class SystemTests(GlobalControlPlane global) : IDisposable
{
    private readonly RestClient rest = new(global);

    public void Dispose() => rest.Dispose();

    [Fact]
    public async Task Index_WithoutIdentity_SaysWhatKumactlWantsToRead()
    {
        using var anonymous = new RestClient(global, signedIn: false);

        var index = await anonymous.GetAsync("/");

        Assert.Equal("Kuma", (string?)index.Body!["product"]);
        Assert.Equal("2.14.3", (string?)index.Body["version"]);
        Assert.Equal(401, (await anonymous.GetAsync("/meshes")).Status);
        Assert.Equal(401, (await anonymous.GetAsync("/openapi")).Status);
        Assert.Equal(401, (await anonymous.GetAsync("/global-insight")).Status);
    }

    [Fact]
    public async Task OpenApi_DescribesEveryKind_AndRefersToNothingThatIsMissing()
    {
        var document = (await rest.GetAsync("/openapi")).Body!;
        var schemas = document["components"]!["schemas"]!.AsObject();
        var paths = document["paths"]!.AsObject();

        foreach (var kind in global.Services.GetRequiredService<KindRegistry>().All.Where(k => k.HasApi))
        {
            Assert.True(schemas.ContainsKey(kind.Name), kind.Name);
            Assert.True(paths.ContainsKey(kind.Scope == Scope.Mesh ? $"/meshes/{{mesh}}/{kind.Path}" : $"/{kind.Path}"), kind.Path);
        }

        var missing = References(document).Where(r => !schemas.ContainsKey(r["#/components/schemas/".Length..])).Distinct();
        Assert.Empty(missing);
        var ids = paths.SelectMany(p => p.Value!.AsObject()).Where(o => o.Value is JsonObject).Select(o => (string?)o.Value!["operationId"]).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Null(paths["/meshes/{mesh}/dataplanes/{name}"]!["put"]); // zones write them, global does not
        Assert.NotNull(paths["/meshes/{mesh}/meshtimeouts/{name}"]!["put"]);
    }

    [Fact]
    public async Task OpenApiPage_AsksNothingOfOtherHosts()
    {
        var page = await rest.GetAsync("/openapi/ui/");

        Assert.Equal(200, page.Status);
        Assert.DoesNotContain("https://", page.Text.Replace("http://www.w3.org", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kri_FindsTheResource_AndRefusesWhatIsNone()
    {
        Assert.Equal("default", (string?)(await rest.GetAsync("/_kri/kri_m____default_")).Body!["name"]);
        Assert.Equal("mesh-retry-all-default", (string?)(await rest.GetAsync("/_kri/kri_mr_default___mesh-retry-all-default_")).Body!["name"]);
        Assert.Equal(404, (await rest.GetAsync("/_kri/kri_mr_default___nope_")).Status);
        Assert.Equal(400, (await rest.GetAsync("/_kri/kri_bad")).Status);
        Assert.Equal(400, (await rest.GetAsync("/_kri/kri_zzz_default___nope_")).Status);
    }

    [Fact]
    public async Task Config_ShowsSettings_AndNoSecret()
    {
        var config = await rest.GetAsync("/config");

        Assert.Equal("global", (string?)config.Body!["mode"]);
        Assert.DoesNotContain("assword", config.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MeshInsight_CountsWhatTheMeshHolds()
    {
        var insight = (await rest.GetAsync("/mesh-insights/default")).Body!;

        Assert.Equal(global.Store.World.Value.Table("MeshTimeout").In("default").Count, (int)insight["policies"]!["MeshTimeout"]!["total"]!);
        Assert.Equal(404, (await rest.GetAsync("/mesh-insights/nope")).Status);
    }

    [Fact]
    public async Task ServiceInsight_OfAServiceThatNobodyOffers_IsAnsweredWithZeros()
    {
        var insight = await rest.GetAsync("/meshes/default/service-insights/nobody");

        Assert.Equal(200, insight.Status);
        Assert.Equal("nobody", (string?)insight.Body!["name"]);
        Assert.Equal(400, (await rest.GetAsync("/service-insights?type=nonsense")).Status);
    }

    [Fact]
    public async Task Proxy_ThatIsNotThere_CannotBeAsked()
    {
        foreach (var question in (string[])["xds", "stats", "clusters"])
        {
            var answer = await rest.GetAsync($"/meshes/default/dataplanes/nope/{question}");
            Assert.Equal(404, answer.Status);
            Assert.Equal("Could not get dataplane resource", (string?)answer.Body!["title"]);
        }
    }

    [Fact]
    public async Task Diagnostics_AnswerOnTheirOwnPortOnly()
    {
        var port = global.Services.GetRequiredService<ListenAddresses>().PortOf(Listener.Diagnostics);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };

        Assert.Equal("OK", await http.GetStringAsync(new Uri("/ready", UriKind.Relative), TestContext.Current.CancellationToken));
        var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("meshconsole_resources{", metrics, StringComparison.Ordinal);
        Assert.Contains("meshconsole_store_revision", metrics, StringComparison.Ordinal);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await http.GetAsync(new Uri("/meshes", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(404, (await rest.GetAsync("/metrics")).Status);
    }

    [Fact]
    public async Task UnknownPathsAndVerbs_AreAnsweredAsKumaDoes()
    {
        Assert.Equal("404: Page Not Found", (await rest.GetAsync("/nope/nope")).Text.Trim());
        Assert.Equal(405, (await rest.SendAsync(HttpMethod.Post, "/meshes/default/meshtimeouts", "{}")).Status);
        Assert.Equal(405, (await rest.SendAsync(HttpMethod.Patch, "/meshes/default/meshtimeouts/x", "{}")).Status);
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject map => map.SelectMany(p => p.Key == "$ref" ? [(string)p.Value!] : References(p.Value)),
        JsonArray list => list.SelectMany(References),
        _ => [],
    };
}
