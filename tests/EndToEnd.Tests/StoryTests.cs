using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using MeshConsole.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace MeshConsole.EndToEnd.Tests;

/// <summary>What a person does on the first evening, from the printed link to the changed split in a zone.</summary>
[Collection(ScriptTests.Name)]
public sealed class StoryTests(Browser browser) : IDisposable
{
    private static readonly int[] Ports = [.. new[] { 0, 1000, 2000, 3000 }.SelectMany(zone => new[] { 5678, 5680, 5681, 5682, 5685 }.Select(port => port + zone))];
    private readonly TempFolder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Demo_AddAZoneAndDragTheSplit_ArrivesInTheZone()
    {
        // As a person has it: a folder in which the commands run, with the scripts of the checkout in it.
        Directory.CreateSymbolicLink(folder.Combine("scripts"), RepoRoot.Combine("scripts"));
        File.CreateSymbolicLink(folder.Combine("appsettings.json"), RepoRoot.Combine("appsettings.json"));
        Directory.CreateSymbolicLink(folder.Combine("wwwroot"), RepoRoot.Combine("wwwroot"));
        var offset = FreePorts.TakeOffset(Ports);
        await using var demo = MeshConsoleProcess.StartOther(folder.Combine("scripts", "meshconsole"), folder.Path, "demo", "--port-offset", $"{offset}");
        var link = await demo.OutputLineAsync(line => line.Contains("/gui/setup#", StringComparison.Ordinal), Cancel);

        await using var visit = await browser.OpenAsync();
        var page = visit.Page;
        await page.GotoAsync(link.Trim());
        await Expect(page.GetByTestId("kpi-zones")).ToContainTextAsync("2 / 2 online");
        await visit.InteractiveAsync();
        await visit.PictureAsync("overview");

        // Add a zone: a name, then the command.
        await page.GetByRole(AriaRole.Link, new() { Name = "Add zone" }).ClickAsync();
        await page.GetByTestId("zone-name").FillAsync("gke");
        await page.GetByTestId("create-zone").ClickAsync();
        var command = await page.GetByTestId("zone-command").TextContentAsync();
        await Expect(Step(page, "connected")).Not.ToHaveAttributeAsync("data-state", "ok");

        // Run exactly what the page shows. The environment only says where to put a token, so that this test can look.
        await using var gke = StartShell(command!, folder.Combine("gke.admin-token"));
        await Expect(Step(page, "admitted")).ToHaveAttributeAsync("data-state", "ok");
        await Expect(Step(page, "connected")).ToHaveAttributeAsync("data-state", "ok");
        await Expect(Step(page, "sync")).ToHaveAttributeAsync("data-state", "ok");
        await visit.PictureAsync("zone-connected");
        await page.GetByTestId("open-zone").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "gke" })).ToBeVisibleAsync();

        // Drag the split of api from 90/10 to the middle, and apply it.
        await page.GotoAsync(new Uri(new Uri(link.Trim()), "/gui/meshes/default/services/MeshMultiZoneService/api/traffic").ToString());
        await visit.InteractiveAsync();
        await Expect(page.GetByTestId("weight-2-1")).ToHaveValueAsync("90");
        await DragToMiddleAsync(page, page.GetByTestId("rule-2"));
        await Expect(page.GetByTestId("weight-2-1")).ToHaveValueAsync("50");
        await Expect(page.GetByTestId("weight-2-2")).ToHaveValueAsync("50");
        if (await page.GetByTestId("confirm-missing").CountAsync() > 0)
        {
            await page.GetByTestId("confirm-missing").CheckAsync();
        }

        await page.GetByTestId("apply").ClickAsync();
        var delivery = page.GetByTestId("delivery");
        foreach (var zone in new[] { "lab", "eks", "gke" })
        {
            await Expect(delivery.Locator($"[data-zone={zone}]")).ToContainTextAsync("accepted in");
        }

        await visit.PictureAsync("traffic");

        // And it is there: the zone itself says so.
        var zoneOffset = int.Parse(command!.Split("--port-offset ")[1].Split()[0], CultureInfo.InvariantCulture);
        using var zoneClient = new HttpClient { BaseAddress = new Uri($"http://localhost:{5681 + zoneOffset}") };
        zoneClient.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(folder.Combine("gke.admin-token"), Cancel)).Trim());
        var routes = await zoneClient.GetFromJsonAsync<JsonElement>("/meshes/default/meshhttproutes", Cancel);
        var route = Assert.Single(routes.GetProperty("items").EnumerateArray());
        Assert.Equal([50, 50], Weights(route, rule: 1));
    }

    [Fact]
    public async Task Demo_PretendedOutage_ShowsTheZoneOfflineAndItsProxiesUnknown_AndEndsAtAClick()
    {
        var offset = FreePorts.TakeOffset(Ports);
        await using var demo = MeshConsoleProcess.Start(folder.Path, "demo", "--data-dir", folder.Combine("demo"), "--port-offset", $"{offset}");
        var link = await demo.OutputLineAsync(line => line.Contains("/gui/setup#", StringComparison.Ordinal), Cancel);
        await using var visit = await browser.OpenAsync();
        var page = visit.Page;
        await page.GotoAsync(link.Trim());
        await Expect(page.GetByTestId("kpi-zones")).ToContainTextAsync("2 / 2 online");
        await page.GotoAsync(new Uri(new Uri(link.Trim()), "/gui/zones/lab").ToString());
        await visit.InteractiveAsync();
        var state = page.Locator(".head .chip");
        await Expect(state).ToContainTextAsync("Online");
        await Expect(page.GetByTestId("outage")).ToContainTextAsync("without a goodbye");

        await page.GetByTestId("begin-outage").ClickAsync();
        await Expect(page.GetByTestId("outage")).ToContainTextAsync("pretended outage since");
        await Expect(state).ToContainTextAsync("Online"); // nobody was told
        await Expect(state).ToContainTextAsync("Offline ·", new() { Timeout = 40_000 });
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Data planes" })).ToContainTextAsync("Unknown ·");
        await Expect(page.Locator("main")).ToContainTextAsync("last seen");
        await visit.PictureAsync("outage");

        await page.GotoAsync(new Uri(new Uri(link.Trim()), "/gui/zones").ToString());
        await visit.InteractiveAsync();
        await Expect(page.Locator(".head")).ToContainTextAsync("1 of 2 online");
        await page.GetByTestId("end-outage").ClickAsync();
        await Expect(page.Locator(".head")).ToContainTextAsync("2 of 2 online", new() { Timeout = 40_000 });
        await Expect(page.GetByTestId("outage")).ToHaveCountAsync(0);
    }

    private static ILocator Step(IPage page, string key) => page.Locator($"[data-step={key}]");

    private static async Task DragToMiddleAsync(IPage page, ILocator rule)
    {
        await Expect(rule.GetByTestId("split-bar")).ToHaveAttributeAsync("data-ready", "true"); // a test is faster than a hand
        var bar = (await rule.GetByTestId("split-bar").BoundingBoxAsync())!;
        var handle = (await rule.GetByTestId("handle-0").BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(handle.X + (handle.Width / 2), handle.Y + (handle.Height / 2));
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(bar.X + (bar.Width / 2), handle.Y + (handle.Height / 2), new() { Steps = 8 });
        await page.Mouse.UpAsync();
    }

    private static int[] Weights(JsonElement route, int rule) =>
    [
        .. route.GetProperty("spec").GetProperty("to")[0].GetProperty("rules")[rule].GetProperty("default").GetProperty("backendRefs")
            .EnumerateArray().Select(backend => backend.GetProperty("weight").GetInt32()),
    ];

    private MeshConsoleProcess StartShell(string command, string adminTokenFile) =>
        MeshConsoleProcess.StartOther("env", folder.Path, $"MESHCONSOLE__AdminTokenFile={adminTokenFile}", "bash", "-c", command);
}
