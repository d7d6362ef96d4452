using MeshConsole.Shared;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Web.Tests.Api;

/// <summary>A dry run says what a change would touch.</summary>
[Collection(nameof(GlobalControlPlane))]
public sealed class ImpactTests(GlobalControlPlane global) : IDisposable
{
    private static int meshes;
    private readonly string mesh = $"impact-{Interlocked.Increment(ref meshes)}"; // each test has its own: policies of another would take part
    private readonly RestClient rest = new(global);

    public void Dispose() => rest.Dispose();

    [Fact]
    public async Task DryRun_NamesZonesProxiesAndRules_BeforeAndAfter()
    {
        await SetUpAsync();
        await rest.PutAsync($"/meshes/{mesh}/meshtimeouts/web", Timeout("5s"));

        var answer = await rest.PutAsync($"/meshes/{mesh}/meshtimeouts/web?dryRun=true", Timeout("9s"));

        var impact = answer.Body!["impact"]!;
        Assert.Equal("impact-east", (string?)impact["zones"]!.AsArray().Single(z => (int)z!["proxies"]! == 1)!["zone"]);
        Assert.Equal(1, (int)impact["proxies"]!["selected"]!);
        Assert.Equal(1, (int)impact["proxies"]!["changed"]!);
        var proxy = impact["proxies"]!["items"]![0]!;
        Assert.Equal("web-1", (string?)proxy["name"]);
        Assert.Equal("5s", (string?)proxy["before"]!["outbound"]![0]!["conf"]![0]!["connectionTimeout"]);
        Assert.Equal("9s", (string?)proxy["after"]!["outbound"]![0]!["conf"]![0]!["connectionTimeout"]);
        var diff = (string)answer.Body["diff"]!;
        Assert.Contains("-        connectionTimeout: 5s", diff, StringComparison.Ordinal);
        Assert.Contains("+        connectionTimeout: 9s", diff, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DryRun_OfAChangeThatAnotherPolicyCovers_ChangesNoRule()
    {
        await SetUpAsync();
        await rest.PutAsync($"/meshes/{mesh}/meshtimeouts/zz-covers", Timeout("7s", "zz-covers"));

        var answer = await rest.PutAsync($"/meshes/{mesh}/meshtimeouts/covered?dryRun=true", Timeout("7s", "covered"));

        Assert.Equal(1, (int)answer.Body!["impact"]!["proxies"]!["selected"]!);
        Assert.Equal(0, (int)answer.Body["impact"]!["proxies"]!["changed"]!);
        await rest.SendAsync(HttpMethod.Delete, $"/meshes/{mesh}/meshtimeouts/zz-covers");
    }

    [Fact]
    public async Task DryRun_OfADeletion_ShowsWhatIsLost()
    {
        await SetUpAsync();
        await rest.PutAsync($"/meshes/{mesh}/meshtimeouts/lost", Timeout("5s", "lost", "lost"));

        var answer = await rest.SendAsync(HttpMethod.Delete, $"/meshes/{mesh}/meshtimeouts/lost?dryRun=true");

        Assert.Equal("delete", (string?)answer.Body!["operation"]);
        Assert.Equal(0, (int)answer.Body["impact"]!["proxies"]!["selected"]!); // no proxy has that label
        Assert.Contains("-name: lost", (string?)answer.Body["diff"], StringComparison.Ordinal);
        Assert.Equal(200, (await rest.GetAsync($"/meshes/{mesh}/meshtimeouts/lost")).Status);
    }

    private string Timeout(string value, string name = "web", string app = "web") =>
        $$$$"""{"type":"MeshTimeout","mesh":"{{{{mesh}}}}","name":"{{{{name}}}}","spec":{"targetRef":{"kind":"Dataplane","labels":{"app":"{{{{app}}}}"}},"to":[{"targetRef":{"kind":"Mesh"},"default":{"connectionTimeout":"{{{{value}}}}"}}]}}""";

    private async Task SetUpAsync()
    {
        await rest.PutAsync($"/meshes/{mesh}", $$$"""{"type":"Mesh","name":"{{{mesh}}}","skipCreatingInitialPolicies":["*"],"meshServices":{"mode":"Exclusive"}}""");
        await rest.PutAsync("/zones/impact-east", """{"type":"Zone","name":"impact-east"}""");
        var kinds = global.Services.GetRequiredService<KindRegistry>();
        await global.Store.CommitAsync(
            Actor.OfZone("impact-east"),
            transaction =>
            {
                foreach (var app in (string[])["web", "db"])
                {
                    transaction.Put(
                        new Resource
                        {
                            Kind = kinds["Dataplane"],
                            Mesh = mesh,
                            Name = $"{app}-1",
                            Labels = Labels.None.Add("app", app).Add(Labels.Origin, Labels.OriginZone).Add(Labels.Zone, "impact-east"),
                            Spec = JsonBody.FromText("""{"networking":{"address":"192.0.2.1","inbound":[{"port":80,"name":"main","tags":{"kuma.io/service":"APP"}}]}}""".Replace("APP", app, StringComparison.Ordinal)),
                        },
                        history: false);
                }

                return true;
            },
            TestContext.Current.CancellationToken);
    }
}
