using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using MeshConsole.Shared;

namespace MeshConsole.EndToEnd.Tests.Conformance;

/// <summary>The stream of changes of a list, <c>GET …?watch=true</c>.</summary>
public sealed class ChangeStreamTests(ChangeStreamTests.Fixture fixture) : IClassFixture<ChangeStreamTests.Fixture>
{
    private static readonly CancellationToken Cancelled = CancellationToken.None;

    private ControlPlaneUnderTest Global => fixture.Global;

    [Fact]
    public async Task Stream_TellsWhatIsThere_ThenEveryChange()
    {
        await PutAsync("one", "1s");
        await using var stream = await OpenAsync("/meshes/default/meshtimeouts?watch=true&name=one");
        Assert.Equal(("item", "one"), Named(await stream.NextAsync()));
        Assert.Equal("ready", (await stream.NextAsync()).EventType);

        await PutAsync("one", "2s");
        var changed = await stream.NextAsync();
        Assert.Equal(("changed", "one"), Named(changed));
        Assert.Equal("2s", (string)JsonNode.Parse(changed.Data)!["spec"]!["to"]![0]!["default"]!["connectionTimeout"]!);
        await PutAsync("other", "1s"); // the filter keeps it out
        await PutAsync("one-more", "1s");
        Assert.Equal(("added", "one-more"), Named(await stream.NextAsync()));
        await DeleteAsync("one");
        Assert.Equal(("deleted", "one"), Named(await stream.NextAsync()));
    }

    [Fact]
    public async Task Resource_ThatNoLongerFits_IsDeletedFromTheStream()
    {
        await PutAsync("t", "1s", """{"team":"a"}""");
        await using var stream = await OpenAsync("/meshtimeouts?watch=true&filter%5Blabels.team%5D=a");
        Assert.Equal(["item", "ready"], [(await stream.NextAsync()).EventType, (await stream.NextAsync()).EventType]);
        await PutAsync("t", "1s", """{"team":"b"}""");
        Assert.Equal(("deleted", "t"), Named(await stream.NextAsync()));
        await PutAsync("t", "1s", """{"team":"a"}""");
        Assert.Equal(("added", "t"), Named(await stream.NextAsync()));
    }

    [Fact]
    public async Task Stream_IsResumed_WhereItWasLeft()
    {
        string last;
        await using (var stream = await OpenAsync("/meshes/default/meshretries?watch=true"))
        {
            await stream.NextAsync();
            last = (await stream.NextAsync()).EventId!; // ready
        }

        await PutAsync("unrelated", "1s");
        await DeleteAsync("mesh-retry-all-default", "meshretries");
        await using var resumed = await OpenAsync("/meshes/default/meshretries?watch=true", last);
        Assert.Equal(("deleted", "mesh-retry-all-default"), Named(await resumed.NextAsync()));
        await PutAsync("after", "1s", path: "meshretries", kind: "MeshRetry", spec: """{"to":[{"targetRef":{"kind":"Mesh"},"default":{"tcp":{"maxConnectAttempt":3}}}]}""");
        Assert.Equal(("added", "after"), Named(await resumed.NextAsync()));
    }

    [Theory]
    [InlineData("999999999")]
    [InlineData("99999999999999999999999")]
    [InlineData("abc")]
    [InlineData("-1")]
    public async Task Stream_FromARevisionThatIsNotKnown_StartsAnew(string last)
    {
        await using var stream = await OpenAsync("/meshes?watch=true", last);
        Assert.Equal(["reset", "item", "ready"], [(await stream.NextAsync()).EventType, (await stream.NextAsync()).EventType, (await stream.NextAsync()).EventType]);
    }

    [Fact]
    public async Task Overview_FollowsTheInsightToo()
    {
        var zone = new Resource { Kind = Global.Kinds["Zone"], Name = "lab", Spec = JsonBody.FromText("{}") };
        await Global.Store.CommitAsync(Actor.System, t => t.Put(zone, history: false), Cancelled);
        await using var stream = await OpenAsync("/zones/_overview?watch=true");
        Assert.Equal("ZoneOverview", (string)JsonNode.Parse((await stream.NextAsync()).Data)!["type"]!);
        Assert.Equal("ready", (await stream.NextAsync()).EventType);
        var insight = new Resource { Kind = Global.Kinds["ZoneInsight"], Name = "lab", Spec = JsonBody.FromText("""{"healthCheck":{}}""") };
        await Global.Store.CommitAsync(Actor.System, t => t.Put(insight, history: false), Cancelled);
        var changed = await stream.NextAsync();
        Assert.Equal(("changed", "lab"), Named(changed));
        Assert.NotNull(JsonNode.Parse(changed.Data)!["zoneInsight"]);
    }

