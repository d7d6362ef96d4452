using Bunit.TestDoubles;
using MeshConsole.Shared;
using MeshConsole.Web.Components.Controls;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;

namespace MeshConsole.Web.Tests.Controls;

/// <summary>What a change touches before it is made, and what is asked before work is lost.</summary>
public sealed class ImpactAndLeavingTests(GlobalControlPlane global) : ConsoleTest(global)
{
    [Fact]
    public async Task Impact_OfARoute_CountsZonesProxiesAndThoseThatBehaveDifferently()
    {
        await PutApiAsync("v1", "v2");
        var before = await PutRouteAsync(("api-v1", 90), ("api-v2", 10));
        var changed = Weights(before, 50);

        var panel = Render<ImpactPanel>(p => p.Add(x => x.Before, before).Add(x => x.After, changed));

        await panel.WaitForAssertionAsync(() => Assert.StartsWith("2 proxies: api-v1-1, api-v2-1", Changed(panel), StringComparison.Ordinal));
        panel.Render(p => p.Add(x => x.After, before));
        await panel.WaitForAssertionAsync(() => Assert.Equal("0 proxies: none behaves differently", Changed(panel)));
        panel.Render(p => p.Add(x => x.After, (Resource?)null));
        await panel.WaitForAssertionAsync(() => Assert.StartsWith("2 proxies", Changed(panel), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Impact_OfWhatIsNoPolicy_SaysNothing()
    {
        await PutMeshAsync();
        var mesh = Global.Store.World.Value.Find("Mesh", Mesh)!;

        var panel = Render<ImpactPanel>(p => p.Add(x => x.Before, mesh).Add(x => x.After, mesh));

        Assert.Empty(panel.FindAll("[data-testid=impact]"));
    }

    [Theory]
    [InlineData(false, null, true)]
    [InlineData(true, "Leave", true)]
    [InlineData(true, "Keep it", false)]
    public async Task Leaving_WithUnsavedWork_AsksFirst(bool dirty, string? answer, bool left)
    {
        var dialogs = Render<MudDialogProvider>();
        Render<LeaveGuard>(p => p.Add(x => x.Dirty, dirty).Add(x => x.What, "the draft of route api"));
        var navigation = Services.GetRequiredService<BunitNavigationManager>();

        await dialogs.InvokeAsync(() => navigation.NavigateTo("meshes"));
        if (answer is not null)
        {
            await dialogs.WaitForAssertionAsync(() => Assert.Contains("the draft of route api", dialogs.Markup, StringComparison.Ordinal));
            await dialogs.FindAll("button").Single(b => b.TextContent.Trim() == answer).ClickAsync();
        }

        // What the guard decides is drawn nowhere: the navigation itself knows.
        await MeshConsole.Testing.Eventually.TrueAsync(() => Task.FromResult(navigation.History.Count > 0), "decision of the guard", Cancel);

        Assert.Equal(left ? NavigationState.Succeeded : NavigationState.Prevented, Assert.Single(navigation.History).State);
    }

    private static string Changed(IRenderedComponent<ImpactPanel> panel) =>
        System.Text.RegularExpressions.Regex.Replace(panel.Find("[data-testid=impact-changed]").TextContent.Trim(), @"\s+", " ");

    private static Resource Weights(Resource route, long first)
    {
        var spec = route.Spec.ToNode();
        spec["to"]![0]!["rules"]![0]!["default"]!["backendRefs"]![0]!["weight"] = first;
        return route.With(spec: JsonBody.FromNode(spec));
    }
}
