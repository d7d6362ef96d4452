
namespace MeshConsole.Web.Tests.Api;

/// <summary>What is ours about writes: versions, dry run, history, and that nothing is half-written.</summary>
[Collection(nameof(GlobalControlPlane))]
public sealed class WriteTests(GlobalControlPlane global) : IDisposable
{
    private readonly RestClient rest = new(global);

    public void Dispose() => rest.Dispose();

    [Fact]
    public async Task Put_WithTheVersionThatWasRead_IsStoredAndAnswersTheNewVersion()
    {
        var first = await rest.PutAsync(Path("if-match"), Timeout("if-match", "5s"));
        var read = await rest.GetAsync(Path("if-match"));
        Assert.Equal(201, first.Status);
        Assert.Equal(first.ETag, read.ETag);

        var second = await rest.PutAsync(Path("if-match"), Timeout("if-match", "6s"), ("If-Match", read.ETag!));

        Assert.Equal(200, second.Status);
        Assert.NotEqual(read.ETag, second.ETag);
    }

    [Fact]
    public async Task Put_WithAnOlderVersion_IsRefusedWithWhatIsStoredNow()
    {
        var first = await rest.PutAsync(Path("stale"), Timeout("stale", "5s"));
        var second = await rest.PutAsync(Path("stale"), Timeout("stale", "6s"));

        var refused = await rest.PutAsync(Path("stale"), Timeout("stale", "7s"), ("If-Match", first.ETag!));

        Assert.Equal(412, refused.Status);
        Assert.Equal("/std-errors", (string?)refused.Body!["type"]);
        Assert.Equal("6s", (string?)refused.Body["current"]!["spec"]!["to"]![0]!["default"]!["connectionTimeout"]);
        Assert.Equal(second.ETag, refused.ETag);
        Assert.Equal("6s", await StoredTimeoutAsync("stale"));
    }

    [Fact]
    public async Task Put_ThatMustCreate_IsRefusedWhenItExists()
    {
        await rest.PutAsync(Path("once"), Timeout("once", "5s"));

        var refused = await rest.PutAsync(Path("once"), Timeout("once", "6s"), ("If-None-Match", "*"));

        Assert.Equal(412, refused.Status);
        Assert.Equal("5s", await StoredTimeoutAsync("once"));
    }

    [Fact]
    public async Task Put_WithAnIfMatchThatIsNoVersion_IsRefusedWithWhatToDo()
    {
        var refused = await rest.PutAsync(Path("odd"), Timeout("odd", "5s"), ("If-Match", "\"abc\""));

        Assert.Equal(400, refused.Status);
        Assert.Contains("ETag", (string?)refused.Body!["detail"]);
        Assert.Equal(404, (await rest.GetAsync(Path("odd"))).Status);
    }

    [Fact]
    public async Task Put_OfTheSameContent_WritesNothing()
    {
        await rest.PutAsync(Path("same"), Timeout("same", "5s"));
        var before = global.Store.World.Value.Revision;

        var again = await rest.PutAsync(Path("same"), Timeout("same", "5s"));

        Assert.Equal(200, again.Status);
        Assert.Equal(before, global.Store.World.Value.Revision);
    }

    [Fact]
    public async Task DryRun_TellsWhatWouldBe_AndStoresNothing()
    {
        await rest.PutAsync(Path("dry"), Timeout("dry", "5s"));
        var before = global.Store.World.Value.Revision;

        var create = await rest.PutAsync(Path("dry-new") + "?dryRun=true", Timeout("dry-new", "5s"));
        var update = await rest.PutAsync(Path("dry") + "?dryRun=true", Timeout("dry", "9s"));
        var unchanged = await rest.PutAsync(Path("dry") + "?dryRun=true", Timeout("dry", "5s"));
        var delete = await rest.SendAsync(HttpMethod.Delete, Path("dry") + "?dryRun=true");
        var wrong = await rest.PutAsync(Path("dry") + "?dryRun=true", Timeout("dry", "0s"));

        Assert.Equal(["create", "update", "unchanged", "delete"], new[] { create, update, unchanged, delete }.Select(a => (string?)a.Body!["operation"]));
        Assert.Equal("5s", (string?)update.Body!["before"]!["spec"]!["to"]![0]!["default"]!["connectionTimeout"]);
        Assert.Equal("9s", (string?)update.Body["after"]!["spec"]!["to"]![0]!["default"]!["connectionTimeout"]);
        Assert.Equal(400, wrong.Status);
        Assert.Equal("spec.to[0].default.connectionTimeout", (string?)wrong.Body!["invalid_parameters"]![0]!["field"]);
        Assert.Equal(before, global.Store.World.Value.Revision);
    }

