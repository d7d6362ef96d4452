using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Planning;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Policies.MeshHTTPRoute;
using MeshConsole.Policies.MeshTrafficPermission;
using MeshConsole.Shared;
using MeshConsole.Testing;

namespace MeshConsole.Policies.Tests;

/// <summary>Questions about several policies at once, with the answers that a Kuma control plane gave.</summary>
public sealed class ScenarioTests
{
    public static TheoryData<string> Scenarios => Files("scenarios", "*.yaml");

    public static TheoryData<string> Affecting => Files("valid", "*.yaml");

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Scenario_Question_HasTheExpectedAnswer(string file)
    {
        var scenario = Assert.Single(Yaml.Read(File.ReadAllText(SharedFolder.Require("corpus", "scenarios", file))).Value);
        var policies = scenario["policies"]!.AsArray().Select(p => DemoWorld.Read(p!.AsObject())).ToList();
        var world = DemoWorld.With([.. policies, .. MissingDestination(scenario)]);
        var plan = MeshPlan.Of(world, "default");
        var expect = scenario["expect"]!.AsObject();
        var kind = policies[0].Kind;
        switch ((string)scenario["question"]!)
        {
            case "effective-to":
                var destination = Find(world, scenario);
                var rule = Asking(world, plan, kind).Outbound.For(destination)!;
                AssertSame(expect["conf"], Assert.Single(rule.Conf));
                AssertOrder(expect["mergeOrder"]!.AsArray(), rule.Origins);
                break;
            case "effective-single":
                var single = Asking(world, plan, kind).Single!;
                AssertSame(expect["conf"], single.Conf);
                AssertOrder(expect["mergeOrder"]!.AsArray(), [.. single.Policies.Select(p => new Origin(p, 0))]);
                break;
            case "routes":
                AssertRoutes(expect, world, plan, scenario);
                break;
            case "from-action":
                var clients = plan.Match(kind, DemoWorld.Proxy(world, "api-lab-1")).Clients(0);
                Assert.All(expect["clients"]!.AsArray(), c => Assert.Equal(
                    (string)c!["action"]!,
                    PermissionDecision.For(clients, c["tags"]!.AsObject().ToDictionary(t => t.Key, t => (string)t.Value!))));
                break;
            case "rules-action":
                var permissions = plan.Match(kind, DemoWorld.Proxy(world, "api-lab-1")).Inbound(0);
                Assert.All(expect["clients"]!.AsArray(), c => Assert.Equal((string)c!["action"]!, PermissionDecision.For(permissions, (string)c["spiffeID"]!)));
                break;
            case "inbound-rules":
                var inbound = plan.Match(kind, DemoWorld.Proxy(world, "api-lab-1")).Inbound(0)!;
                Assert.Equal(
                    expect["order"]!.AsArray().Select(o => $"{o![0]} {o[1]}"),
                    inbound.Rules.Select(r => $"{r.Origin.Policy.DisplayName} {r.Origin.Index}"));
                AssertSame(expect["catchAllConf"], inbound.CatchAll);
                break;
            case "applies-to":
                Assert.All(expect["proxies"]!.AsObject(), p => Assert.Equal(
                    p.Value!.AsArray().Select(n => (string)n!).Order(),
                    plan.Match(kind, DemoWorld.Proxy(world, p.Key)).Policies.Select(m => m.Resource.DisplayName).Order()));
                break;
            case "applies-to-inbounds":
                Assert.All(expect["inbounds"]!.AsObject(), i =>
                {
                    var (name, section) = (i.Key.Split(':')[0], i.Key.Split(':')[1]);
                    var proxy = DemoWorld.Proxy(world, name);
                    var number = proxy.Inbounds.Index().Single(x => x.Item.Section == section).Index;
                    Assert.Equal(
                        i.Value!.AsArray().Select(n => (string)n!),
                        (plan.Match(kind, proxy).Inbound(number)?.Rules ?? []).Select(r => r.Origin.Policy.DisplayName).Distinct());
                });
                break;
            default:
                Assert.Fail($"nobody answers {scenario["question"]}");
                break;
        }
    }

