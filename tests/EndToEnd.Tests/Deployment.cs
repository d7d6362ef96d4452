using System.Net.Http.Json;
using System.Text.Json;
using MeshConsole.Testing;

[assembly: AssemblyFixture(typeof(PostgresServer.EndOfRun))]

namespace MeshConsole.EndToEnd.Tests;

/// <summary>A global and the zones that joined it, each a process; all are killed at the end.</summary>
internal sealed class Deployment : IAsyncDisposable
{
    private readonly List<MeshConsoleProcess> processes = [];

    private readonly string[] arguments;

    private Deployment(MeshConsoleProcess global, TempFolder folder, string[] arguments)
    {
        this.arguments = arguments;
        Folder = folder;
        Global = global;
    }

    public TempFolder Folder { get; }

    public MeshConsoleProcess Global { get; private set; }

    /// <summary>By zone: the link through which it reaches global; a zone that is not in it dials global itself.</summary>
    public Dictionary<string, LinkProxy> Links { get; } = new(StringComparer.Ordinal);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Starts a global, with these arguments now and whenever it is started again.</summary>
    public static async Task<Deployment> StartAsync(params string[] arguments)
    {
        var folder = new TempFolder();
        var deployment = new Deployment(await MeshConsoleProcess.StartGlobalAsync(folder, null, arguments), folder, arguments);
        deployment.processes.Add(deployment.Global);
        return deployment;
    }

    /// <summary>A global on PostgreSQL; skips the running test where that is not installed.</summary>
    public static async Task<Deployment> StartOnPostgresAsync()
    {
        var server = await PostgresServer.SharedAsync();
        return await StartAsync("--Store:Provider=postgres", $"--Store:ConnectionString={await server.CreateDatabaseAsync()}");
    }

    /// <summary>Starts the killed global again, on its data and ports.</summary>
    public async Task RestartGlobalAsync()
    {
        Global = await MeshConsoleProcess.StartGlobalAsync(Folder, Global.PortOffset, arguments);
        processes.Add(Global);
    }

    /// <summary>A zone token, as the REST API gives it.</summary>
    public async Task<string> ZoneTokenAsync(string zone, string validFor = "24h")
    {
        using var answer = await Global.Http.PostAsJsonAsync("/tokens/zone", new { zone, scope = new[] { "cp" }, validFor }, Cancel);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsStringAsync(Cancel);
    }

    /// <summary>Starts a zone with a good token and waits until global has it online.</summary>
    public async Task<MeshConsoleProcess> JoinAsync(string zone, params string[] arguments)
    {
        var process = await StartZoneAsync(zone, await ZoneTokenAsync(zone), null, arguments);
        await OnlineAsync(zone);
        return process;
    }

    /// <summary>Starts a zone, again or for the first time, with that token.</summary>
    public async Task<MeshConsoleProcess> StartZoneAsync(string zone, string token, int? portOffset = null, params string[] arguments)
    {
        var port = Links.TryGetValue(zone, out var link) ? link.Port : Global.KdsPort;
        var file = Folder.Combine(zone + ".token");
        await File.WriteAllTextAsync(file, token, Cancel);
        var process = await MeshConsoleProcess.StartZoneAsync(
            Folder, zone, portOffset, ["--global", $"grpcs://localhost:{port}", "--token-file", file, "--ca-file", Folder.Combine("global", "tls", "ca.crt"), .. arguments]);
        processes.Add(process);
        return process;
    }

    /// <summary>Waits until global says that the zone is connected.</summary>
    public Task OnlineAsync(string zone) => Eventually.TrueAsync(() => IsOnlineAsync(zone), $"zone {zone} online", Cancel);

    /// <summary>Waits until global says that the zone is not connected.</summary>
    public Task OfflineAsync(string zone) => Eventually.TrueAsync(async () => !await IsOnlineAsync(zone), $"zone {zone} offline", Cancel);

    /// <summary>Whether the newest subscription of the zone is open, as Kuma's own console asks.</summary>
    public async Task<bool> IsOnlineAsync(string zone)
    {
        using var answer = await Global.Http.GetAsync(new Uri($"/zones+insights/{zone}", UriKind.Relative), Cancel);
        if (!answer.IsSuccessStatusCode)
        {
            return false;
        }

        var overview = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        return overview.TryGetProperty("zoneInsight", out var insight)
            && insight.TryGetProperty("subscriptions", out var subscriptions)
            && subscriptions.EnumerateArray().LastOrDefault() is { ValueKind: JsonValueKind.Object } newest
            && newest.TryGetProperty("connectTime", out _)
            && !newest.TryGetProperty("disconnectTime", out _);
    }

    /// <summary>Writes a permission at a control plane; its name there is not its name elsewhere.</summary>
    public static async Task PutPermissionAsync(MeshConsoleProcess at, string name, string action = "Allow")
    {
        using var answer = await at.Http.PutAsJsonAsync(
            $"/meshes/default/meshtrafficpermissions/{name}",
            new
            {
                type = "MeshTrafficPermission",
                mesh = "default",
                name,
                spec = new { targetRef = new { kind = "Mesh" }, from = new[] { new { targetRef = new { kind = "Mesh" }, @default = new { action } } } },
            },
            Cancel);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>The display names of a kind's resources at a control plane.</summary>
    public static async Task<HashSet<string>> NamesAsync(MeshConsoleProcess at, string path)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var next = $"/{path}?size=1000"; next is not null;)
        {
            var page = await at.Http.GetFromJsonAsync<JsonElement>(next, Cancel);
            foreach (var item in page.GetProperty("items").EnumerateArray())
            {
                names.Add(DisplayName(item));
            }

            next = page.GetProperty("next").GetString();
        }

        return names;
    }

    /// <summary>Waits until a control plane shows a resource of that display name.</summary>
    public static Task ArrivedAsync(MeshConsoleProcess at, string path, string name) =>
        Eventually.TrueAsync(async () => (await NamesAsync(at, path)).Contains(name), $"{path}/{name} at {at.Address}", Cancel);

    /// <summary>Registers a data plane at a zone.</summary>
    public static async Task PutDataplaneAsync(MeshConsoleProcess zone, string name)
    {
        using var answer = await zone.Http.PutAsJsonAsync(
            $"/meshes/default/dataplanes/{name}",
            new
            {
                type = "Dataplane",
                mesh = "default",
                name,
                networking = new
                {
                    address = "127.0.0.1",
                    inbound = new[] { new { port = 21000, tags = new Dictionary<string, string> { ["kuma.io/service"] = "api", ["kuma.io/protocol"] = "http" } } },
                },
            },
            Cancel);
        answer.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes)
        {
            await process.DisposeAsync();
        }

        foreach (var link in Links.Values)
        {
            await link.DisposeAsync();
        }

        Folder.Dispose();
    }

    private static string DisplayName(JsonElement item) =>
        item.TryGetProperty("labels", out var labels) && labels.TryGetProperty("kuma.io/display-name", out var name) ? name.GetString()! : item.GetProperty("name").GetString()!;
}
