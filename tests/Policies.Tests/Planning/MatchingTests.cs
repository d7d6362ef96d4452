using MeshConsole.ControlPlane.Planning;

namespace MeshConsole.Policies.Tests.Planning;

public sealed class MatchingTests
{
    [Theory]
    [InlineData("{kind: Mesh}", "web-1: http admin", "kong-1: *")]
    [InlineData("{kind: Mesh, proxyTypes: [Sidecar]}", "web-1: http admin", "")]
    [InlineData("{kind: Mesh, proxyTypes: [Gateway]}", "", "kong-1: *")]
    [InlineData("{kind: Dataplane}", "web-1: http admin", "kong-1: *")]
    [InlineData("{kind: Dataplane, labels: {}}", "web-1: http admin", "kong-1: *")]
    [InlineData("{kind: Dataplane, labels: {app: web}}", "web-1: http admin", "")]
    [InlineData("{kind: Dataplane, labels: {app: web, team: front}}", "", "")]
    [InlineData("{kind: Dataplane, labels: {app: web}, sectionName: admin}", "web-1: admin", "")]
    [InlineData("{kind: Dataplane, name: web-1}", "", "")]
    [InlineData("{kind: MeshSubset, tags: {team: front}}", "web-1: http", "")]
    [InlineData("{kind: MeshSubset, tags: {kuma.io/service: \"*\"}}", "web-1: http admin", "kong-1: *")]
    [InlineData("{kind: MeshService, name: kong}", "", "kong-1: *")]
    [InlineData("{kind: MeshServiceSubset, name: web, tags: {team: front}}", "web-1: http", "")]
    [InlineData("{kind: MeshServiceSubset, name: web, tags: {team: back}}", "", "")]
    public void Select_TopLevelTarget_GivesInbounds(string target, params string[] expected)
    {
        var world = SmallWorld.With(SmallWorld.Timeout("t", target, "{idleTimeout: 1s}"));
        var affected = MeshPlan.Of(world, "shop").Affected(world.Find("MeshTimeout", "shop", "t")!)
            .Select(a => $"{a.Proxy.Resource.Name}: {string.Join(' ', a.Selection.Inbounds.Select(i => a.Proxy.Inbounds[i].Section))}{(a.Selection.Gateway ? "*" : "")}");
        Assert.Equal(expected.Where(e => e.Length > 0).Order(), affected.Order());
    }

    [Fact]
    public void Select_PolicyOfAZone_StaysInTheZoneAndFindsNamesThere()
    {
        var world = SmallWorld.With(
            SmallWorld.Timeout("by-name", "{kind: Dataplane, name: web-1}", "{idleTimeout: 1s}", "{kuma.io/origin: zone, kuma.io/zone: berlin}")
            + SmallWorld.Timeout("paris", "{kind: Mesh}", "{idleTimeout: 1s}", "{kuma.io/origin: zone, kuma.io/zone: paris}")
            + SmallWorld.Timeout("consumer", "{kind: Mesh}", "{idleTimeout: 1s}", "{kuma.io/policy-role: consumer, k8s.kuma.io/namespace: a}")
            + SmallWorld.Timeout("shadow", "{kind: Mesh}", "{idleTimeout: 1s}", "{kuma.io/effect: shadow}"));
        Assert.Equal(["by-name"], world.Match("MeshTimeout", "web-1").Names());
        Assert.Equal(["paris"], world.Match("MeshTimeout", "kong-1").Names());
        Assert.Equal(2, MeshPlan.Of(world, "shop").Affected(world.Find("MeshTimeout", "shop", "shadow")!).Count());
    }

    [Fact]
    public void Match_RouteThatIsNotThere_Warns()
    {
        var world = SmallWorld.With(SmallWorld.Timeout("t", "{kind: MeshHTTPRoute, name: nowhere}", "{http: {requestTimeout: 1s}}"));
        Assert.Contains("nowhere", Assert.Single(world.Match("MeshTimeout", "web-1").TargetWarnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Match_SeveralTargets_AreSortedByPrecedence()
    {
        const string Conf = "{idleTimeout: 1s}";
        var world = SmallWorld.With(
            SmallWorld.Timeout("i-service", "{kind: MeshService, name: web}", Conf)
            + SmallWorld.Timeout("h-subset", "{kind: MeshSubset, tags: {team: front}}", Conf)
            + SmallWorld.Timeout("g-section", "{kind: Dataplane, labels: {app: web}, sectionName: http}", Conf)
            + SmallWorld.Timeout("f-labels", "{kind: Dataplane, labels: {app: web}}", Conf)
            + SmallWorld.Timeout("e-zone", "{kind: Mesh}", Conf, "{kuma.io/origin: zone}")
            + SmallWorld.Timeout("d-role", "{kind: Mesh}", Conf, "{kuma.io/policy-role: producer}")
            + SmallWorld.Timeout("c-last", "{kind: Mesh}", Conf)
            + SmallWorld.Timeout("b-first", "{kind: Mesh}", Conf)
            + SmallWorld.Timeout("a-global", "{kind: Mesh}", Conf, "{kuma.io/origin: global}"));
        Assert.Equal(
            ["a-global", "c-last", "b-first", "d-role", "e-zone", "f-labels", "g-section", "h-subset", "i-service"],
            world.Match("MeshTimeout", "web-1").Names());
    }

    [Fact]
    public void Of_NextSnapshot_TakesOverWhatDidNotChange()
    {
        var world = SmallWorld.With(SmallWorld.Timeout("t", "{kind: Mesh}", "{idleTimeout: 1s}"));
        var (timeouts, retries) = (DemoWorld.Kinds["MeshTimeout"], DemoWorld.Kinds["MeshRetry"]);
        var before = MeshPlan.Of(world, "shop");
        var (timeoutsBefore, retriesBefore) = (before.Policies(timeouts), before.Policies(retries));

        var withProxy = MeshPlan.Of(world.With(world.Find("Dataplane", "shop", "web-1")!.With(revision: 2)), "shop");
        Assert.Same(timeoutsBefore, withProxy.Policies(timeouts));

        var withPolicy = MeshPlan.Of(world.With(world.Find("MeshTimeout", "shop", "t")!.With(revision: 3)), "shop");
        Assert.NotSame(timeoutsBefore, withPolicy.Policies(timeouts));
        Assert.Same(retriesBefore, withPolicy.Policies(retries));

        var withService = MeshPlan.Of(world.With(world.Find("MeshService", "shop", "orders")!.With(revision: 4)), "shop");
        Assert.NotSame(retriesBefore, withService.Policies(retries));
    }
}
