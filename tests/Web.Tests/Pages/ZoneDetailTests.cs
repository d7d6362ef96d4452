using MeshConsole.ControlPlane.Kds;
using MeshConsole.Web.Components.Pages.Zones;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Web.Tests.Pages;

public sealed class ZoneDetailTests(GlobalControlPlane global) : ConsoleTest(global)
{
    [Fact]
    public async Task DataPlanes_OfOneZone_AreNotSortedByZoneNorChosenByIt()
    {
        await PutMeshAsync();
        await PutAsync("""{"type":"Zone","name":"one-zone"}""");
        await FromZoneAsync("one-zone", "Dataplane", "web-1", """{"networking":{"address":"10.0.0.1","inbound":[{"port":80,"tags":{"kuma.io/service":"web","kuma.io/zone":"one-zone"}}]}}""");

        var page = Page("one-zone");

        await page.WaitForAssertionAsync(() =>
        {
            var table = page.Find("[data-testid=dataplanes]");
            Assert.Contains("web-1", table.TextContent, StringComparison.Ordinal);
            Assert.DoesNotContain(table.QuerySelectorAll("th"), h => h.TextContent.Trim() == "Zone");
            Assert.Contains(page.FindAll("option"), o => o.TextContent == "Any state");
            Assert.DoesNotContain(page.FindAll("option"), o => o.TextContent == "Any zone");
        });
    }

    [Fact]
    public async Task ZoneThatIsTurnedAway_SaysWhyAndWhen_NotThatItNeverCalled()
    {
        await PutAsync("""{"type":"Zone","name":"turned-away"}""");
        var links = Global.Services.GetRequiredService<ZoneLinks>();

        var page = Page("turned-away");
        await page.WaitForAssertionAsync(() => Assert.Contains("never connected", page.Markup, StringComparison.Ordinal));
        Assert.Contains("nothing was sent yet", page.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain("everything delivered", page.Markup, StringComparison.Ordinal);

        links.Board.Update(b => b.SetItem("turned-away", new ZoneLink("turned-away") { Refusal = new LinkRefusal("The token was revoked", "198.51.100.7", DateTimeOffset.UtcNow, 2) }));
        await page.WaitForAssertionAsync(() => Assert.Contains("The token was revoked. Last at ", page.Find("[data-testid=turned-away]").TextContent, StringComparison.Ordinal));
        Assert.DoesNotContain("never connected", page.Markup, StringComparison.Ordinal);
    }

    private IRenderedComponent<IComponent> Page(string zone) => Render(builder =>
    {
        builder.OpenComponent<ZoneDetail>(0);
        builder.AddAttribute(1, nameof(ZoneDetail.Name), zone);
        builder.CloseComponent();
    });
}
