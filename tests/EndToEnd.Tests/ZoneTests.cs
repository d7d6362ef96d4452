using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.Shared;
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
        await RefusedAsync("late", await deployment.ZoneTokenAsync("late", "1ms")); // tokens end on whole seconds: it has ended before the zone can show it

        Assert.True(await deployment.IsOnlineAsync("eks"));
        await Deployment.PutPermissionAsync(deployment.Global, "still");
        await Deployment.ArrivedAsync(eks, Permissions, "still");
        var zones = await deployment.Global.Http.GetFromJsonAsync<JsonElement>("/zones", Cancel);
        Assert.Equal("eks", Assert.Single(zones.GetProperty("items").EnumerateArray()).GetProperty("name").GetString());
    }

    [Fact]
    public async Task S55_OnlineZone_IsNotDeleted_AnOfflineOneGoesWithAllThatCameFromIt_AndAReconnectRestoresIt()
    {
        var lab = await JoinWithMeshAsync();
        await Deployment.PutDataplaneAsync(lab, "api-1");
        await Deployment.ArrivedAsync(deployment.Global, Dataplanes, "api-1");
        using (var refused = await DeleteAsync("/zones/lab"))
        {
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Equal("zone", (await FirstParameterAsync(refused)).GetProperty("field").GetString());
        }

        await lab.KillAsync();
        await deployment.OfflineAsync("lab");
        using (var deleted = await DeleteAsync("/zones/lab"))
        {
            Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        }

        Assert.Empty(await Deployment.NamesAsync(deployment.Global, "zones"));
        Assert.Empty(await Deployment.NamesAsync(deployment.Global, Dataplanes));
        await deployment.StartZoneAsync("lab", await deployment.ZoneTokenAsync("lab"), lab.PortOffset);
        await deployment.OnlineAsync("lab");
        await Deployment.ArrivedAsync(deployment.Global, Dataplanes, "api-1");
    }

    [Fact]
    public async Task S60_FederatedZone_LetsPeopleWriteOnlyWhatIsTheZones()
    {
        await Deployment.PutPermissionAsync(deployment.Global, "synced");
        var lab = await deployment.JoinAsync("lab");
        await Deployment.ArrivedAsync(lab, Permissions, "synced");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, await PutAsync(lab, "/meshes/other", """{"type":"Mesh","name":"other"}"""));
        Assert.Equal(HttpStatusCode.BadRequest, await PutAsync(lab, "/meshes/default/meshtimeouts/t", Timeout("t")));
        var synced = (await lab.Http.GetFromJsonAsync<JsonElement>($"/{Permissions}", Cancel)).GetProperty("items").EnumerateArray()
            .Single(i => i.GetProperty("labels").GetProperty("kuma.io/display-name").GetString() == "synced").GetProperty("name").GetString();
        using (var refused = await lab.Http.DeleteAsync(new Uri($"/{Permissions}/{synced}", UriKind.Relative), Cancel))
        {
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Equal("[\"kuma.io/origin\"]", (await FirstParameterAsync(refused)).GetProperty("field").GetString());
        }

        Assert.Equal(HttpStatusCode.Created, await PutAsync(lab, "/meshes/default/meshtimeouts/t", Timeout("t", """{"kuma.io/origin":"zone"}""")));
        await Deployment.ArrivedAsync(deployment.Global, "meshes/default/meshtimeouts", "t");
        var hashed = KdsName.Hash("default", "t", Labels.None.SetItem(Labels.Zone, "lab"));
        var atGlobal = await deployment.Global.Http.GetFromJsonAsync<JsonElement>($"/meshes/default/meshtimeouts/{hashed}", Cancel);
        Assert.Equal("zone", atGlobal.GetProperty("labels").GetProperty("kuma.io/origin").GetString());
    }

    [Fact]
    public async Task S61_Global_RefusesToWriteWhatIsTheZones()
    {
        var lab = await JoinWithMeshAsync();
        Assert.Equal(HttpStatusCode.Created, await PutAsync(lab, "/meshes/default/meshtimeouts/t", Timeout("t", """{"kuma.io/origin":"zone"}""")));
        await Deployment.ArrivedAsync(deployment.Global, "meshes/default/meshtimeouts", "t");
        var global = deployment.Global;
        Assert.Equal(
            HttpStatusCode.MethodNotAllowed,
            await PutAsync(global, $"/{Dataplanes}/d", """{"type":"Dataplane","mesh":"default","name":"d","networking":{"address":"10.0.0.1","inbound":[{"port":80,"tags":{"kuma.io/service":"api"}}]}}"""));
        Assert.Equal(HttpStatusCode.BadRequest, await PutAsync(global, "/meshes/default/meshtimeouts/u", Timeout("u", """{"kuma.io/origin":"zone"}""")));
        var hashed = KdsName.Hash("default", "t", Labels.None.SetItem(Labels.Zone, "lab"));
        Assert.Equal(HttpStatusCode.BadRequest, await PutAsync(global, $"/meshes/default/meshtimeouts/{hashed}", Timeout(hashed)));
        using var deleted = await DeleteAsync($"/meshes/default/meshtimeouts/{hashed}");
        Assert.Equal(HttpStatusCode.BadRequest, deleted.StatusCode);
        Assert.Contains("t", await Deployment.NamesAsync(global, "meshes/default/meshtimeouts"));
    }

    [Fact]
    public async Task Zone_UnderAnotherNameThanItsStores_IsRefusedNamingBoth()
    {
        var lab = await JoinWithMeshAsync();
        await Deployment.PutDataplaneAsync(lab, "api-1");
        var offset = lab.PortOffset;
        await lab.KillAsync();
        await using var renamed = MeshConsoleProcess.Start(deployment.Folder.Path, "zone", "--name", "basement", "--data-dir", deployment.Folder.Combine("lab"), "--port-offset", $"{offset}");
        Assert.Equal(1, await renamed.ExitAsync(Cancel));
        var line = Assert.Single(renamed.StandardError, l => !l.Contains(" info: ", StringComparison.Ordinal));
        Assert.Contains("zone lab", line, StringComparison.Ordinal);
        Assert.Contains("zone basement", line, StringComparison.Ordinal);

        var stolen = await deployment.StartZoneAsync("basement", await deployment.ZoneTokenAsync("lab")); // nor with the token of its old name
        var told = await stolen.ErrorLineAsync(l => l.Contains("refuses this zone:", StringComparison.Ordinal), Cancel);
        Assert.Contains("\"lab\"", told, StringComparison.Ordinal);
        Assert.Contains("\"basement\"", told, StringComparison.Ordinal);
    }

    private async Task<MeshConsoleProcess> JoinWithMeshAsync()
    {
        var lab = await deployment.JoinAsync("lab");
        await Deployment.ArrivedAsync(lab, "meshes", "default");
        return lab;
    }

    private static string Timeout(string name, string labels = "{}") =>
        $$$"""{"type":"MeshTimeout","mesh":"default","name":"{{{name}}}","labels":{{{labels}}},"spec":{"to":[{"targetRef":{"kind":"Mesh"},"default":{"connectionTimeout":"1s"}}]}}""";

    private static async Task<HttpStatusCode> PutAsync(MeshConsoleProcess at, string path, string body)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var answer = await at.Http.PutAsync(new Uri(path, UriKind.Relative), content, Cancel);
        return answer.StatusCode;
    }

    private static async Task<JsonElement> FirstParameterAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("invalid_parameters")[0];

    private Task<HttpResponseMessage> DeleteAsync(string path) => deployment.Global.Http.DeleteAsync(new Uri(path, UriKind.Relative), Cancel);

    private async Task RefusedAsync(string zone, string token)
    {
        var process = await deployment.StartZoneAsync(zone, token);
        var line = await process.ErrorLineAsync(l => l.Contains("refuses this zone:", StringComparison.Ordinal), Cancel);
        TestContext.Current.TestOutputHelper!.WriteLine(line);
        Assert.DoesNotContain(token, process.Said(), StringComparison.Ordinal);
    }
}