    [Fact]
    public async Task ManyChanges_EndInTheLastState_ForASlowReader()
    {
        await using var stream = await OpenAsync("/meshes/default/meshtimeouts?watch=true&name=busy");
        Assert.Equal("ready", (await stream.NextAsync()).EventType);
        for (var i = 1; i <= 200; i++)
        {
            await PutAsync("busy", $"{i}s");
        }

        string? seen = null;
        while (seen != "3m20s" && seen != "200s")
        {
            var change = await stream.NextAsync();
            Assert.Contains(change.EventType, (string[])["added", "changed"]);
            seen = (string)JsonNode.Parse(change.Data)!["spec"]!["to"]![0]!["default"]!["connectionTimeout"]!;
        }
    }

    [Fact]
    public async Task MeshInsights_AreToldAsTheyMove()
    {
        await using var own = await ControlPlaneUnderTest.StartGlobalAsync();
        await using var stream = await OpenAsync("/mesh-insights?watch=true", client: own.Client);
        Assert.Equal(("item", "default"), Named(await stream.NextAsync()));
        Assert.Equal("ready", (await stream.NextAsync()).EventType);
        await using var global = await OpenAsync("/global-insight?watch=true", client: own.Client);
        Assert.Equal(["item", "ready"], [(await global.NextAsync()).EventType, (await global.NextAsync()).EventType]);

        var mesh = new Resource { Kind = own.Kinds["Mesh"], Name = "shop", Spec = JsonBody.Empty };
        await own.Store.CommitAsync(Actor.System, t => t.Put(mesh, history: false), Cancelled);
        Assert.Equal(("added", "shop"), Named(await stream.NextAsync()));
        var counts = await global.NextAsync();
        Assert.Equal("changed", counts.EventType);
        Assert.Equal(2, (int)JsonNode.Parse(counts.Data)!["meshes"]!["total"]!);

        await own.Store.CommitAsync(Actor.System, t => t.Put(Dataplane(own, "web-1", "web"), history: false), Cancelled);
        var changed = await stream.NextAsync();
        Assert.Equal(("changed", "shop"), Named(changed));
        Assert.Equal(1, (int)JsonNode.Parse(changed.Data)!["dataplanes"]!["total"]!);
        await own.Store.CommitAsync(Actor.System, t => t.Delete(mesh.Key, history: false), Cancelled);
        Assert.Equal(("deleted", "shop"), Named(await stream.NextAsync()));
    }

    [Fact]
    public async Task ServiceInsights_AreFiltered_AndAStreamThatComesBackStartsAnew()
    {
        await using var own = await ControlPlaneUnderTest.StartGlobalAsync();
        var mesh = new Resource { Kind = own.Kinds["Mesh"], Name = "shop", Spec = JsonBody.Empty };
        await own.Store.CommitAsync(Actor.System, t => { t.Put(mesh, history: false); t.Put(Dataplane(own, "web-1", "web"), history: false); return t.Put(Dataplane(own, "api-1", "api"), history: false); }, Cancelled);
        await using var stream = await OpenAsync("/meshes/shop/service-insights?watch=true&name=api&type=internal", client: own.Client);
        Assert.Equal(("item", "api"), Named(await stream.NextAsync()));
        var ready = await stream.NextAsync();

        await own.Store.CommitAsync(Actor.System, t => { t.Put(Dataplane(own, "web-2", "web"), history: false); return t.Put(Dataplane(own, "api-2", "api"), history: false); }, Cancelled);
        var changed = await stream.NextAsync();
        Assert.Equal(("changed", "api"), Named(changed));
        Assert.Equal(2, (int)JsonNode.Parse(changed.Data)!["dataplanes"]!["total"]!);
        Assert.NotEqual(ready.EventId, changed.EventId);

        await using var again = await OpenAsync("/meshes/shop/service-insights?watch=true", changed.EventId, own.Client);
        Assert.Equal(["reset", "item", "item", "ready"], [(await again.NextAsync()).EventType, (await again.NextAsync()).EventType, (await again.NextAsync()).EventType, (await again.NextAsync()).EventType]);
    }

