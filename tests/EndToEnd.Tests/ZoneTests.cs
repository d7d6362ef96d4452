using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using MeshConsole.Testing;

namespace MeshConsole.EndToEnd.Tests;

/// <summary>Global and zones as processes on TLS gRPC: joining, sync both ways, and being killed.</summary>
public sealed class ZoneTests : IAsyncLifetime
{
    private const string Permissions = "meshes/default/meshtrafficpermissions";
    private const string Dataplanes = "meshes/default/dataplanes";
    private Deployment deployment = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => deployment = await Deployment.StartAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (deployment is not null)
        {
            await deployment.DisposeAsync();
        }
    }

    [Fact]
    public async Task Zone_WithItsToken_GetsWhatGlobalWritesAndSendsWhatItOwns()
    {
        await Deployment.PutPermissionAsync(deployment.Global, "before");
        var lab = await deployment.JoinAsync("lab");
        var eks = await deployment.JoinAsync("eks");

        await Deployment.PutPermissionAsync(deployment.Global, "after");
        await Task.WhenAll(new[] { lab, eks }.SelectMany(zone => new[] { "before", "after" }.Select(name => Deployment.ArrivedAsync(zone, Permissions, name))));
        await Deployment.PutDataplaneAsync(lab, "api-1");
        await Deployment.ArrivedAsync(deployment.Global, Dataplanes, "api-1");

        using var put = await lab.Http.PutAsJsonAsync($"/{Permissions}/here", new { type = "MeshTrafficPermission", mesh = "default", name = "here", spec = new { } }, Cancel);
        Assert.NotEqual(HttpStatusCode.InternalServerError, put.StatusCode);
        using var mesh = await lab.Http.PutAsJsonAsync("/meshes/other", new { type = "Mesh", name = "other" }, Cancel);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, mesh.StatusCode);
        using var dataplane = await deployment.Global.Http.PutAsJsonAsync($"/{Dataplanes}/x", new { type = "Dataplane", mesh = "default", name = "x" }, Cancel);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, dataplane.StatusCode);
        Assert.DoesNotContain("api-1", await Deployment.NamesAsync(eks, Dataplanes));

        using var deleted = await deployment.Global.Http.DeleteAsync(new Uri($"/{Permissions}/before", UriKind.Relative), Cancel);
        deleted.EnsureSuccessStatusCode();
        await Eventually.TrueAsync(async () => !(await Deployment.NamesAsync(lab, Permissions)).Contains("before"), "deletion in the zone", Cancel);
    }

    [Fact]
    public async Task Zone_Killed_ComesBackWithItsDataAndCatchesUp()
    {
        await Deployment.PutPermissionAsync(deployment.Global, "first");
        var lab = await deployment.JoinAsync("lab");
        await Deployment.ArrivedAsync(lab, Permissions, "first");
        await Deployment.PutDataplaneAsync(lab, "api-1");
        await lab.KillAsync(); // right after the acknowledgement

        await deployment.OfflineAsync("lab");
        await Deployment.PutPermissionAsync(deployment.Global, "meanwhile");
        var again = await deployment.StartZoneAsync("lab", await deployment.ZoneTokenAsync("lab"), lab.PortOffset);

        await deployment.OnlineAsync("lab");
        await Deployment.ArrivedAsync(again, Permissions, "first");
        await Deployment.ArrivedAsync(again, Permissions, "meanwhile");
        await Deployment.ArrivedAsync(again, Dataplanes, "api-1");
        await Deployment.ArrivedAsync(deployment.Global, Dataplanes, "api-1");
    }

    [Fact]
    public async Task Global_Killed_ZoneServesItsOwnCopyAndComesBackByItself()
    {
        var lab = await deployment.JoinAsync("lab");
        await Deployment.PutPermissionAsync(deployment.Global, "first");
        await Deployment.ArrivedAsync(lab, Permissions, "first");

        await deployment.Global.KillAsync();
        Assert.Contains("first", await Deployment.NamesAsync(lab, Permissions));
        await Deployment.PutDataplaneAsync(lab, "api-1"); // a zone works on without global

        await deployment.RestartGlobalAsync();
        await deployment.OnlineAsync("lab");
        await Deployment.ArrivedAsync(deployment.Global, Dataplanes, "api-1");
        await Deployment.PutPermissionAsync(deployment.Global, "second");
        await Deployment.ArrivedAsync(lab, Permissions, "second");
    }

    [Fact]
    public async Task Global_AwayWhenAZoneStarts_ZoneServesItsOwnCopyAndJoinsLater()
    {
        await Deployment.PutPermissionAsync(deployment.Global, "first");
        var lab = await deployment.JoinAsync("lab");
        await Deployment.ArrivedAsync(lab, Permissions, "first");
        var token = await deployment.ZoneTokenAsync("lab");
        await deployment.Global.KillAsync();
        await lab.KillAsync();

        var again = await deployment.StartZoneAsync("lab", token, lab.PortOffset);
        Assert.Contains("first", await Deployment.NamesAsync(again, Permissions));

        await deployment.RestartGlobalAsync();
        await deployment.OnlineAsync("lab");
    }

    [Fact]
    public async Task Global_KilledAmidWrites_ZoneGetsEveryAcknowledgedOne()
    {
        var lab = await deployment.JoinAsync("lab");
        var acknowledged = new List<string>();
        var writer = Task.Run(
            async () =>
            {
                for (var i = 0; ; i++)
                {
                    try
                    {
                        await Deployment.PutPermissionAsync(deployment.Global, $"p{i}");
                    }
                    catch (HttpRequestException)
                    {
                        return;
                    }

                    acknowledged.Add($"p{i}");
                }
            },
            Cancel);
        await Deployment.ArrivedAsync(lab, Permissions, "p20");

        await deployment.Global.KillAsync();
        await writer;
        await deployment.RestartGlobalAsync();

        Assert.True(acknowledged.Count > 20);
        await Eventually.TrueAsync(
            async () => (await Deployment.NamesAsync(lab, Permissions)).IsSupersetOf(acknowledged), $"all of {acknowledged.Count} acknowledged writes in the zone", Cancel);
    }

    [Fact]
    public async Task Zone_WithoutAGoodToken_IsRefusedWithTheReasonInItsLogAndOthersDoNotNotice()
    {
        var eks = await deployment.JoinAsync("eks");

        await RefusedAsync("no-token", "this is no token");
        await RefusedAsync("stolen", await deployment.ZoneTokenAsync("eks"));
        await RefusedAsync("late", await deployment.ZoneTokenAsync("late", "1s"));

        Assert.True(await deployment.IsOnlineAsync("eks"));
        await Deployment.PutPermissionAsync(deployment.Global, "still");
        await Deployment.ArrivedAsync(eks, Permissions, "still");
        var zones = await deployment.Global.Http.GetFromJsonAsync<JsonElement>("/zones", Cancel);
        Assert.Equal("eks", Assert.Single(zones.GetProperty("items").EnumerateArray()).GetProperty("name").GetString());
    }

    private async Task RefusedAsync(string zone, string token)
    {
        await Task.Delay(zone == "late" ? 1_500 : 0, Cancel); // a token cannot be issued expired
        var process = await deployment.StartZoneAsync(zone, token);
        var line = await process.ErrorLineAsync(l => l.Contains("refuses this zone:", StringComparison.Ordinal), Cancel);
        TestContext.Current.TestOutputHelper!.WriteLine(line);
        Assert.DoesNotContain(token, process.Said(), StringComparison.Ordinal);
    }
}