    [Theory]
    [MemberData(nameof(Affecting))]
    public void Policy_TopLevelTarget_SelectsTheExpectedInbounds(string file)
    {
        var path = SharedFolder.Require("corpus", "valid", file);
        var expected = JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(path, ".expect.json")))!["affects"];
        var policy = DemoWorld.Read(Assert.Single(Yaml.Read(File.ReadAllText(path)).Value));
        var plan = MeshPlan.Of(DemoWorld.With([policy]), "default");
        Assert.Equal(
            expected!.AsArray().Select(a => $"{a!["dataplane"]}: {string.Join(' ', a["inbounds"]!.AsArray().Select(i => (string)i!).Order())}").Order(),
            plan.Affected(policy).Select(a => $"{a.Proxy.Resource.Name}: {string.Join(' ', Inbounds(a.Proxy, a.Selection).Order())}").Order());
    }

    private static IEnumerable<string> Inbounds(ProxyView proxy, Selection selection) =>
        selection.Inbounds.Select(i => proxy.Inbounds[i].Section).Concat(selection.Gateway ? ["*gateway*"] : []);

    private static void AssertRoutes(JsonObject expect, World world, MeshPlan plan, JsonObject scenario)
    {
        var kri = Find(world, scenario);
        var port = Reachability.Ports(plan.Destinations.Find(kri)!).First();
        var rule = Asking(world, plan, DemoWorld.Kinds["MeshHTTPRoute"]).Outbound.For(port.Kri);
        var routes = HttpRoutes.Build(rule, new Destination(port.Resource, port.Section), plan.Destinations);
        var own = routes.Where(r => r.Match is not null).ToList();
        if (expect["routeOrder"] is JsonArray order)
        {
            Assert.Equal(order.Select(o => (string)o!), own.Select(r => r.ToString()));
        }

        foreach (var (expected, route) in (expect["routes"] as JsonArray ?? []).Zip(own))
        {
            Assert.Equal((string)expected!["match"]!, route.ToString());
            Assert.Equal((int)((long?)expected["filters"] ?? 0), route.Conf.Filters?.Count ?? 0);
            Assert.Equal(
                expected["split"]!.AsObject().Select(s => (s.Key, Math.Round(s.Value!.GetValue<decimal>(), 4))).Order(),
                route.Split.Backends.Where(b => b.Share > 0).GroupBy(Name).Select(g => (g.Key, Math.Round((decimal)g.Sum(b => b.Share), 4))).Order());
        }

        Assert.True(expect["routes"] is not JsonArray rows || rows.Count == own.Count, string.Join(", ", own));
        var rest = routes.SingleOrDefault(r => r.Match is null);
        Assert.Equal((string?)expect["catchAll"], rest is null ? null : Name(Assert.Single(rest.Split.Backends)));
    }

    private static string Name(BackendTarget backend) => backend.Destination?.Resource.DisplayName ?? backend.Reference.Name ?? "";

    /// <summary>The proxy that asks is one for which as many policies as possible hold.</summary>
    private static PolicyMatches Asking(World world, MeshPlan plan, ResourceKind kind) =>
        world.List("Dataplane", "default").Select(d => plan.Match(kind, ProxyView.Of(d))).MaxBy(m => m.Policies.Length)!;

    private static Kri Find(World world, JsonObject scenario)
    {
        var wanted = scenario["destination"]!;
        var found = world.List((string)wanted["kind"]!, "default").Single(r => r.DisplayName == (string)wanted["name"]! && (r.Zone ?? "") == (string)wanted["zone"]!);
        return Kri.Of(found, (string?)scenario["section"] ?? "")!.Value;
    }

    private static IEnumerable<Resource> MissingDestination(JsonObject scenario)
    {
        if (scenario["destination"] is JsonObject wanted && (string?)wanted["kind"] == TargetKinds.MeshHTTPRoute)
        {
            yield return DemoWorld.Read(new JsonObject
            {
                ["type"] = TargetKinds.MeshHTTPRoute,
                ["name"] = (string)wanted["name"]!,
                ["labels"] = wanted["labels"]!.DeepClone(),
                ["spec"] = new JsonObject(),
            });
        }
    }

    private static void AssertOrder(JsonArray expected, IReadOnlyList<Origin> origins) => Assert.Equal(
        expected.Select(o => (string)o!),
        origins.Zip(expected, (o, e) => ((string)e!).Contains('[') ? $"{o.Policy.DisplayName}[{o.Index}]" : o.Policy.DisplayName));

    private static void AssertSame(JsonNode? expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(Normal(expected), Normal(actual)), $"is {actual?.ToJsonString()}, expected {expected?.ToJsonString()}");

    /// <summary>Durations are equal when they are as long, however they are written.</summary>
    private static JsonNode? Normal(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.Select(m => KeyValuePair.Create(m.Key, Normal(m.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Normal)]),
        JsonValue value when value.TryGetValue<string>(out var text) && GoDuration.TryParse(text, out var duration) => duration.ToString(),
        _ => node?.DeepClone(),
    };

    private static TheoryData<string> Files(string folder, string pattern)
    {
        var root = SharedFolder.Path is { } shared ? Path.Combine(shared, "corpus", folder) : null;
        return root is null ? ["none.yaml"] : [.. Directory.EnumerateFiles(root, pattern).Where(Says).Select(f => Path.GetFileName(f)).Order()];

        // Of the single manifests, policies that say whom they affect.
        bool Says(string file) => folder == "scenarios"
            || (File.ReadAllText(Path.ChangeExtension(file, ".expect.json")).Contains("\"affects\"", StringComparison.Ordinal)
                && DemoWorld.Read(Assert.Single(Yaml.Read(File.ReadAllText(file)).Value)).Kind is IPolicyKind);
    }
}
