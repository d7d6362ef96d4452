using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Api;
using MeshConsole.ControlPlane.Planning;

namespace MeshConsole.Policies.Tests.Planning;

/// <summary>Built-in gateways: policies select the listeners that a MeshGateway gives them, and routes of 2021 lead on from there.</summary>
public sealed class GatewayTests
{
    private const string Gateway = """
        type: Dataplane
        mesh: shop
        name: edge-1
        labels: {kuma.io/origin: zone, kuma.io/zone: berlin}
        networking:
          address: 10.0.0.9
          gateway: {type: BUILTIN, tags: {kuma.io/service: edge, team: front}}
        ---
        type: MeshGateway
        mesh: shop
        name: edge
        selectors: [{match: {kuma.io/service: edge}}]
        tags: {site: shop}
        conf:
          listeners:
            - {port: 8080, protocol: HTTP, hostname: shop.example, tags: {door: front}}
            - {port: 8080, protocol: HTTP, hostname: admin.example, tags: {door: back}}
            - {port: 9443, protocol: TLS, tls: {mode: PASSTHROUGH}, tags: {door: side}}
        ---
        type: MeshGateway
        mesh: shop
        name: catch-all
        selectors: [{match: {kuma.io/service: '*'}}]
        conf: {listeners: [{port: 1, protocol: HTTP}]}
        ---

        """;

    [Theory]
    [InlineData("{kind: Mesh}", new uint[] { 8080, 9443 })]
    [InlineData("{kind: Mesh, proxyTypes: [Gateway]}", new uint[] { 8080, 9443 })]
    [InlineData("{kind: Mesh, proxyTypes: [Sidecar]}", new uint[0])]
    [InlineData("{kind: MeshGateway, name: edge}", new uint[] { 8080, 9443 })]
    [InlineData("{kind: MeshGateway, name: edge, tags: {door: side}}", new uint[] { 9443 })]
    [InlineData("{kind: MeshGateway, name: edge, tags: {door: back}}", new uint[] { 8080 })]
    [InlineData("{kind: MeshGateway, name: edge, tags: {site: shop, team: front}}", new uint[] { 8080, 9443 })]
    [InlineData("{kind: MeshGateway, name: other}", new uint[0])]
    [InlineData("{kind: MeshService, name: edge}", new uint[] { 8080, 9443 })]
    [InlineData("{kind: Dataplane}", new uint[0])]
    public void Target_OfAPolicy_SelectsTheListenersItMeans(string target, uint[] ports)
    {
        var world = SmallWorld.With(Gateway + SmallWorld.Timeout("t", target, "{connectionTimeout: 1s}"));

        var matches = world.Match("MeshTimeout", "edge-1");

        Assert.Equal(ports, matches.Proxy.Inbounds.Index().Where(i => matches.Selects(i.Index)).Select(i => i.Item.Port));
        Assert.Equal(ports.Length > 0 ? ["t"] : [], matches.Names());
    }

    [Fact]
    public void Policy_OfAnotherZoneThanTheMeshGateway_DoesNotSelectIt()
    {
        const string OfBerlin = "{kuma.io/origin: zone, kuma.io/zone: berlin}";
        const string OfParis = "{kuma.io/origin: zone, kuma.io/zone: paris}";
        var world = SmallWorld.With(Gateway.Replace("name: edge\nselectors", $"name: edge\nlabels: {OfBerlin}\nselectors", StringComparison.Ordinal)
            + SmallWorld.Timeout("of-berlin", "{kind: MeshGateway, name: edge}", "{connectionTimeout: 1s}", OfBerlin)
            + SmallWorld.Timeout("of-paris", "{kind: MeshGateway, name: edge}", "{connectionTimeout: 1s}", OfParis));

        Assert.Equal(["of-berlin"], world.Match("MeshTimeout", "edge-1").Names());
    }

