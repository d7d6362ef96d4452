using MeshConsole.Web.Components.Pages.Policies;
using MeshConsole.Web.Components.Pages.Traffic;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Web.Tests.Pages;

public sealed class TrafficPageTests(GlobalControlPlane global) : ConsoleTest(global)
{
    [Fact]
    public async Task Apply_ChangedWeights_AreStoredAndShownAgain()
    {
        await PutApiAsync("v1", "v2");
        await PutRouteAsync(("api-v1", 90), ("api-v2", 10));
        var page = Open();

        await page.Find("[data-testid=weight-1-1]").InputAsync("50");
        await page.Find("[data-testid=weight-1-2]").InputAsync("50");
        Assert.Contains("weight: 50", page.Find("[data-testid=diff]").TextContent, StringComparison.Ordinal);
        await page.Find("[data-testid=apply]").ClickAsync();

        await page.WaitForAssertionAsync(() => Assert.Equal([50, 50], StoredWeights()));
        Assert.Equal("50 %", Open().Find("[data-testid=share-1-1]").TextContent);
        Assert.Empty(page.FindAll("[data-testid=diff]"));
    }

    [Theory]
    [InlineData("-1", "greater than or equal to 0")]
    [InlineData("x", "must be of type")]
    public async Task Weight_Wrong_SaysWhatTheApiSaysAtTheFieldAndStoresNothing(string typed, string message)
    {
        await PutApiAsync("v1", "v2");
        await PutRouteAsync(("api-v1", 90), ("api-v2", 10));
        var page = Open();

        await page.Find("[data-testid=weight-1-2]").InputAsync(typed);
        await page.Find("[data-testid=apply]").ClickAsync();

        Assert.Contains(message, page.Find("[data-testid=fault]").TextContent, StringComparison.Ordinal);
        Assert.Equal("true", page.Find("[data-testid=weight-1-2]").GetAttribute("aria-invalid"));
        Assert.Equal([90, 10], StoredWeights());
    }

    [Fact]
    public async Task Apply_TargetsVanished_AreShownWithTheirWeightsAndNeedADecision()
    {
        await PutApiAsync("v1", "v2");
        await PutRouteAsync(("api-v1", 60), ("api-v2", 40));
        await RemoveAsync(Stored("MeshMultiZoneService", "api-v2")!);
        var page = Open();

        Assert.Equal("40", page.Find("[data-testid=weight-1-2]").GetAttribute("value"));
        Assert.Contains("Missing", page.Find("[data-testid=target-1-2]").TextContent, StringComparison.Ordinal);
        await page.Find("[data-testid=apply]").ClickAsync();

        Assert.Contains("missing", page.Find("[data-testid=hint]").TextContent, StringComparison.Ordinal);
        Assert.Equal([60, 40], StoredWeights());

        await page.Find("[data-testid=weight-1-1]").InputAsync("70");
        await page.Find("[data-testid=confirm-missing]").ChangeAsync(true);
        await page.Find("[data-testid=apply]").ClickAsync();
        await page.WaitForAssertionAsync(() => Assert.Equal([70, 40], StoredWeights()));
    }

    /// <summary>The case of kiali/kiali#2205: half of the targets are gone, and somebody saves at once.</summary>
    [Fact]
    public async Task Apply_AtOnceAfterHalfOfTheTargetsVanished_DropsNoneInSilence()
    {
        string[] versions = ["v1", "v2", "v3", "v4", "v5", "v6"];
        await PutApiAsync(versions);
        await PutRouteAsync([.. versions.Select((v, i) => ($"api-{v}", 10L + i))]);
        foreach (var version in versions[3..])
        {
            await RemoveAsync(Stored("MeshMultiZoneService", $"api-{version}")!);
        }

        var page = Open();
        Assert.Equal(["10", "11", "12", "13", "14", "15"], versions.Select((_, i) => page.Find($"[data-testid=weight-1-{i + 1}]").GetAttribute("value")));
        Assert.All(new[] { 4, 5, 6 }, i => Assert.Contains("Missing", page.Find($"[data-testid=target-1-{i}]").TextContent, StringComparison.Ordinal));
        await page.Find("[data-testid=apply]").ClickAsync();

        Assert.Contains("missing", page.Find("[data-testid=hint]").TextContent, StringComparison.Ordinal);
        Assert.Equal([10, 11, 12, 13, 14, 15], StoredWeights());
    }

    [Fact]
    public async Task PolicyList_TargetMissing_CarriesAWarning()
    {
        await PutApiAsync("v1");
        await PutRouteAsync(("api-v1", 90), ("wbe", 10));

        var list = Render<PolicyList>(p => p.Add(x => x.Mesh, Mesh));

        Assert.Contains("Missing target", list.Markup, StringComparison.Ordinal);
    }

