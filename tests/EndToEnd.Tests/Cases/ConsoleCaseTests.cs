using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace MeshConsole.EndToEnd.Tests.Cases;

/// <summary>Mistakes that other consoles were reported for, replayed in a browser. Each names the public report of its origin.</summary>
public sealed class ConsoleCaseTests(Browser browser) : IAsyncLifetime
{
    private CaseSite site = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => site = await CaseSite.StartAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (site is not null)
        {
            await site.DisposeAsync();
        }
    }

    /// <summary>The case of kumahq/kuma#7027: with the link dead, nothing in the zone may read online; real pings in real time.</summary>
    [Fact]
    public async Task ZoneBehindADeadLink_ReadsOfflineAndUnknown_AndRealAgainOnTheSamePage()
    {
        await site.JoinAsync("west", 1);
        var east = await site.JoinAsync("east", 2);
        await using var visit = await SignInAsync();
        var page = visit.Page;
        await GoAsync(page, "/gui/zones/east");
        await visit.InteractiveAsync();
        await page.EvaluateAsync("document.documentElement.dataset.case = 'same page'");
        var state = page.Locator(".head .chip");
        var proxies = page.GetByRole(AriaRole.Region, new() { Name = "Data planes" });
        var ingresses = page.GetByRole(AriaRole.Region, new() { Name = "Ingresses" });
        await Expect(state).ToContainTextAsync("Online");
        await Expect(proxies.Locator("[data-state=online]")).ToHaveCountAsync(2);
        await Expect(ingresses.Locator("[data-state=online]")).ToHaveCountAsync(1);

        east.Faults.LinkDown = true;
        await Expect(state).ToContainTextAsync("Offline ·", new() { Timeout = 30_000 }); // with the time
        await Expect(proxies.Locator("[data-state=unknown]")).ToHaveCountAsync(2);
        await Expect(proxies.Locator("[data-state=unknown]").First).ToContainTextAsync("Unknown ·");
        await Expect(ingresses.Locator("[data-state=unknown]")).ToHaveCountAsync(1);
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Figures" })).ToContainTextAsync("2 unknown");

        east.Faults.LinkDown = false;
        await Expect(state).ToContainTextAsync("Online");
        await Expect(proxies.Locator("[data-state=online]")).ToHaveCountAsync(2);
        await Expect(ingresses.Locator("[data-state=online]")).ToHaveCountAsync(1);
        Assert.Equal("same page", await page.EvaluateAsync<string>("document.documentElement.dataset.case"));
    }

    /// <summary>The case of kumahq/kuma#4434 in the console: the dialog says what goes, and afterwards nothing finds it.</summary>
    [Fact]
    public async Task RetiredZone_IsGoneFromListsCountersAndSearch()
    {
        await site.JoinAsync("west", 1);
        var east = await site.JoinAsync("east", 3);
        await using var visit = await SignInAsync();
        var page = visit.Page;
        await east.DisposeAsync();
        await site.Deployment.OfflineAsync("east");
        await GoAsync(page, "/gui/zones/east");
        await visit.InteractiveAsync();

        await page.GetByTestId("retire").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("3 data planes, 1 ingress");
        await page.GetByTestId("confirm-name").FillAsync("east");
        await page.GetByTestId("confirm").ClickAsync();

        await GoAsync(page, "/gui/");
        await Expect(page.GetByTestId("kpi-zones")).ToContainTextAsync("1 / 1 online");
        await Expect(page.GetByTestId("kpi-dataplanes")).ToContainTextAsync("1 / 1 online");
        await Expect(page.GetByTestId("kpi-ingresses")).ToContainTextAsync("1 / 1 online");
        await visit.InteractiveAsync();
        await page.GetByTestId("open-search").ClickAsync();
        await page.GetByTestId("palette-input").FillAsync("east");
        await Expect(page.Locator("#palette-hits")).ToContainTextAsync("Nothing is called");
        await page.GetByTestId("palette-input").FillAsync("west");
        await Expect(page.Locator("#palette-hits [role=option]").First).ToBeVisibleAsync();
    }

    /// <summary>The cases of kumahq/kuma-gui#3542 and #2788: page 5, then a search with three hits.</summary>
    [Fact]
    public async Task SearchOnPageFive_ShowsTheHits_AlsoInANewTab()
    {
        await site.JoinAsync("big", 300);
        await using var visit = await SignInAsync();
        var page = visit.Page;
        await GoAsync(page, "/gui/dataplanes");
        await visit.InteractiveAsync();
        await Expect(page.GetByTestId("count")).ToContainTextAsync("300");
        while (await page.GetByTestId("page").TextContentAsync() is { } text && !text.StartsWith("Page 5 ", StringComparison.Ordinal))
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Next page" }).ClickAsync();
            await Expect(page.GetByTestId("page")).Not.ToHaveTextAsync(text);
        }

        await page.GetByTestId("search").FillAsync("big-dp-123");
        await Expect(page.GetByTestId("count")).ToContainTextAsync("1 ");
        await page.GetByTestId("search").FillAsync("10.0.0.25"); // .25, .250 to .255 by their address
        var rows = page.GetByTestId("dataplanes").Locator("tbody tr");
        await Expect(rows).ToHaveCountAsync(7);
        await Expect(page.GetByTestId("count")).ToContainTextAsync("7 of 300");

        await using var second = await SignInAsync(page);
        await second.Page.GotoAsync(page.Url);
        await Expect(second.Page.GetByTestId("dataplanes").Locator("tbody tr")).ToHaveCountAsync(7);
        await Expect(second.Page.GetByTestId("search")).ToHaveValueAsync("10.0.0.25");
    }

    /// <summary>The case of kiali/kiali#4031: a split that is opened again, changed and saved.</summary>
    [Fact]
    public async Task SplitThatIsChangedAgain_SaysTheSameEverywhere()
    {
        var east = await site.JoinAsync("east", 1);
        await PutSplitAsync();
        await using var visit = await SignInAsync();
        var page = visit.Page;
        await GoAsync(page, "/gui/meshes/default/services/MeshMultiZoneService/api/traffic");
        await visit.InteractiveAsync();
        await Expect(page.GetByTestId("weight-1-1")).ToHaveValueAsync("90");

        await page.GetByTestId("weight-1-1").FillAsync("50");
        await page.GetByTestId("weight-1-2").FillAsync("50");
        await Expect(page.GetByTestId("diff")).ToContainTextAsync("weight: 50"); // before it is saved
        await page.GetByTestId("confirm-missing").CheckAsync(); // nothing runs behind these services, and that is asked about
        await page.GetByTestId("apply").ClickAsync();
        await Expect(page.GetByTestId("diff")).ToHaveCountAsync(0);
        await page.ReloadAsync();
        await Expect(page.GetByTestId("weight-1-1")).ToHaveValueAsync("50");
        await Expect(page.GetByTestId("weight-1-2")).ToHaveValueAsync("50");

        await GoAsync(page, "/gui/meshes/default/policies/MeshHTTPRoute/api");
        await Expect(page.Locator("main")).ToContainTextAsync("weight: 50");
        await Expect(page.Locator("main")).Not.ToContainTextAsync("weight: 90");
        Assert.Equal([50, 50], Weights((await site.GetAsync("/meshes/default/meshhttproutes/api")).GetProperty("spec")));
        await MeshConsole.Testing.Eventually.TrueAsync(
            () => Task.FromResult(east.Of("MeshHTTPRoute").Values.SingleOrDefault() is { } held && Weights(JsonElement.Parse(held.Spec.Span)).SequenceEqual([50, 50])), "the same in the zone", Cancel);
        var versions = (await site.GetAsync("/meshes/default/meshhttproutes/api/revisions")).GetProperty("items");
        Assert.Equal(2, versions.GetArrayLength());

        static List<int> Weights(JsonElement spec) =>
            [.. spec.GetProperty("to")[0].GetProperty("rules")[0].GetProperty("default").GetProperty("backendRefs").EnumerateArray().Select(b => b.GetProperty("weight").GetInt32())];
    }

    private async Task PutSplitAsync()
    {
        foreach (var name in new[] { "api", "api-v1", "api-v2" })
        {
            await PutAsync("meshmultizoneservices", name, new
            {
                type = "MeshMultiZoneService",
                mesh = "default",
                name,
                spec = new { selector = new { meshService = new { matchLabels = new Dictionary<string, string> { ["app"] = name } } }, ports = new[] { new { port = 8080, appProtocol = "http" } } },
            });
        }

        await PutAsync("meshhttproutes", "api", new
        {
            type = "MeshHTTPRoute",
            mesh = "default",
            name = "api",
            spec = new
            {
                targetRef = new { kind = "Mesh" },
                to = new[]
                {
                    new
                    {
                        targetRef = new { kind = "MeshMultiZoneService", name = "api" },
                        rules = new[]
                        {
                            new
                            {
                                matches = new[] { new { path = new { type = "PathPrefix", value = "/" } } },
                                @default = new { backendRefs = new[] { Target("api-v1", 90), Target("api-v2", 10) } },
                            },
                        },
                    },
                },
            },
        });

        static object Target(string name, int weight) => new { kind = "MeshMultiZoneService", name, port = 8080, weight };

        async Task PutAsync(string path, string name, object body)
        {
            using var answer = await site.Global.Http.PutAsJsonAsync($"/meshes/default/{path}/{name}", body, Cancel);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancel));
        }
    }

    /// <summary>Names the first administrator with the printed link; or signs in as the one who is there.</summary>
    private async Task<Visit> SignInAsync(IPage? other = null)
    {
        var visit = await browser.OpenAsync();
        var page = visit.Page;
        if (other is not null)
        {
            await page.Context.AddCookiesAsync((await other.Context.CookiesAsync()).Select(c => new Cookie { Name = c.Name, Value = c.Value, Domain = c.Domain, Path = c.Path, HttpOnly = c.HttpOnly, Secure = c.Secure }));
            return visit;
        }

        var link = await site.Global.OutputLineAsync(line => line.Contains("/gui/setup#", StringComparison.Ordinal), Cancel);
        await page.GotoAsync(link.Trim());
        await page.GetByTestId("name").FillAsync("ada");
        await page.GetByTestId("password").FillAsync("a long enough sentence 1842");
        await page.GetByTestId("password-again").FillAsync("a long enough sentence 1842");
        await page.GetByTestId("submit").ClickAsync();
        await Expect(page.GetByTestId("kpi-zones")).ToBeVisibleAsync();
        return visit;
    }

    private async Task GoAsync(IPage page, string path) => await page.GotoAsync(new Uri(site.Global.Address, path).ToString());
}
