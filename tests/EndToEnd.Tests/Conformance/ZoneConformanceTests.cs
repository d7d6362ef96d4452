using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace MeshConsole.EndToEnd.Tests.Conformance;

/// <summary>What a zone lets people write: what it owns when it is part of a global, everything when it is on its own.</summary>
public sealed class ZoneConformanceTests
{
    private static readonly CancellationToken Cancelled = CancellationToken.None;

    [Fact]
    public async Task ZoneOnItsOwn_WritesEverything_AndStampsWhereItWasMade()
    {
        await using var zone = await ControlPlaneUnderTest.StartZoneAsync("lab", federated: false);
        Assert.Equal(HttpStatusCode.Created, (await PutAsync(zone, "/meshes/shop", """{"type":"Mesh","name":"shop","constraints":{"dataplaneProxy":{"requirements":[{"tags":{"kuma.io/zone":"lab"}}]}}}""")).Status);
        Assert.Equal(HttpStatusCode.Created, (await PutAsync(zone, "/meshes/shop/meshtimeouts/t", Timeout("t"))).Status);
        Assert.Equal(
            HttpStatusCode.Created,
            (await PutAsync(zone, "/meshes/shop/dataplanes/d", """{"type":"Dataplane","mesh":"shop","name":"d","labels":{"app":"api"},"networking":{"address":"10.0.0.1","inbound":[{"port":80,"tags":{"kuma.io/service":"api"}}]}}""")).Status);

        var stored = await GetAsync(zone, "/meshes/shop/dataplanes/d");
        Assert.Equal(
            """{"app":"api","kuma.io/env":"universal","kuma.io/mesh":"shop","kuma.io/origin":"zone","kuma.io/proxy-type":"sidecar","kuma.io/zone":"lab"}""",
            stored["labels"]!.ToJsonString());
        Assert.Equal("lab", (string)stored["networking"]!["inbound"]![0]!["tags"]!["kuma.io/zone"]!);
        Assert.Equal("kri_dp_shop_lab__d_", (string)stored["kri"]!);
        Assert.Equal("zone", (string)(await GetAsync(zone, "/meshes/shop/meshtimeouts/t"))["labels"]!["kuma.io/origin"]!);

        var (status, refused) = await SendAsync(zone, HttpMethod.Delete, "/meshes/shop");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("mesh", (string)refused["invalid_parameters"]![0]!["field"]!);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(zone, HttpMethod.Delete, "/meshes/shop/dataplanes/d")).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(zone, HttpMethod.Delete, "/meshes/shop")).Status);
    }

    [Fact]
    public async Task Dataplane_ThatItsMeshDoesNotWant_IsRefusedAtItsTags()
    {
        await using var zone = await ControlPlaneUnderTest.StartZoneAsync("lab", federated: false);
        await PutAsync(zone, "/meshes/shop", """{"type":"Mesh","name":"shop","constraints":{"dataplaneProxy":{"restrictions":[{"tags":{"kuma.io/service":"ftp"}}]}}}""");
        var (status, refused) = await PutAsync(zone, "/meshes/shop/dataplanes/d", """{"type":"Dataplane","mesh":"shop","name":"d","networking":{"address":"10.0.0.1","inbound":[{"port":21,"tags":{"kuma.io/service":"ftp"}},{"port":22}]}}""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("Failed to create a resource", (string)refused["title"]!);
        Assert.Equal(
            ["networking.inbound[0].tags", "networking.inbound[1].tags[\"kuma.io/service\"]"],
            refused["invalid_parameters"]!.AsArray().Select(p => (string)p!["field"]!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ZoneOfAGlobal_WritesOnlyWhatItOwns()
    {
        await using var zone = await ControlPlaneUnderTest.StartZoneAsync("lab", federated: true);
        var mesh = new Shared.Resource { Kind = zone.Kinds["Mesh"], Name = "shop" };
        await zone.Store.CommitAsync(Shared.Actor.System, t => t.Put(mesh, history: false), Cancelled);

        foreach (var (path, body) in new[]
        {
            ("/meshes/other", """{"type":"Mesh","name":"other"}"""),
            ("/meshes/shop/traffic-permissions/t", """{"type":"TrafficPermission","mesh":"shop","name":"t"}"""),
            ("/meshes/shop/meshmultizoneservices/s", """{"type":"MeshMultiZoneService","mesh":"shop","name":"s","spec":{}}"""),
        })
        {
            var (status, answer) = await PutAsync(zone, path, body);
            Assert.Equal(HttpStatusCode.MethodNotAllowed, status);
            Assert.Equal("Method not allowed", (string)answer["title"]!);
        }

        var (refusedStatus, refused) = await PutAsync(zone, "/meshes/shop/meshtimeouts/t", Timeout("t"));
        Assert.Equal(HttpStatusCode.BadRequest, refusedStatus);
        Assert.Equal("labels[\"kuma.io/origin\"]", (string)refused["invalid_parameters"]![0]!["field"]!);
        Assert.Equal(HttpStatusCode.Created, (await PutAsync(zone, "/meshes/shop/meshtimeouts/t", Timeout("t", """{"kuma.io/origin":"zone"}"""))).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await PutAsync(zone, "/meshes/shop/meshtimeouts/u", Timeout("u", """{"kuma.io/origin":"zone","kuma.io/zone":"eks"}"""))).Status);
        Assert.Equal(
            HttpStatusCode.Created,
            (await PutAsync(zone, "/zoneingresses/i", """{"type":"ZoneIngress","name":"i","networking":{"address":"10.0.0.9","port":10001}}""")).Status);
        Assert.Equal("zoneingress", (string)(await GetAsync(zone, "/zoneingresses/i"))["labels"]!["kuma.io/proxy-type"]!);
    }

    private static string Timeout(string name, string labels = "{}") =>
        $$$"""{"type":"MeshTimeout","mesh":"shop","name":"{{{name}}}","labels":{{{labels}}},"spec":{"to":[{"targetRef":{"kind":"Mesh"},"default":{"connectionTimeout":"1s"}}]}}""";

    private static Task<(HttpStatusCode Status, JsonNode Body)> PutAsync(ControlPlaneUnderTest zone, string path, string body) => SendAsync(zone, HttpMethod.Put, path, body);

    private static async Task<(HttpStatusCode Status, JsonNode Body)> SendAsync(ControlPlaneUnderTest zone, HttpMethod method, string path, string? body = null)
    {
        using var message = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, new MediaTypeHeaderValue("application/json")) };
        using var answer = await zone.Client.SendAsync(message, Cancelled);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancelled))!);
    }

    private static async Task<JsonNode> GetAsync(ControlPlaneUnderTest zone, string path)
    {
        var (status, body) = await SendAsync(zone, HttpMethod.Get, path);
        Assert.Equal(HttpStatusCode.OK, status);
        return body;
    }
}