    [Fact]
    public async Task Revisions_HoldEveryVersion_AndRevertWritesAnOldOneAnew()
    {
        await rest.PutAsync(Path("history"), Timeout("history", "5s"));
        await rest.PutAsync(Path("history"), Timeout("history", "6s"));

        var list = await rest.GetAsync(Path("history") + "/revisions");
        var items = list.Body!["items"]!.AsArray();
        Assert.Equal(["updated", "created"], items.Select(i => (string?)i!["operation"]));
        Assert.All(items, i => Assert.Equal("alice", (string?)i!["actor"]));

        var reverted = await rest.SendAsync(HttpMethod.Post, $"{Path("history")}/revisions/{(long)items[1]!["revision"]!}/revert");

        Assert.Equal(200, reverted.Status);
        Assert.Equal("5s", await StoredTimeoutAsync("history"));
        Assert.Equal(3, (int)(await rest.GetAsync(Path("history") + "/revisions")).Body!["total"]!);
    }

    [Fact]
    public async Task Revert_OfADeletedResource_BringsItBack()
    {
        var created = await rest.PutAsync(Path("gone"), Timeout("gone", "5s"));
        await rest.SendAsync(HttpMethod.Delete, Path("gone"));
        Assert.Equal(404, (await rest.GetAsync(Path("gone"))).Status);

        var reverted = await rest.SendAsync(HttpMethod.Post, $"{Path("gone")}/revisions/{created.ETag!.Trim('"')}/revert");

        Assert.Equal(201, reverted.Status);
        Assert.Equal("5s", await StoredTimeoutAsync("gone"));
    }

    [Fact]
    public async Task Revert_ToAVersionThatIsNotKept_IsNotFound()
    {
        await rest.PutAsync(Path("few"), Timeout("few", "5s"));

        Assert.Equal(404, (await rest.SendAsync(HttpMethod.Post, Path("few") + "/revisions/999999/revert")).Status);
    }

    [Fact]
    public async Task SecretHistory_HoldsNoContent_AndCannotBeReverted()
    {
        const string Secret = """{"type":"Secret","mesh":"default","name":"pin","data":"c2VjcmV0"}""";
        var created = await rest.PutAsync("/meshes/default/secrets/pin", Secret);

        var list = await rest.GetAsync("/meshes/default/secrets/pin/revisions");
        var reverted = await rest.SendAsync(HttpMethod.Post, $"/meshes/default/secrets/pin/revisions/{created.ETag!.Trim('"')}/revert");

        Assert.DoesNotContain("c2VjcmV0", list.Text, StringComparison.Ordinal);
        Assert.Null(list.Body!["items"]![0]!["spec"]);
        Assert.Equal(400, reverted.Status);
    }

    [Fact]
    public async Task Write_BySomebodyWhoMayOnlyRead_IsRefused()
    {
        using var reader = new RestClient(global, isAdmin: false);

        Assert.Equal(200, (await reader.GetAsync("/meshes")).Status);
        Assert.Equal(403, (await reader.PutAsync(Path("reader"), Timeout("reader", "5s"))).Status);
        Assert.Equal(403, (await reader.GetAsync("/meshes/default/secrets")).Status);
        Assert.Null(global.Store.World.Value.Find("MeshTimeout", "default", "reader"));
    }

    [Fact]
    public async Task Put_FromManyWritersAtOnce_LosesNone()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => rest.PutAsync(Path("busy"), Timeout("busy", $"{i + 1}s"))));

