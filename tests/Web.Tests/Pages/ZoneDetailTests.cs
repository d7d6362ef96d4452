using MeshConsole.Web.Components.Pages.Zones;

namespace MeshConsole.Web.Tests.Pages;

public sealed class ZoneDetailTests(GlobalControlPlane global) : ConsoleTest(global)
{
    [Fact]
    public async Task DataPlanes_OfOneZone_AreNotSortedByZoneNorChosenByIt()
    {
        await PutMeshAsync();
        await PutAsync("""{"type":"Zone","name":"one-zone"}""");
        await FromZoneAsync("one-zone", "Dataplane", "web-1", """{"networking":{"address":"10.0.0.1","inbound":[{"port":80,"tags":{"kuma.io/service":"web","kuma.io/zone":"one-zone"}}]}}""");

        var page = Render(builder =>
        {
            builder.OpenComponent<ZoneDetail>(0);
            builder.AddAttribute(1, nameof(ZoneDetail.Name), "one-zone");
            builder.CloseComponent();
        });

        await page.WaitForAssertionAsync(() =>
        {
            var table = page.Find("[data-testid=dataplanes]");
            Assert.Contains("web-1", table.TextContent, StringComparison.Ordinal);
            Assert.DoesNotContain(table.QuerySelectorAll("th"), h => h.TextContent.Trim() == "Zone");
            Assert.Contains(page.FindAll("option"), o => o.TextContent == "Any state");
            Assert.DoesNotContain(page.FindAll("option"), o => o.TextContent == "Any zone");
        });
    }
}
