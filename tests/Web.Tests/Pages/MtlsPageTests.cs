using MeshConsole.Web.Components.Pages.Meshes;

namespace MeshConsole.Web.Tests.Pages;

public sealed class MtlsPageTests(GlobalControlPlane global) : ConsoleTest(global)
{
    [Fact]
    public async Task TurnOn_NoPermission_SaysBeforehandThatEverythingIsDeniedAndOffersOne()
    {
        await PutMeshAsync();
        var page = Render<MtlsPage>(p => p.Add(x => x.Name, Mesh));

        Assert.Contains("everything is denied", page.Find("[data-testid=denies-everything]").TextContent, StringComparison.Ordinal);
        await page.Find("[data-testid=turn-on]").ClickAsync();

        await page.WaitForElementAsync("[data-testid=turn-off]");
        Assert.NotNull(Stored("MeshTrafficPermission", "allow-all"));
        Assert.Equal("ca-1", Enabled());
        Assert.NotNull(Global.Store.World.Value.List("Secret", Mesh).FirstOrDefault(s => s.Name.Contains("ca-builtin-cert", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task TurnOn_DenyingEverything_IsSaidOnTheButtonAndDone()
    {
        await PutMeshAsync();
        var page = Render<MtlsPage>(p => p.Add(x => x.Name, Mesh));

        await page.Find("[data-testid=allow-all]").ChangeAsync(false);
        await page.Find("[data-testid=strict]").ChangeAsync(true);
        Assert.Contains("deny everything", page.Find("[data-testid=turn-on]").TextContent, StringComparison.Ordinal);
        await page.Find("[data-testid=turn-on]").ClickAsync();

        await page.WaitForElementAsync("[data-testid=turn-off]");
        Assert.Null(Stored("MeshTrafficPermission", "allow-all"));
        Assert.Contains("Every request is denied", page.Markup, StringComparison.Ordinal);
    }

    private string? Enabled() => Global.Store.World.Value.Find("Mesh", Mesh)!.Spec.Parse().GetProperty("mtls").GetProperty("enabledBackend").GetString();
}