        Assert.All(answers, a => Assert.True(a.Status is 200 or 201, a.Text));
        Assert.Equal(16, (int)(await rest.GetAsync(Path("busy") + "/revisions")).Body!["total"]!);
    }

    [Fact]
    public async Task Put_WithMembersWeDoNotKnow_KeepsThemAndWarns()
    {
        const string Body = """{"type":"MeshTimeout","mesh":"default","name":"newer","spec":{"to":[{"targetRef":{"kind":"Mesh"},"default":{"connectionTimeout":"5s"},"fromTheFuture":{"a":[1,2.50]}}]}}""";

        var put = await rest.PutAsync(Path("newer"), Body);

        Assert.Contains("spec.to[0].fromTheFuture", (string?)put.Body!["warnings"]![0]);
        Assert.Contains("\"fromTheFuture\":{\"a\":[1,2.50]}", global.Store.World.Value.Find("MeshTimeout", "default", "newer")!.Spec.ToString(), StringComparison.Ordinal);
    }

    /// <summary>The case of kumahq/kuma#18072: a misspelt target must not stay hidden. The answer to the write itself is as Kuma's.</summary>
    [Fact]
    public async Task DryRun_OfARouteToATargetThatIsNotThere_FlagsIt()
    {
        await rest.PutAsync("/meshes/default/meshmultizoneservices/web", """{"type":"MeshMultiZoneService","mesh":"default","name":"web","spec":{"selector":{"meshService":{"matchLabels":{"app":"web"}}},"ports":[{"port":80,"appProtocol":"http"}]}}""");
        const string Route = """
            {"type":"MeshHTTPRoute","mesh":"default","name":"misspelt","spec":{"targetRef":{"kind":"Mesh"},"to":[{"targetRef":{"kind":"MeshMultiZoneService","name":"web"},"rules":[{
              "matches":[{"path":{"type":"PathPrefix","value":"/"}}],
              "default":{"backendRefs":[
                {"kind":"MeshMultiZoneService","name":"web","port":80,"weight":90},
                {"kind":"MeshMultiZoneService","name":"wbe","port":80,"weight":10},
                {"kind":"MeshMultiZoneService","name":"web","port":81,"weight":1},
                {"kind":"MeshMultiZoneService","name":"gone","port":80,"weight":0}]}}]}]}}
            """;

        var answer = await rest.PutAsync("/meshes/default/meshhttproutes/misspelt?dryRun=true", Route);

        Assert.Equal(
            [
                "spec.to[0].rules[0].default.backendRefs[1]: no MeshMultiZoneService answers to 'wbe' on port 80 now",
                "spec.to[0].rules[0].default.backendRefs[2]: no MeshMultiZoneService answers to 'web' on port 81 now",
            ],
            answer.Body!["warnings"]!.AsArray().Select(w => (string?)w));
        await rest.SendAsync(HttpMethod.Delete, "/meshes/default/meshmultizoneservices/web");
    }

    [Fact]
    public async Task NewMesh_GetsItsKeyAndFirstPolicies_AndTakesThemAlongWhenDeleted()
    {
        await rest.PutAsync("/meshes/short-lived", """{"type":"Mesh","name":"short-lived","mtls":{"enabledBackend":"ca-1","backends":[{"name":"ca-1","type":"builtin"}]}}""");
        var world = global.Store.World.Value;
        Assert.NotNull(world.Find("MeshTimeout", "short-lived", "mesh-timeout-all-short-lived"));
        Assert.NotNull(world.Find("Secret", "short-lived", "dataplane-token-signing-key-short-lived-1"));
        Assert.NotNull(world.Find("Secret", "short-lived", "short-lived.ca-builtin-cert-ca-1"));

        var deleted = await rest.SendAsync(HttpMethod.Delete, "/meshes/short-lived");

        Assert.Equal(200, deleted.Status);
        Assert.DoesNotContain(global.Store.World.Value.Kinds, kind => global.Store.World.Value.List(kind, "short-lived").Any());
    }

    [Fact]
    public async Task NewMesh_WithInitialPoliciesSkipped_GetsOnlyItsKey()
    {
        await rest.PutAsync("/meshes/bare", """{"type":"Mesh","name":"bare","skipCreatingInitialPolicies":["*"]}""");
        var world = global.Store.World.Value;

        Assert.Empty(world.List("MeshTimeout", "bare"));
        Assert.Single(world.List("Secret", "bare"));
    }

    private static string Path(string name) => $"/meshes/default/meshtimeouts/{name}";

    private static string Timeout(string name, string value) =>
        $$$"""{"type":"MeshTimeout","mesh":"default","name":"{{{name}}}","spec":{"to":[{"targetRef":{"kind":"Mesh"},"default":{"connectionTimeout":"{{{value}}}"}}]}}""";

    private async Task<string?> StoredTimeoutAsync(string name) =>
        (string?)(await rest.GetAsync(Path(name))).Body!["spec"]!["to"]![0]!["default"]!["connectionTimeout"];
}
