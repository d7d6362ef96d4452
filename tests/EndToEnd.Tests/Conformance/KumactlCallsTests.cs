using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Shared;

namespace MeshConsole.EndToEnd.Tests.Conformance;

/// <summary>
/// Every REST call that <c>kumactl</c> makes, in its exact shape, and what it needs to find in the answer. Written from facts about
/// kumactl 2.13 and 2.14, command by command.
/// </summary>
public sealed class KumactlCallsTests(KumactlCallsTests.Zone zone) : IClassFixture<KumactlCallsTests.Zone>
{
    private const string Zero = "0001-01-01T00:00:00Z";

    /// <summary>The types that stock kumactl knows; it warns of others when it exports.</summary>
    private static readonly HashSet<string> Known =
    [
        .. ("HostnameGenerator MeshAccessLog MeshCircuitBreaker MeshExternalService MeshFaultInjection MeshHTTPRoute MeshHealthCheck MeshIdentity " +
            "MeshLoadBalancingStrategy MeshMetric MeshMultiZoneService MeshOpenTelemetryBackend MeshPassthrough MeshProxyPatch MeshRateLimit MeshRetry " +
            "MeshService MeshTCPRoute MeshTLS MeshTimeout MeshTrace MeshTrafficPermission MeshTrust MeshZoneAddress Workload CircuitBreaker Dataplane " +
            "DataplaneInsight ExternalService FaultInjection GlobalSecret HealthCheck Mesh MeshGateway MeshGatewayRoute MeshInsight ProxyTemplate RateLimit " +
            "Retry Secret ServiceInsight Timeout TrafficLog TrafficPermission TrafficRoute TrafficTrace VirtualOutbound Zone ZoneEgress ZoneEgressInsight " +
            "ZoneIngress ZoneIngressInsight ZoneInsight").Split(' '),
    ];

    private static readonly CancellationToken Cancelled = CancellationToken.None;

    /// <summary>Kinds with an example that people may write.</summary>
    public static TheoryData<string> Writable => [.. Kinds().Where(k => !k.ReadOnly && k.Example is not null).Select(k => k.Name)];

    /// <summary>Kinds that <c>kumactl inspect</c> knows.</summary>
    public static TheoryData<string> Inspectable => [.. Kinds().Where(k => k.Policy is not null && k.Name != "MeshGatewayRoute").Select(k => k.Path)];

    [Fact]
    public async Task EveryCommand_FirstAsksTheIndex_WithoutAToken()
    {
        var index = await JsonAsync(HttpMethod.Get, "/", anonymous: true);
        Assert.Equal("Kuma", (string)index["product"]!); // config control-planes add refuses anything else
        Assert.Matches(@"^2\.14\.\d+$", (string)index["version"]!);
    }

    [Fact]
    public async Task Index_IsAnswered_WhateverTokenIsShown()
    {
        using var answer = await SendAsync(HttpMethod.Get, "/", token: "expired-or-wrong"); // it sends the token it has stored
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("Kuma", (string)(await ReadAsync(answer))["product"]!);
    }