    [Fact]
    public void Gateway_ThatNothingConfigures_IsNotSelected()
    {
        var world = SmallWorld.With(Gateway[..Gateway.IndexOf("type: MeshGateway", StringComparison.Ordinal)] + SmallWorld.Timeout("t", "{kind: Mesh}", "{connectionTimeout: 1s}"));

        Assert.Empty(world.Match("MeshTimeout", "edge-1").Policies);
    }

    [Fact]
    public void Rules_OfAGateway_AreListedByListener()
    {
        var world = SmallWorld.With(Gateway + """
            type: MeshTimeout
            mesh: shop
            name: t
            spec:
              targetRef: {kind: Mesh}
              from: [{targetRef: {kind: Mesh}, default: {idleTimeout: 5s}}]
            """);
        var plan = MeshPlan.Of(world, "shop");
        var dataplane = world.Find("Dataplane", "shop", "edge-1")!;

        var answer = Write(w => InspectJson.Rules(w, plan, [DemoWorld.Kinds["MeshTimeout"]], plan.View(dataplane), dataplane));

        var rule = answer["rules"]![0]!;
        Assert.Equal([8080, 9443], rule["fromRules"]!.AsArray().Select(r => (int)r!["inbound"]!["port"]!));
        Assert.Equal([8080, 9443], rule["inboundRules"]!.AsArray().Select(r => (int)r!["inbound"]!["port"]!));
        Assert.Equal("edge", (string)rule["fromRules"]![0]!["inbound"]!["tags"]!["kuma.io/service"]!);
    }

    [Fact]
    public void OlderPolicies_OfAGateway_AreTheRoutesWithWhatHoldsOnTheWay()
    {
        var world = SmallWorld.With(Gateway + """
            type: MeshGatewayRoute
            mesh: shop
            name: to-web
            selectors: [{match: {kuma.io/service: edge, door: front}}]
            conf:
              http:
                hostnames: [shop.example, other.example]
                rules:
                  - matches: [{path: {match: PREFIX, value: /}}]
                    backends: [{weight: 1, destination: {kuma.io/service: web}}]
            ---
            type: Retry
            mesh: shop
            name: web
            sources: [{match: {kuma.io/service: edge}}]
            destinations: [{match: {kuma.io/service: web}}]
            conf: {http: {numRetries: 3}}
            ---
            type: TrafficTrace
            mesh: shop
            name: all
            selectors: [{match: {kuma.io/service: '*'}}]
            """);
        var dataplane = world.Find("Dataplane", "shop", "edge-1")!;

        var answer = Write(w => OlderInspectJson.Policies(w, world, [], dataplane));
        var ofRetry = Write(w => OlderInspectJson.Proxies(w, [.. OlderInspectApi.Proxies(world, world.Find("Retry", "shop", "web")!)]));

        Assert.Equal("MeshGatewayDataplane", (string)answer["kind"]!);
        Assert.Equal("edge", (string)answer["gateway"]!["name"]!);
        Assert.Equal(["8080 HTTP", "9443 TLS"], answer["listeners"]!.AsArray().Select(l => $"{l!["port"]} {l["protocol"]}"));
        var host = Assert.Single(answer["listeners"]![0]!["hosts"]!.AsArray())!;
        Assert.Equal("shop.example", (string)host["hostName"]!);
        var destination = host["routes"]![0]!["destinations"]![0]!;
        Assert.Equal("web", (string)destination["tags"]!["kuma.io/service"]!);
        Assert.Equal("web", (string)destination["policies"]!["Retry"]!["name"]!);
        Assert.Equal("all", (string)answer["policies"]!["TrafficTrace"]!["name"]!);
        Assert.Equal("to-web", (string)ofRetry["items"]![0]!["listeners"]![0]!["hosts"]![0]!["routes"]![0]!["route"]!);
        Assert.Equal("web", (string)ofRetry["items"]![0]!["listeners"]![0]!["hosts"]![0]!["routes"]![0]!["destinations"]![0]!["kuma.io/service"]!);
    }

    private static JsonObject Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            write(writer);
        }

        return JsonNode.Parse(stream.ToArray())!.AsObject();
    }
}