    [Fact]
    public async Task Stream_EndsWhenTheControlPlaneStops()
    {
        var own = await ControlPlaneUnderTest.StartGlobalAsync();
        await using var stream = await OpenAsync("/meshes?watch=true", client: own.Client);
        await stream.NextAsync();
        await stream.NextAsync();
        var stopping = own.StopAsync();
        Assert.False(await stream.MoveNextAsync()); // a clean end, no broken connection
        await stopping;
        await own.DisposeAsync();
    }

    [Theory]
    [InlineData("/meshes?watch=true&size=10", 400)]
    [InlineData("/meshes?watch=true&offset=1", 400)]
    [InlineData("/meshes?watch=true&filter%5Bx%5D=a", 400)]
    [InlineData("/meshes/none/meshtimeouts?watch=true", 404)]
    [InlineData("/nothing?watch=true", 404)]
    [InlineData("/mesh-insights?watch=true&size=1", 400)]
    [InlineData("/service-insights?watch=yes", 400)]
    [InlineData("/global-insight?watch=yes", 400)]
    public async Task Request_ThatIsWrong_IsRefusedAsForTheList(string path, int status)
    {
        using var answer = await Global.Client.GetAsync(path, Cancelled);
        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
        Assert.NotEqual("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Anonymous_GetsNoStream()
    {
        using var answer = await Global.Anonymous.GetAsync("/meshes?watch=true", Cancelled);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    private static Resource Dataplane(ControlPlaneUnderTest under, string name, string service) => new()
    {
        Kind = under.Kinds["Dataplane"],
        Mesh = "shop",
        Name = name,
        Spec = JsonBody.FromText($$$"""{"networking":{"address":"10.0.0.1","inbound":[{"port":80,"tags":{"kuma.io/service":"{{{service}}}"}}]}}"""),
    };

    private static (string Type, string Name) Named(SseItem<string> item) => (item.EventType, (string)JsonNode.Parse(item.Data)!["name"]!);

    private async Task PutAsync(string name, string connection, string labels = "{}", string path = "meshtimeouts", string kind = "MeshTimeout", string? spec = null)
    {
        spec ??= $$$"""{"to":[{"targetRef":{"kind":"Mesh"},"default":{"connectionTimeout":"{{{connection}}}"}}]}""";
        var body = $$"""{"type":"{{kind}}","mesh":"default","name":"{{name}}","labels":{{labels}},"spec":{{spec}}}""";
        using var content = new StringContent(body, new MediaTypeHeaderValue("application/json"));
        using var answer = await Global.Client.PutAsync($"/meshes/default/{path}/{name}", content, Cancelled);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancelled));
    }

    private async Task DeleteAsync(string name, string path = "meshtimeouts")
    {
        using var answer = await Global.Client.DeleteAsync($"/meshes/default/{path}/{name}", Cancelled);
        Assert.True(answer.IsSuccessStatusCode);
    }

    private async Task<OpenStream> OpenAsync(string path, string? last = null, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (last is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", last);
        }

        var answer = await (client ?? Global.Client).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancelled);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        Assert.NotNull(answer.Headers.ETag);
        return new OpenStream(answer, SseParser.Create(await answer.Content.ReadAsStreamAsync(Cancelled)));
    }

    private sealed class OpenStream(HttpResponseMessage answer, SseParser<string> parser) : IAsyncDisposable
    {
        private readonly IAsyncEnumerator<SseItem<string>> events = parser.EnumerateAsync(Cancelled).GetAsyncEnumerator(Cancelled);

        public async Task<bool> MoveNextAsync() => await events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancelled);

        public async Task<SseItem<string>> NextAsync()
        {
            Assert.True(await MoveNextAsync(), "the stream ended");
            return events.Current;
        }

        public ValueTask DisposeAsync()
        {
            answer.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>One global for all tests but the one that stops it.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        private ControlPlaneUnderTest? global;

        internal ControlPlaneUnderTest Global => global!;

        /// <inheritdoc />
        public async ValueTask InitializeAsync() => global = await ControlPlaneUnderTest.StartGlobalAsync();

        /// <inheritdoc />
        public ValueTask DisposeAsync() => global?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
