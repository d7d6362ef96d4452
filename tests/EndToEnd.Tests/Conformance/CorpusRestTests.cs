using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.Shared;
using MeshConsole.Testing;
using MeshConsole.Testing.Corpus;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.EndToEnd.Tests.Conformance;

/// <summary>
/// The shared corpus through REST, each case at the control plane that it speaks of and with the stored state that it needs: also the
/// rules of names, labels, updates and deletions, which are asked outside of the kinds.
/// </summary>
public sealed class CorpusRestTests(CorpusRestTests.Sites sites) : IClassFixture<CorpusRestTests.Sites>
{
    private static readonly CancellationToken Cancelled = CancellationToken.None;

    public static TheoryData<string> Cases
    {
        get
        {
            var corpus = SharedFolder.Path is { } shared ? Path.Combine(shared, "corpus") : "";
            var files = Directory.Exists(corpus)
                ? ((string[])["valid", "invalid"]).SelectMany(folder => Directory.EnumerateFiles(Path.Combine(corpus, folder), "*.yaml")).Order(StringComparer.Ordinal)
                : Enumerable.Empty<string>();
            var data = new TheoryData<string>(files.Select(f => Path.GetRelativePath(corpus, f)));
            if (data.Count == 0)
            {
                data.Add("");
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Case_ThroughRest_IsAnsweredAsExpected(string name)
    {
        Assert.SkipWhen(name.Length == 0, "the shared corpus is not available here");
        var file = SharedFolder.Require("corpus", name);
        var body = Assert.Single(Yaml.Read(await File.ReadAllTextAsync(file, Cancelled)).Value);
        var expected = JsonNode.Parse(await File.ReadAllTextAsync(Path.ChangeExtension(file, ".expect.json"), Cancelled))!;
        var context = expected["context"] as JsonObject ?? [];
        var site = await sites.GetAsync((string?)context["cpMode"] ?? "global", (string?)context["zone"] ?? "lab");
        await PrepareAsync(site, body, context);

        var path = PathOf(site, body);
        using var message = (string?)context["operation"] == "delete"
            ? new HttpRequestMessage(HttpMethod.Delete, path)
            : new HttpRequestMessage(HttpMethod.Put, path) { Content = new StringContent(body.ToJsonString(), new MediaTypeHeaderValue("application/json")) };
        using var answer = await site.Client.SendAsync(message, Cancelled);
        var text = await answer.Content.ReadAsStringAsync(Cancelled);
        if ((bool)expected["valid"]!)
        {
            Assert.True(answer.IsSuccessStatusCode, text);
            var warnings = (JsonNode.Parse(text)!["warnings"]?.AsArray() ?? []).Select(w => (string)w!);
            CaseFolder.AssertWarnings(expected, warnings.Where(w => !w.StartsWith("unknown field", StringComparison.Ordinal)));
        }
        else
        {
            Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, $"{answer.StatusCode} {text}");
            var violations = (JsonNode.Parse(text)!["invalid_parameters"]?.AsArray() ?? []).Select(p => new Violation((string)p!["field"]!, (string)p["reason"]!));
            CaseFolder.AssertViolations(expected, violations);
        }
    }

    [Fact]
    public async Task World_OfTheCorpus_IsAccepted()
    {
        var file = SharedFolder.Require("corpus", "world.yaml");
        var stored = new HashSet<ControlPlaneUnderTest>();
        foreach (var body in Yaml.Read(await File.ReadAllTextAsync(file, Cancelled)).Value)
        {
            var site = await sites.GetAsync("global", "");
            if (!Site.Global.MayWrite(site.Kinds[(string)body["type"]!]))
            {
                site = await sites.GetAsync("zone", ZoneOf(body));
            }

            if (stored.Add(site))
            {
                await ResetAsync(site);
                await StoreAsync(site, new JsonObject { ["type"] = "Mesh", ["name"] = "default", ["meshServices"] = new JsonObject { ["mode"] = "Exclusive" } });
            }

            using var content = new StringContent(body.ToJsonString(), new MediaTypeHeaderValue("application/json"));
            using var answer = await site.Client.PutAsync(PathOf(site, body), content, Cancelled);
            Assert.True(answer.IsSuccessStatusCode, $"{body.ToJsonString()}\n{await answer.Content.ReadAsStringAsync(Cancelled)}");
        }
    }

    private static string ZoneOf(JsonObject body) =>
        (string?)body["zone"] ?? (string?)body["labels"]?["kuma.io/zone"] ?? ((string[])["lab", "eks", "gke"]).First(z => ((string)body["name"]!).Contains(z, StringComparison.Ordinal));

    private static string PathOf(ControlPlaneUnderTest site, JsonObject body)
    {
        var kind = site.Kinds[(string)body["type"]!];
        var mesh = kind.Scope == Scope.Mesh ? $"/meshes/{(string?)body["mesh"] ?? "default"}" : "";
        return $"{mesh}/{kind.Path}/{(string)body["name"]!}";
    }

    private async Task PrepareAsync(ControlPlaneUnderTest site, JsonObject body, JsonObject context)
    {
        await ResetAsync(site);
        var mesh = context["mesh"]?.DeepClone().AsObject() ?? [];
        mesh["type"] = "Mesh";
        mesh["name"] = (string?)body["mesh"] ?? "default";
        await StoreAsync(site, mesh);
        if (context["previous"] is JsonObject previous)
        {
            await StoreAsync(site, previous);
        }
        else if ((string?)context["operation"] == "delete")
        {
            await StoreAsync(site, body);
        }

        foreach (var existing in (context["existing"]?.AsArray() ?? []).Select(e => ((string)e!).Split(' ')))
        {
            await StoreAsync(site, new JsonObject { ["type"] = existing[0], ["mesh"] = (string)body["name"]!, ["name"] = existing[1] });
        }

        sites.ConnectedZone = (bool?)context["zoneOnline"] == true ? (string)body["name"]! : null;
    }

    private static Task<int> ResetAsync(ControlPlaneUnderTest site) => site.Store.CommitAsync(
        Actor.System,
        transaction =>
        {
            foreach (var resource in transaction.World.Kinds.SelectMany(transaction.World.List).Where(r => r.Kind.Name is not ("GlobalSecret" or "Config")).ToList())
            {
                transaction.Delete(resource.Key, history: false);
            }

            return 0;
        },
        Cancelled);

    private static Task<Resource> StoreAsync(ControlPlaneUnderTest site, JsonObject body)
    {
        var resource = RecordedState.Read(body.DeepClone(), site.Kinds)!;
        return site.Store.CommitAsync(Actor.System, t => t.Put(resource, history: false), Cancelled);
    }

    /// <summary>The control planes that the cases speak of, each started once.</summary>
    public sealed class Sites : IAsyncLifetime
    {
        private readonly Dictionary<string, ControlPlaneUnderTest> started = [];

        /// <summary>The zone that counts as connected to the global.</summary>
        public string? ConnectedZone { get; set; }

        /// <inheritdoc />
        public ValueTask InitializeAsync() => ValueTask.CompletedTask;

        /// <inheritdoc />
        public async ValueTask DisposeAsync()
        {
            foreach (var site in started.Values)
            {
                await site.DisposeAsync();
            }
        }

        /// <summary>The control plane of that mode.</summary>
        public async Task<ControlPlaneUnderTest> GetAsync(string mode, string zone)
        {
            var key = mode == "global" ? mode : $"{mode} {zone}";
            if (!started.TryGetValue(key, out var site))
            {
                site = mode == "global"
                    ? await ControlPlaneUnderTest.StartGlobalAsync(s => s.AddSingleton(new DeletionRules(Site.Global, z => z == ConnectedZone)))
                    : await ControlPlaneUnderTest.StartZoneAsync(zone, federated: mode == "federated-zone");
                started.Add(key, site);
            }

            return site;
        }
    }
}