    [Fact]
    public async Task Apply_OfTheSameFromManyAtOnce_LosesNone()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
        {
            var body = JsonNode.Parse("""{"type":"MeshTimeout","mesh":"shop","name":"busy","spec":{"to":[{"targetRef":{"kind":"Mesh"},"default":{"connectionTimeout":"1s"}}]}}""")!;
            body["labels"] = new JsonObject { ["writer"] = $"w{i}" };
            using var answer = await SendAsync(HttpMethod.Put, "/meshes/shop/meshtimeouts/busy", body);
            return answer.StatusCode;
        }));
        Assert.Equal(1, answers.Count(a => a == HttpStatusCode.Created));
        Assert.Equal(15, answers.Count(a => a == HttpStatusCode.OK));
    }

    [Theory]
    [MemberData(nameof(Writable))]
    public async Task Apply_ReadsThenWrites_AndWhatIsReadBackCanBeAppliedAgain(string kindName)
    {
        var kind = Kinds().Single(k => k.Name == kindName);
        var body = Assert.Single(Yaml.Read(kind.Example!).Value);
        var name = kindName is "Mesh" or "Zone" ? "another" : (string)body["name"]!; // those of the examples are there
        body["name"] = name;
        var mesh = kind.Scope == Scope.Mesh ? "shop" : "";
        if (mesh.Length > 0)
        {
            body["mesh"] = mesh;
        }

        var path = $"{(mesh.Length > 0 ? $"/meshes/{mesh}" : "")}/{kind.Path}/{name}";
        body["creationTime"] = Zero;
        body["modificationTime"] = Zero;
        if (kind.HasStatus)
        {
            body["status"] = new JsonObject();
        }

        // It takes 404 for "create" and 200 for "update", nothing else.
        using (var before = await SendAsync(HttpMethod.Get, path))
        {
            Assert.Equal(HttpStatusCode.NotFound, before.StatusCode);
        }

        var created = await JsonAsync(HttpMethod.Put, path, body, HttpStatusCode.Created);
        Assert.All(created["warnings"]?.AsArray() ?? [], w => Assert.NotEmpty((string)w!));

        // What it reads it checks with its own rules, and an export is applied elsewhere as it stands.
        var stored = await JsonAsync(HttpMethod.Get, path);
        Assert.Equal(kindName, (string)stored["type"]!);
        Assert.Equal(name, (string)stored["name"]!);
        Assert.True(DateTimeOffset.Parse((string)stored["creationTime"]!, System.Globalization.CultureInfo.InvariantCulture) > DateTimeOffset.UnixEpoch);
        await JsonAsync(HttpMethod.Put, path, stored);
        var again = await JsonAsync(HttpMethod.Get, path);
        Assert.Equal((string)stored["creationTime"]!, (string)again["creationTime"]!);
        foreach (var (member, value) in stored.AsObject().Where(m => m.Key != "modificationTime"))
        {
            Assert.True(JsonNode.DeepEquals(value, again[member]), $"{member}: {value?.ToJsonString()} became {again[member]?.ToJsonString()}");
        }

        // kumactl export -f kubernetes asks for each.
        var kubernetes = await JsonAsync(HttpMethod.Get, path + "?format=k8s&namespace=kuma-system");
        Assert.Equal(kind.IsSecret ? "v1" : "kuma.io/v1alpha1", (string)kubernetes["apiVersion"]!);
        Assert.Equal(name, (string)kubernetes["metadata"]!["name"]!);

        Assert.Equal("{}", (await JsonAsync(HttpMethod.Delete, path)).ToJsonString());
        using var missing = await SendAsync(HttpMethod.Delete, path);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Equal("Could not delete a resource", (string)(await ReadAsync(missing))["title"]!);
    }

    [Fact]
    public async Task Apply_TakesLabelsOfTheFile_AndPrintsWarnings()
    {
        static JsonObject Timeout(string labels) => (JsonObject)JsonNode.Parse($$$"""
            {"type":"MeshTimeout","mesh":"shop","name":"labelled","labels":{{{labels}}},"creationTime":"{{{Zero}}}","modificationTime":"{{{Zero}}}",
             "spec":{"targetRef":{"kind":"MeshSubset","tags":{"team":"a"}},"from":[{"targetRef":{"kind":"Mesh"},"default":{"idleTimeout":"1h"}}]}}
            """)!;
        const string Path = "/meshes/shop/meshtimeouts/labelled";
        var answer = await JsonAsync(HttpMethod.Put, Path, Timeout("""{"team":"a","old":"x"}"""), HttpStatusCode.Created);
        Assert.NotEmpty(answer["warnings"]!.AsArray());
        await JsonAsync(HttpMethod.Put, Path, Timeout("""{"team":"b"}"""));
        var labels = (await JsonAsync(HttpMethod.Get, Path))["labels"]!.AsObject();
        Assert.Equal("b", (string)labels["team"]!);
        Assert.False(labels.ContainsKey("old"));
        await JsonAsync(HttpMethod.Delete, Path);
    }

    [Fact]
    public async Task Get_OfOne_OfAllAndOfAPage()
    {
        for (var i = 0; i < 3; i++)
        {
            var policy = JsonNode.Parse($$$"""{"type":"MeshTimeout","mesh":"page","name":"t-{{{i}}}","spec":{"to":[{"targetRef":{"kind":"Mesh"},"default":{"connectionTimeout":"1s"}}]}}""")!;
            await JsonAsync(HttpMethod.Put, $"/meshes/page/meshtimeouts/t-{i}", policy, HttpStatusCode.Created);
        }

        Assert.Equal("page", (string)(await JsonAsync(HttpMethod.Get, "/meshes/page"))["name"]!);
        var all = await JsonAsync(HttpMethod.Get, "/meshes/page/meshtimeouts");
        Assert.Null(all["next"]);
        Assert.Equal(JsonValueKind.Number, all["total"]!.GetValueKind());
        var page = await JsonAsync(HttpMethod.Get, "/meshes/page/meshtimeouts?offset=1&size=1");
        Assert.Equal("t-1", (string)Assert.Single(page["items"]!.AsArray())!["name"]!);
        var next = new Uri((string)page["next"]!, UriKind.Absolute); // it takes nothing but the offset out of it
        Assert.Contains("offset=2", next.Query, StringComparison.Ordinal);
        using var missing = await SendAsync(HttpMethod.Get, "/meshes/page/meshtimeouts/none");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.NotEmpty((string)(await ReadAsync(missing))["title"]!);
    }

    [Fact]
    public async Task InspectMeshes_ReadsTheInsights()
    {
        var mesh = (await JsonAsync(HttpMethod.Get, "/mesh-insights"))["items"]!.AsArray().Single(i => (string)i!["name"]! == "proxies")!;
        Assert.Equal(2u, (uint)mesh["dataplanes"]!["total"]!); // numbers, not texts
        Assert.NotNull(mesh["dpVersions"]);
    }

    [Theory]
    [InlineData("?ingress=true", 2)]
    [InlineData("?tag=team%3Afront", 1)]
    [InlineData("?tag=team%3Afront&tag=kuma.io%2Fservice%3Aweb", 1)]
    [InlineData("?gateway=true", 1)]
    [InlineData("?gateway=false", 1)]
    [InlineData("?gateway=builtin", 1)]
    [InlineData("?gateway=delegated", 0)]
    public async Task InspectDataplanes_ReadsTheOverview(string query, int count)
    {
        var list = await JsonAsync(HttpMethod.Get, $"/meshes/proxies/dataplanes/_overview{query}");
        Assert.Equal(count, list["items"]!.AsArray().Count);
        Assert.All(list["items"]!.AsArray(), i => Assert.Equal("DataplaneOverview", (string)i!["type"]!));
    }

    [Fact]
    public async Task InspectDataplane_ShowsPoliciesInTheOlderForm()
    {
        var web = await JsonAsync(HttpMethod.Get, "/meshes/proxies/dataplanes/web-1/policies");
        Assert.Equal("SidecarDataplane", (string)web["kind"]!);
        Assert.Equal(["dataplane", "inbound"], web["items"]!.AsArray().Select(i => (string)i!["type"]!));
        var edge = await JsonAsync(HttpMethod.Get, "/meshes/proxies/dataplanes/edge-1/policies");
        Assert.Equal("MeshGatewayDataplane", (string)edge["kind"]!);
        Assert.Equal(8080, (int)edge["listeners"]![0]!["port"]!);
        var rules = await JsonAsync(HttpMethod.Get, "/meshes/proxies/dataplanes/web-1/rules");
        Assert.Equal("ClientSubset", (string)rules["items"]![0]!["type"]!);
    }

    [Theory]
    [InlineData("/meshes/proxies/dataplanes/web-1/xds?include_eds=true")]
    [InlineData("/meshes/proxies/dataplanes/web-1/xds?include_eds=false")]
    [InlineData("/meshes/proxies/dataplanes/web-1/stats")]
    [InlineData("/meshes/proxies/dataplanes/web-1/clusters")]
    [InlineData("/zoneingresses/in/xds")]
    [InlineData("/zoneingresses/in/stats")]
    [InlineData("/zoneegresses/out/xds")]
    [InlineData("/zoneegresses/out/clusters")]
    public async Task InspectAProxy_ThatIsAway_SaysSoInTheEnvelope(string path)
    {
        using var answer = await SendAsync(HttpMethod.Get, path);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("Could not execute admin operation", (string)(await ReadAsync(answer))["title"]!);
    }

    [Theory]
    [InlineData("/zones/_overview")]
    [InlineData("/zoneingresses/_overview")]
    [InlineData("/zoneegresses/_overview")]
    [InlineData("/meshes/proxies/service-insights")]
    public async Task InspectLists_HaveTheEnvelope(string path) =>
        Assert.Equal(["total", "items", "next"], (await JsonAsync(HttpMethod.Get, path)).AsObject().Select(m => m.Key));

    [Theory]
    [MemberData(nameof(Inspectable))]
    public async Task InspectAPolicy_NamesItsProxies_InBothForms(string path)
    {
        Assert.Equal(["total", "items"], (await JsonAsync(HttpMethod.Get, $"/meshes/proxies/{path}/none/dataplanes")).AsObject().Select(m => m.Key));
        foreach (var endpoint in (string[])["-resources", "_resources"]) // the hyphen is what kumactl asks with --new-api
        {
            using var answer = await SendAsync(HttpMethod.Get, $"/meshes/proxies/{path}/none/{endpoint}/dataplanes");
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.Equal("Could not retrieve policy", (string)(await ReadAsync(answer))["title"]!);
        }
    }

    [Fact]
    public async Task InspectMeshGateway_NamesItsProxies()
    {
        var list = await JsonAsync(HttpMethod.Get, "/meshes/proxies/meshgateways/edge/dataplanes");
        Assert.Equal("""[{"dataplane":{"mesh":"proxies","name":"edge-1"}}]""", list["items"]!.ToJsonString());
        var permission = await JsonAsync(HttpMethod.Get, "/meshes/proxies/traffic-permissions/all/dataplanes");
        Assert.Equal("inbound", (string)permission["items"]![0]!["attachments"]![0]!["type"]!);
        var rules = await JsonAsync(HttpMethod.Get, "/meshes/proxies/meshgateways/edge/_rules");
        Assert.Equal("MeshGateway", (string)rules["resource"]!["type"]!);
    }

    [Fact]
    public async Task Export_ListsKindsItKnows_AndReadsThemAll()
    {
        var kinds = (await JsonAsync(HttpMethod.Get, "/_resources"))["resources"]!.AsArray();
        Assert.Subset(Known, kinds.Select(k => (string)k!["name"]!).ToHashSet());
        Assert.Superset(Known, kinds.Select(k => (string)k!["name"]!).ToHashSet());
        foreach (var kind in kinds)
        {
            var (path, inMesh) = ((string)kind!["path"]!, (string)kind["scope"]! == "Mesh");
            var list = await JsonAsync(HttpMethod.Get, $"{(inMesh ? "/meshes/proxies" : "")}/{path}?size=1000");
            Assert.Equal(["total", "items", "next"], list.AsObject().Select(m => m.Key));
        }

        var key = Assert.Single((await JsonAsync(HttpMethod.Get, "/meshes/proxies/secrets?size=1000"))["items"]!.AsArray())!;
        Assert.NotEmpty(Convert.FromBase64String((string)key["data"]!)); // secrets come along as they are
    }

    [Theory]
    [InlineData("/tokens/dataplane", """{"name":"web-1","mesh":"proxies","tags":{"kuma.io/service":["web"]},"type":"","workload":"","validFor":"24h0m0s"}""")]
    [InlineData("/tokens/dataplane", """{"name":"","mesh":"proxies","tags":null,"type":"dataplane","workload":"web","validFor":"24h0m0s"}""")]
    [InlineData("/tokens/zone", """{"zone":"lab","scope":["ingress","egress"],"validFor":"720h0m0s"}""")]
    [InlineData("/tokens/user", """{"name":"john","groups":["team-a"],"validFor":"24h0m0s"}""")]
    [InlineData("/tokens/user", """{"name":"john","groups":null,"validFor":"24h0m0s"}""")]
    public async Task Generate_GetsABareToken(string path, string body)
    {
        using var answer = await SendAsync(HttpMethod.Post, path, JsonNode.Parse(body));
        var text = await answer.Content.ReadAsStringAsync(Cancelled);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType?.MediaType);
        Assert.Matches(@"^[\w-]+\.[\w-]+\.[\w-]+$", text);
    }

    [Fact]
    public async Task Refusals_HaveATitleAndFields_AsItPrintsThem()
    {
        var bad = JsonNode.Parse("""{"type":"MeshTimeout","mesh":"proxies","name":"bad","spec":{"to":[{"targetRef":{"kind":"Mesh"},"default":{}}]}}""");
        using var refused = await SendAsync(HttpMethod.Put, "/meshes/proxies/meshtimeouts/bad", bad);
        var error = await ReadAsync(refused);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal("Could not process a resource", (string)error["title"]!);
        Assert.Equal((string)error["invalid_parameters"]![0]!["field"]!, (string)error["causes"]![0]!["field"]!); // older ones read causes
        Assert.Equal((string)error["invalid_parameters"]![0]!["reason"]!, (string)error["causes"]![0]!["message"]!);

        using var unknown = await SendAsync(HttpMethod.Get, "/meshes", token: "not-a-token");
        Assert.Equal(HttpStatusCode.Unauthorized, unknown.StatusCode);
        Assert.Equal("Invalid authentication data", (string)(await ReadAsync(unknown))["title"]!);
    }

    private static IEnumerable<ResourceKind> Kinds() => Web.Hosting.MeshConsoleHost.Kinds.Where(k => k.HasApi);

    private async Task<JsonNode> JsonAsync(HttpMethod method, string path, JsonNode? body = null, HttpStatusCode expected = HttpStatusCode.OK, bool anonymous = false)
    {
        using var answer = await SendAsync(method, path, body, anonymous ? "" : null);
        var text = await answer.Content.ReadAsStringAsync(Cancelled);
        Assert.True(answer.StatusCode == expected, $"{method} {path}: {(int)answer.StatusCode} {text}");
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        return JsonNode.Parse(text)!;
    }

    private static async Task<JsonNode> ReadAsync(HttpResponseMessage answer) => JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancelled))!;

    /// <summary>Sends what Go's client sends: JSON without charset, gzip offered, <c>Accept</c> for JSON.</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, JsonNode? body = null, string? token = null)
    {
        using var message = new HttpRequestMessage(method, path);
        message.Headers.UserAgent.Add(new ProductInfoHeaderValue("kumactl", "2.14.3"));
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (token is not null)
        {
            message.Headers.Authorization = token.Length == 0 ? null : new AuthenticationHeaderValue("Bearer", token);
        }

        if (body is not null)
        {
            message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body.ToJsonString()));
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        var client = token?.Length == 0 ? zone.ControlPlane.Anonymous : zone.ControlPlane.Client;
        var answer = await client.SendAsync(message, Cancelled);
        await answer.Content.LoadIntoBufferAsync(Cancelled);
        return answer;
    }

    /// <summary>A zone on its own, which may write everything, with a mesh that has proxies.</summary>
    public sealed class Zone : IAsyncLifetime
    {
        private const string Proxies = """
            type: Dataplane
            mesh: proxies
            name: web-1
            networking:
              address: 10.0.0.1
              inbound: [{port: 80, servicePort: 8080, tags: {kuma.io/service: web, team: front}}]
            ---
            type: Dataplane
            mesh: proxies
            name: edge-1
            networking:
              address: 10.0.0.2
              gateway: {type: BUILTIN, tags: {kuma.io/service: edge}}
            ---
            type: MeshGateway
            mesh: proxies
            name: edge
            selectors: [{match: {kuma.io/service: edge}}]
            conf: {listeners: [{port: 8080, protocol: HTTP}]}
            ---
            type: TrafficPermission
            mesh: proxies
            name: all
            sources: [{match: {kuma.io/service: '*'}}]
            destinations: [{match: {kuma.io/service: '*'}}]
            ---
            type: MeshTimeout
            mesh: proxies
            name: all
            spec:
              from: [{targetRef: {kind: Mesh}, default: {idleTimeout: 1h}}]
            """;

        private ControlPlaneUnderTest? controlPlane;

        internal ControlPlaneUnderTest ControlPlane => controlPlane!;

        /// <inheritdoc />
        public async ValueTask InitializeAsync()
        {
            controlPlane = await ControlPlaneUnderTest.StartZoneAsync("lab", federated: false);
            foreach (var mesh in (string[])["shop", "page", "proxies"])
            {
                await PutAsync($"/meshes/{mesh}", new JsonObject { ["type"] = "Mesh", ["name"] = mesh, ["skipCreatingInitialPolicies"] = new JsonArray("*") });
            }

            foreach (var resource in Yaml.Read(Proxies).Value)
            {
                var kind = controlPlane.Kinds[(string)resource["type"]!];
                await PutAsync($"/meshes/proxies/{kind.Path}/{resource["name"]}", resource);
            }

            await PutAsync("/zoneingresses/in", (JsonObject)JsonNode.Parse("""{"type":"ZoneIngress","name":"in","networking":{"address":"10.0.0.3","port":10001}}""")!);
            await PutAsync("/zoneegresses/out", (JsonObject)JsonNode.Parse("""{"type":"ZoneEgress","name":"out","networking":{"address":"10.0.0.4","port":10002}}""")!);
        }

        /// <inheritdoc />
        public ValueTask DisposeAsync() => controlPlane?.DisposeAsync() ?? ValueTask.CompletedTask;

        private async Task PutAsync(string path, JsonObject body)
        {
            using var content = new StringContent(body.ToJsonString(), new MediaTypeHeaderValue("application/json"));
            using var answer = await ControlPlane.Client.PutAsync(path, content, Cancelled);
            Assert.True(answer.IsSuccessStatusCode, $"{path}: {await answer.Content.ReadAsStringAsync(Cancelled)}");
        }
    }
}
