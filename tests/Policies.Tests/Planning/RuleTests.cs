using System.Collections.Immutable;
using System.Text.Json.Nodes;
using CsCheck;
using MeshConsole.ControlPlane.Planning;
using MeshConsole.Policies.MeshHTTPRoute;
using MeshConsole.Policies.MeshTrafficPermission;
using MeshConsole.Shared;

namespace MeshConsole.Policies.Tests.Planning;

public sealed class RuleTests
{
    private static readonly Kri Orders = new("msvc", "shop", "berlin", "", "orders", "");

    [Fact]
    public void Outbound_PortResourceAndMesh_EachHasItsOwnRule()
    {
        var world = SmallWorld.With("""
            type: MeshTimeout
            mesh: shop
            name: t
            spec:
              to:
                - {targetRef: {kind: MeshService, labels: {app: orders}, sectionName: http}, default: {connectionTimeout: 1s}}
                - {targetRef: {kind: MeshService, labels: {app: orders}}, default: {connectionTimeout: 2s, idleTimeout: 2m}}
                - {targetRef: {kind: Mesh}, default: {idleTimeout: 3m, http: {requestTimeout: 90s}}}
            """);
        var rules = world.Match("MeshTimeout", "web-1").Outbound;
        Assert.Equal("""{"idleTimeout":"2m0s","http":{"requestTimeout":"1m30s"},"connectionTimeout":"1s"}""", Text(rules.For(Orders with { Section = "http" })));
        Assert.Equal("""{"idleTimeout":"2m0s","http":{"requestTimeout":"1m30s"},"connectionTimeout":"2s"}""", Text(rules.For(Orders with { Section = "9090" })));
        Assert.Equal("""{"idleTimeout":"3m0s","http":{"requestTimeout":"1m30s"}}""", Text(rules.For(Orders with { Name = "unknown" })));
        Assert.Equal([2, 1, 0], rules.For(Orders with { Section = "http" })!.Origins.Select(o => o.Index));
        Assert.Equal(5, rules.All.Count()); // mesh, two services, a port of each
    }

    [Fact]
    public void Single_AppendedLists_JoinAndOthersAreReplaced()
    {
        var world = SmallWorld.With("""
            type: MeshMetric
            mesh: shop
            name: b
            spec: {default: {sidecar: {profiles: {appendProfiles: [{name: Basic}], exclude: [{type: Exact, match: a}]}}, backends: []}}
            ---
            type: MeshMetric
            mesh: shop
            name: a
            spec: {default: {sidecar: {profiles: {appendProfiles: [{name: All}], exclude: []}}}}
            """);
        Assert.Equal(
            """{"sidecar":{"profiles":{"appendProfiles":[{"name":"Basic"},{"name":"All"}],"exclude":[]}},"backends":[]}""",
            world.Match("MeshMetric", "web-1").Single!.Conf.ToJsonString());
    }

    [Fact]
    public void Inbound_Matches_ComeMostPreciseFirstAndTheRestMerges()
    {
        var world = SmallWorld.With("""
            type: MeshTimeout
            mesh: shop
            name: b
            spec:
              rules:
                - {default: {idleTimeout: 1m, http: {requestTimeout: 1s}}}
                - {matches: [{sni: {type: Exact, value: a.b}}, {spiffeID: {type: Exact, value: "spiffe://x/a"}}], default: {http: {requestTimeout: 2s}}}
            ---
            type: MeshTimeout
            mesh: shop
            name: a
            spec: {targetRef: {kind: Dataplane, labels: {app: web}, sectionName: http}, rules: [{default: {idleTimeout: 5m}}]}
            """);
        var matches = world.Match("MeshTimeout", "web-1");
        Assert.Equal(["b1", "b1", "b0", "a0"], matches.Inbound(0)!.Rules.Select(r => r.Origin.Policy.Name + r.Origin.Index));
        Assert.Equal("""{"idleTimeout":"5m0s","http":{"requestTimeout":"1s"}}""", matches.Inbound(0)!.CatchAll!.ToJsonString());
        Assert.Equal("""{"idleTimeout":"1m0s","http":{"requestTimeout":"1s"}}""", matches.Inbound(1)!.CatchAll!.ToJsonString());
    }

    [Fact]
    public void Clients_ByTags_FirstRuleThatFitsDecides()
    {
        var world = SmallWorld.With("""
            type: MeshTrafficPermission
            mesh: shop
            name: p
            spec:
              from:
                - {targetRef: {kind: Mesh}, default: {action: Deny}}
                - {targetRef: {kind: MeshSubset, tags: {team: a}}, default: {action: Allow}}
                - {targetRef: {kind: MeshService, name: bad}, default: {action: Deny}}
            """);
        var rules = world.Match("MeshTrafficPermission", "web-1").Clients(0);
        Assert.Equal("Deny", PermissionDecision.For(rules, Tags("kuma.io/service", "x")));
        Assert.Equal("Allow", PermissionDecision.For(rules, Tags("kuma.io/service", "x", "team", "a")));
        Assert.Equal("Deny", PermissionDecision.For(rules, Tags("kuma.io/service", "bad", "team", "a")));
    }

