using System.Net;
using System.Net.Sockets;
using MeshConsole.Shared;
using MeshConsole.Web.Components.Pages.Zones;
using MeshConsole.Web.Demo;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Web.Tests.Pages;

public sealed class PretendOutageTests(GlobalControlPlane global) : ConsoleTest(global)
{
    [Fact]
    public void OutsideTheDemo_NothingIsOffered() => Assert.Empty(Render<PretendOutage>(p => p.Add(o => o.Zone, "lab")).FindAll("[data-testid=outage]"));

    [Fact]
    public async Task ZoneOfTheDemo_IsCutAndMendedByItsButton_AndAnotherZoneIsNotOffered()
    {
        using var target = new TcpListener(IPAddress.Loopback, 0);
        target.Start();
        await using var link = new DemoLink(((IPEndPoint)target.LocalEndpoint).Port);
        var outages = new PretendedOutages(TimeProvider.System);
        outages.Add("lab", link);
        Services.AddSingleton(outages);
        using var zone = new TcpClient();
        await zone.ConnectAsync(IPAddress.Loopback, link.Port, Cancel);
        using var accepted = await target.AcceptTcpClientAsync(Cancel);

        var page = Render<PretendOutage>(p => p.Add(o => o.Zone, "lab"));
        Assert.Contains("as a dead network does", page.Find("[data-testid=outage]").TextContent, StringComparison.Ordinal);
        Assert.Empty(Render<PretendOutage>(p => p.Add(o => o.Zone, "gke")).FindAll("[data-testid=outage]"));
        Assert.Empty(Render<PretendOutage>(p => p.Add(o => o.Zone, "lab").Add(o => o.OnlyWhenOn, true)).FindAll("[data-testid=outage]"));

        await page.Find("[data-testid=begin-outage]").ClickAsync();
        page.WaitForAssertion(() => Assert.Contains("pretended outage since", page.Find("[data-testid=outage]").TextContent, StringComparison.Ordinal));
        await zone.GetStream().WriteAsync("held"u8.ToArray(), Cancel);
        var arriving = accepted.GetStream().ReadAsync(new byte[8], Cancel).AsTask();
        using var during = new TcpClient();
        await during.ConnectAsync(IPAddress.Loopback, link.Port, Cancel); // a dead network does not refuse
        Assert.False(target.Pending());
        Assert.False(arriving.IsCompleted);

        await page.Find("[data-testid=end-outage]").ClickAsync();
        Assert.Equal(4, await arriving.WaitAsync(TimeSpan.FromSeconds(15), Cancel));
        page.WaitForAssertion(() => Assert.NotNull(page.Find("[data-testid=begin-outage]")));
        zone.Close();
        Assert.Equal(0, await accepted.GetStream().ReadAsync(new byte[8], Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(15), Cancel));
    }

    [Fact]
    public async Task WhoIsNoAdministrator_IsRefused()
    {
        await using var link = new DemoLink(1);
        var outages = new PretendedOutages(TimeProvider.System);
        outages.Add("lab", link);
        Assert.Equal(RefusalReason.Forbidden, outages.Set(new Actor("john", []), "lab", outage: true)!.Reason);
        Assert.Empty(outages.Running.Value);
        Assert.Equal(RefusalReason.NotFound, outages.Set(new Actor("ada", [Actor.AdminGroup]), "gke", outage: true)!.Reason);
    }
}