    /// <summary>The case of kumahq/kuma#18266: all weights at zero are a drain that somebody means, or a mistake; never a fault.</summary>
    [Fact]
    public async Task Apply_AllWeightsZero_AsksToConfirmTheDrain()
    {
        await PutApiAsync("v1", "v2");
        await PutRouteAsync(("api-v1", 90), ("api-v2", 10));
        var page = Open();

        await page.Find("[data-testid=drain]").ClickAsync();
        Assert.DoesNotContain("NaN", page.Markup, StringComparison.Ordinal);
        await page.Find("[data-testid=apply]").ClickAsync();
        Assert.Contains("0", page.Find("[data-testid=hint]").TextContent, StringComparison.Ordinal);
        Assert.Equal([90, 10], StoredWeights());

        await page.Find("[data-testid=confirm-drain]").ChangeAsync(true);
        await page.Find("[data-testid=apply]").ClickAsync();
        await page.WaitForAssertionAsync(() => Assert.Equal([0, 0], StoredWeights()));
        Assert.Single(page.FindAll("[data-testid=handle-0]"));
    }

    [Fact]
    public async Task Handle_ArrowKeys_MoveTheBorderByOneHundredth()
    {
        await PutApiAsync("v1", "v2");
        await PutRouteAsync(("api-v1", 90), ("api-v2", 10));
        var page = Open();

        await page.Find("[data-testid=handle-0]").KeyDownAsync(new KeyboardEventArgs { Key = "ArrowLeft" });
        await page.Find("[data-testid=handle-0]").KeyDownAsync(new KeyboardEventArgs { Key = "PageDown" });

        Assert.Equal("79", page.Find("[data-testid=weight-1-1]").GetAttribute("value"));
        Assert.Equal("79", page.Find("[data-testid=handle-0]").GetAttribute("aria-valuenow"));
    }

    [Fact]
    public async Task Store_ChangedMeanwhile_ShowsBothVersionsAndSavesNothingByItself()
    {
        await PutApiAsync("v1", "v2");
        await PutRouteAsync(("api-v1", 90), ("api-v2", 10));
        var page = Open();
        await page.Find("[data-testid=weight-1-1]").InputAsync("80");

        await PutRouteAsync(("api-v1", 20), ("api-v2", 80));

        await page.WaitForElementAsync("[data-testid=conflict]");
        await page.Find("[data-testid=apply]").ClickAsync();
        Assert.Equal([20, 80], StoredWeights());
        await page.Find("[data-testid=keep-mine]").ClickAsync();
        await page.Find("[data-testid=apply]").ClickAsync();
        await page.WaitForAssertionAsync(() => Assert.Equal([80, 10], StoredWeights()));
    }

    [Fact]
    public async Task Store_ChangedMeanwhile_AnUntouchedPageFollows()
    {
        await PutApiAsync("v1", "v2");
        await PutRouteAsync(("api-v1", 90), ("api-v2", 10));
        var page = Open();

        await PutRouteAsync(("api-v1", 20), ("api-v2", 80));

        await page.WaitForAssertionAsync(() => Assert.Equal("20", page.Find("[data-testid=weight-1-1]").GetAttribute("value")));
    }

    [Fact]
    public async Task Apply_NothingChanged_SaysSo()
    {
        await PutApiAsync("v1", "v2");
        var route = await PutRouteAsync(("api-v1", 90), ("api-v2", 10));
        var page = Open();

        await page.Find("[data-testid=apply]").ClickAsync();

        Assert.Contains("Nothing has changed", page.Find("[data-testid=hint]").TextContent, StringComparison.Ordinal);
        Assert.Equal(route.Revision, Stored("MeshHTTPRoute", "api")!.Revision);
    }

    [Fact]
    public async Task AddTarget_FromTheList_StandsInTheRuleWithoutWeight()
    {
        await PutApiAsync("v1", "v2");
        await PutRouteAsync(("api-v1", 100));
        var page = Open();

        await page.Find("[data-testid=add-target-1]").ChangeAsync("MeshMultiZoneService|api-v2|8080");

        Assert.Equal("0", page.Find("[data-testid=weight-1-2]").GetAttribute("value"));
    }

    [Fact]
    public async Task Return_AfterAChange_WritesTheVersionBefore()
    {
        await PutApiAsync("v1", "v2");
        await PutRouteAsync(("api-v1", 90), ("api-v2", 10));
        await PutRouteAsync(("api-v1", 50), ("api-v2", 50));
        var page = Open();

        await page.WaitForElementAsync("[data-testid=return]");
        await page.Find("[data-testid=return]").ClickAsync();

        await page.WaitForAssertionAsync(() => Assert.Equal([90, 10], StoredWeights()));
    }

    private IRenderedComponent<TrafficPage> Open()
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo($"meshes/{Mesh}/services/MeshMultiZoneService/api/traffic");
        return Render<TrafficPage>(p => p.Add(x => x.Mesh, Mesh).Add(x => x.KindName, "MeshMultiZoneService").Add(x => x.Name, "api"));
    }

    private int[] StoredWeights() => [.. Stored("MeshHTTPRoute", "api")!.Spec.Parse()
        .GetProperty("to")[0].GetProperty("rules")[0].GetProperty("default").GetProperty("backendRefs").EnumerateArray()
        .Select(b => b.GetProperty("weight").GetInt32())];
}
