using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace MeshConsole.EndToEnd.Tests.Conformance;

/// <summary>The life of a mesh beyond what <see cref="RestConformanceTests"/> asks of any control plane: what follows it, and the settings about it.</summary>
public sealed class MeshLifeTests
{
    private static readonly CancellationToken Cancelled = CancellationToken.None;

    [Fact]
    public async Task DeletedMesh_TakesSecretsCasAndTokensWithIt_AndANewOneOfItsNameTrustsNoneOfThem()
    {
        await using var zone = await ControlPlaneUnderTest.StartZoneAsync("lab", federated: false);
        const string Mesh = """{"type":"Mesh","name":"shop","mtls":{"enabledBackend":"ca-1","backends":[{"name":"ca-1","type":"builtin"}]}}""";
        await PutAsync(zone, "/meshes/shop", Mesh);
        await PutAsync(zone, "/meshes/shop/secrets/own", """{"type":"Secret","mesh":"shop","name":"own","data":"aGVsbG8="}""");
        var token = await TokenAsync(zone);
        Assert.True(zone.IsGoodDataplaneToken(token, "shop"));
        var authority = await DataAsync(zone, "/meshes/shop/secrets/shop.ca-builtin-cert-ca-1");
        var key = await DataAsync(zone, "/meshes/shop/secrets/dataplane-token-signing-key-shop-1");
        await PutAsync(zone, "/meshes/shop/dataplanes/d", """{"type":"Dataplane","mesh":"shop","name":"d","networking":{"address":"10.0.0.1","inbound":[{"port":80,"tags":{"kuma.io/service":"api"}}]}}""");

        var (status, refused) = await SendAsync(zone, HttpMethod.Delete, "/meshes/shop");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("mesh", (string)refused["invalid_parameters"]![0]!["field"]!);
        Assert.Equal("unable to delete mesh, there are still some dataplanes attached", (string)refused["invalid_parameters"]![0]!["reason"]!);
        Assert.Equal(authority, await DataAsync(zone, "/meshes/shop/secrets/shop.ca-builtin-cert-ca-1"));

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(zone, HttpMethod.Delete, "/meshes/shop/dataplanes/d")).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(zone, HttpMethod.Delete, "/meshes/shop")).Status);
        Assert.DoesNotContain(zone.Store.World.Value.Kinds.SelectMany(k => zone.Store.World.Value.List(k)), r => r.Mesh == "shop");
        Assert.False(zone.IsGoodDataplaneToken(token, "shop"));
        using (var none = await PostTokenAsync(zone))
        {
            Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        }

        await PutAsync(zone, "/meshes/shop", Mesh);
        Assert.NotEqual(authority, await DataAsync(zone, "/meshes/shop/secrets/shop.ca-builtin-cert-ca-1"));
        Assert.NotEqual(key, await DataAsync(zone, "/meshes/shop/secrets/dataplane-token-signing-key-shop-1"));
        Assert.False(zone.IsGoodDataplaneToken(token, "shop"));
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(zone, HttpMethod.Get, "/meshes/shop/secrets/own")).Status);
    }

    [Fact]
    public async Task CaOfABackendThatIsGone_MayBeDeleted()
    {
        await using var global = await ControlPlaneUnderTest.StartGlobalAsync();
        await PutAsync(global, "/meshes/shop", """{"type":"Mesh","name":"shop","mtls":{"backends":[{"name":"ca-1","type":"builtin"}]}}""");
        const string Secret = "/meshes/shop/secrets/shop.ca-builtin-cert-ca-1";
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(global, HttpMethod.Delete, Secret)).Status);
        await PutAsync(global, "/meshes/shop", """{"type":"Mesh","name":"shop"}""");
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(global, HttpMethod.Delete, Secret)).Status);
    }

    [Fact]
    public async Task UnsafeDelete_RefusesNothing()
    {
        await using var global = await ControlPlaneUnderTest.StartGlobalAsync(settings: ("Store:UnsafeDelete", "true"));
        await PutAsync(global, "/meshes/shop", """{"type":"Mesh","name":"shop","mtls":{"enabledBackend":"ca-1","backends":[{"name":"ca-1","type":"builtin"}]}}""");
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(global, HttpMethod.Delete, "/meshes/shop/secrets/shop.ca-builtin-cert-ca-1")).Status);
        var dataplane = new Shared.Resource { Kind = global.Kinds["Dataplane"], Mesh = "shop", Name = "d" };
        await global.Store.CommitAsync(Shared.Actor.System, t => t.Put(dataplane, history: false), Cancelled);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(global, HttpMethod.Delete, "/meshes/shop")).Status);
        Assert.Empty(global.Store.World.Value.List("Dataplane"));
    }

    [Fact]
    public async Task RoutingResources_AreMadeWhenAskedFor_AndSkippedByTheirType()
    {
        await using var global = await ControlPlaneUnderTest.StartGlobalAsync(settings: ("Defaults:CreateMeshRoutingResources", "true"));
        Assert.Equal(["allow-all-default"], await NamesAsync(global, "/meshes/default/traffic-permissions"));
        Assert.Equal(["route-all-default"], await NamesAsync(global, "/meshes/default/traffic-routes"));
        await PutAsync(global, "/meshes/shop", """{"type":"Mesh","name":"shop","skipCreatingInitialPolicies":["TrafficRoute"]}""");
        Assert.Equal(["allow-all-shop"], await NamesAsync(global, "/meshes/shop/traffic-permissions"));
        Assert.Empty(await NamesAsync(global, "/meshes/shop/traffic-routes"));

        // They are what they say: both can be written again as they are.
        foreach (var path in (string[])["/meshes/default/traffic-permissions/allow-all-default", "/meshes/default/traffic-routes/route-all-default"])
        {
            await PutAsync(global, path, (await SendAsync(global, HttpMethod.Get, path)).Body.ToJsonString());
        }
    }

    [Fact]
    public async Task FirstPolicies_AreNotMadeAgain_WhenTheMeshIsWrittenAgain()
    {
        await using var global = await ControlPlaneUnderTest.StartGlobalAsync();
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(global, HttpMethod.Delete, "/meshes/default/meshretries/mesh-retry-all-default")).Status);
        await PutAsync(global, "/meshes/default", """{"type":"Mesh","name":"default","labels":{"a":"b"}}""");
        Assert.Empty(await NamesAsync(global, "/meshes/default/meshretries"));
    }

    [Fact]
    public async Task ReadOnly_RefusesEveryWriteOfAResource_AndSaysSoInTheLists()
    {
        await using var global = await ControlPlaneUnderTest.StartGlobalAsync(settings: ("ReadOnly", "true"));
        var (status, refused) = await SendAsync(global, HttpMethod.Put, "/meshes/shop", """{"type":"Mesh","name":"shop"}""");
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "Method not allowed"), (status, (string)refused["title"]!));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await SendAsync(global, HttpMethod.Delete, "/meshes/default")).Status);
        Assert.All((await SendAsync(global, HttpMethod.Get, "/_resources")).Body["resources"]!.AsArray(), r => Assert.True((bool)r!["readOnly"]!));
        Assert.All((await SendAsync(global, HttpMethod.Get, "/policies")).Body["policies"]!.AsArray(), r => Assert.True((bool)r!["readOnly"]!));
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(global, HttpMethod.Get, "/meshes/default")).Status);
    }

    private static async Task<string> TokenAsync(ControlPlaneUnderTest at)
    {
        using var answer = await PostTokenAsync(at);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(Cancelled);
    }

    private static Task<HttpResponseMessage> PostTokenAsync(ControlPlaneUnderTest at) =>
        at.Client.PostAsync("/tokens/dataplane", Json("""{"mesh":"shop","name":"d","validFor":"1h"}"""), Cancelled);

    private static async Task<string> DataAsync(ControlPlaneUnderTest at, string path) => (string)(await SendAsync(at, HttpMethod.Get, path)).Body["data"]!;

    private static async Task<IEnumerable<string>> NamesAsync(ControlPlaneUnderTest at, string path) =>
        (await SendAsync(at, HttpMethod.Get, path)).Body["items"]!.AsArray().Select(i => (string)i!["name"]!);

    private static async Task PutAsync(ControlPlaneUnderTest at, string path, string body)
    {
        var (status, answer) = await SendAsync(at, HttpMethod.Put, path, body);
        Assert.True(status is HttpStatusCode.OK or HttpStatusCode.Created, $"PUT {path}: {status} {answer.ToJsonString()}");
    }

    private static async Task<(HttpStatusCode Status, JsonNode Body)> SendAsync(ControlPlaneUnderTest at, HttpMethod method, string path, string? body = null)
    {
        using var message = new HttpRequestMessage(method, path) { Content = body is null ? null : Json(body) };
        using var answer = await at.Client.SendAsync(message, Cancelled);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancelled))!);
    }

    private static StringContent Json(string body) => new(body, new MediaTypeHeaderValue("application/json"));
}
