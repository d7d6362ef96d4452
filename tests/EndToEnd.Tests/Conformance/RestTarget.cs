using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace MeshConsole.EndToEnd.Tests.Conformance;

/// <summary>
/// The global control plane that the conformance suite talks to: one in this process, or the one that the environment variable
/// <c>MESHCONSOLE_CONFORMANCE_URL</c> names (with an administrator's token in <c>MESHCONSOLE_CONFORMANCE_TOKEN</c> where it wants
/// one). The suite keeps to meshes of its own and removes them.
/// </summary>
public sealed class RestTarget : IAsyncLifetime
{
    private readonly List<string> meshes = [];
    private ControlPlaneUnderTest? own;

    /// <summary>Calls as an administrator.</summary>
    public HttpClient Client { get; private set; } = new();

    /// <summary>Calls as nobody.</summary>
    public HttpClient Anonymous { get; private set; } = new();

    /// <summary>True for a MeshConsole: then its additions are tested too.</summary>
    public bool IsMeshConsole { get; private set; }

    /// <summary>A mesh without initial policies.</summary>
    public string Mesh { get; private set; } = "";

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("MESHCONSOLE_CONFORMANCE_URL") is { Length: > 0 } url)
        {
            var token = Environment.GetEnvironmentVariable("MESHCONSOLE_CONFORMANCE_TOKEN");
            Client = ControlPlaneUnderTest.NewClient(new Uri(url), string.IsNullOrEmpty(token) ? null : token);
            Anonymous = ControlPlaneUnderTest.NewClient(new Uri(url), null);
        }
        else
        {
            own = await ControlPlaneUnderTest.StartGlobalAsync();
            (Client, Anonymous) = (own.Client, own.Anonymous);
        }

        IsMeshConsole = (await Client.GetFromJsonAsync<JsonObject>("/", TestContext.Current.CancellationToken))!.ContainsKey("meshConsole");
        Mesh = await NewMeshAsync("""["*"]""");
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var mesh in meshes)
        {
            using var gone = await Client.DeleteAsync($"/meshes/{mesh}");
        }

        if (own is not null)
        {
            await own.DisposeAsync();
        }
    }

    /// <summary>Makes a mesh; <paramref name="skip"/> is the JSON of <c>skipCreatingInitialPolicies</c>.</summary>
    public async Task<string> NewMeshAsync(string skip = "[]")
    {
        var name = $"conformance-{Guid.NewGuid():N}"[..20];
        meshes.Add(name);
        using var answer = await Client.PutAsync(
            $"/meshes/{name}",
            new StringContent($$"""{"type":"Mesh","name":"{{name}}","skipCreatingInitialPolicies":{{skip}}}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")),
            TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return name;
    }
}
