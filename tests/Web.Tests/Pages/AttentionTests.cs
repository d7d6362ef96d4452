using MeshConsole.Web.Components.Pages.Overview;

namespace MeshConsole.Web.Tests.Pages;

public sealed class AttentionTests(GlobalControlPlane global) : ConsoleTest(global)
{
    [Fact]
    public async Task Overview_RouteToNowhereAndMtlsWithoutPermission_AreNamedWithTheirMend()
    {
        await PutApiAsync("v1");
        await PutRouteAsync(("api-v1", 90), ("wbe", 10));
        await PutAsync($"{{\"type\":\"Mesh\",\"name\":\"{Mesh}\",\"skipCreatingInitialPolicies\":[\"*\"],\"mtls\":{{\"enabledBackend\":\"ca-1\",\"backends\":[{{\"name\":\"ca-1\",\"type\":\"builtin\"}}]}}}}");

        var page = Render<OverviewPage>();
        if (page.FindAll("[data-testid=attention] .ft button") is [var more])
        {
            await more.ClickAsync();
        }

        var text = page.Find("[data-testid=attention]").TextContent;
        Assert.Contains("wbe has weight 10 and does not exist", text, StringComparison.Ordinal);
        Assert.Contains($"Mesh {Mesh}: every request is denied", text, StringComparison.Ordinal);
        Assert.NotNull(page.Find($"[data-testid=attention] a[href='meshes/{Mesh}/policies/MeshTrafficPermission/new']"));
    }
}