    [Fact]
    public void Permission_ByIdentity_DenyWinsAndNothingMeansDenied()
    {
        var world = SmallWorld.With("""
            type: MeshTrafficPermission
            mesh: shop
            name: p
            spec:
              rules:
                - default:
                    allow: [{spiffeID: {type: Prefix, value: "spiffe://shop"}, sni: {type: Exact, value: web.shop}}]
                    deny: [{spiffeID: {type: Exact, value: "spiffe://shop/bot"}}]
            """);
        var rules = world.Match("MeshTrafficPermission", "web-1").Inbound(0);
        Assert.Equal("Allow", PermissionDecision.For(rules, "spiffe://shop/ok", "web.shop"));
        Assert.Equal("Deny", PermissionDecision.For(rules, "spiffe://shop/ok", "other"));
        Assert.Equal("Deny", PermissionDecision.For(rules, "spiffe://shop/bot", "web.shop"));
        Assert.Equal("Deny", PermissionDecision.For(null, "spiffe://shop/ok"));
    }

    [Fact]
    public void Routes_SplitWithFaults_ShareGoesToThoseThatAreThere()
    {
        var routes = Routes("""
            - matches: [{path: {type: PathPrefix, value: /}}]
              default:
                backendRefs:
                  - {kind: MeshService, labels: {kuma.io/zone: berlin, app: orders}, port: 8080, weight: 3}
                  - {kind: MeshService, labels: {app: gone}, port: 8080, weight: 5}
                  - {kind: MeshService, labels: {app: orders}, port: 1, weight: 5}
                  - {kind: MeshServiceSubset, name: orders, tags: {version: v2}, weight: 1}
            """);
        var route = Assert.Single(routes);
        Assert.Equal([0.75, 0, 0, 0.25], route.Split.Backends.Select(b => b.Share));
    }

    [Fact]
    public void Routes_NothingLeft_FallToTheNextRoute()
    {
        var routes = Routes("""
            - matches: [{path: {type: PathPrefix, value: /zero}}]
              default: {backendRefs: [{kind: MeshService, labels: {app: orders}, port: 8080, weight: 0}]}
            - matches: [{path: {type: PathPrefix, value: /labels}}]
              default: {backendRefs: [{kind: MeshService, labels: {app: gone}, port: 8080}]}
            - matches: [{method: GET}, {path: {type: Exact, value: /labels}}]
              default: {}
            """);
        Assert.Equal(["Exact /labels", "PathPrefix /labels", "(any path) GET", "(everything else)"], routes.Select(r => r.ToString()));
        Assert.Equal("orders", routes[1].Split.Backends.Single().Destination!.Value.Resource.Name);
    }

    [Fact]
    public void Merge_ThreeConfigurations_GroupsDoNotMatter()
    {
        var number = Gen.Int[0, 3].Select(i => (JsonNode)JsonValue.Create(i));
        var list = Gen.Int[0, 2].Array[0, 2].Select(a => (JsonNode)new JsonArray([.. a.Select(i => (JsonNode)i)]));
        // A member that is appended is a list wherever it stands, as in every schema.
        var member = Gen.OneOf(
            Gen.Select(Gen.OneOf(Gen.Const("a"), Gen.Const("b")), Gen.OneOf(number, list)),
            Gen.Select(Gen.Const("appendC"), list));
        var flat = member.Array[0, 3].Select(Object);
        var conf = Gen.Select(flat, flat).Select((outer, inner) =>
        {
            var both = outer.DeepClone().AsObject();
            both["inner"] = inner.DeepClone();
            return both;
        });
        Gen.Select(conf, conf, conf).Sample((x, y, z) => JsonNode.DeepEquals(
            ConfMerge.Merge([x, y, z]),
            ConfMerge.Merge([ConfMerge.Merge([x, y]), z]))
            && JsonNode.DeepEquals(ConfMerge.Merge([x, y, z]), ConfMerge.Merge([x, ConfMerge.Merge([y, z])])));

        static JsonObject Object((string Name, JsonNode Value)[] members)
        {
            var made = new JsonObject();
            foreach (var (name, value) in members)
            {
                made[name] = value.DeepClone();
            }

            return made;
        }
    }

    private static ImmutableArray<HttpRoute> Routes(string rules)
    {
        var indented = string.Concat(rules.Split('\n').Select(l => "        " + l + "\n"));
        var world = SmallWorld.With(
            "type: MeshHTTPRoute\nmesh: shop\nname: r\nspec:\n  to:\n    - targetRef: {kind: MeshService, labels: {kuma.io/zone: berlin, app: orders}}\n      rules:\n" + indented);
        var plan = MeshPlan.Of(world, "shop");
        var port = Reachability.Ports(world.Find("MeshService", "shop", "orders")!).First();
        return HttpRoutes.Build(world.Match("MeshHTTPRoute", "web-1").Outbound.For(port.Kri), new Destination(port.Resource, port.Section), plan.Destinations);
    }

    private static string Text(OutboundRule? rule) => Assert.Single(rule!.Conf).ToJsonString();

    private static Dictionary<string, string> Tags(params string[] pairs) => pairs.Chunk(2).ToDictionary(p => p[0], p => p[1]);
}
