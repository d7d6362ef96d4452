using System.Net.Http.Json;
using System.Text.Json;
using MeshConsole.Testing;
using MeshConsole.ZoneSimulator;

namespace MeshConsole.EndToEnd.Tests.Cases;

/// <summary>A global control plane as a process, with simulated zones: what a case needs to be looked at from outside only.</summary>
internal sealed class CaseSite : IAsyncDisposable
{
    private readonly List<SimulatedZone> zones = [];

    private CaseSite(Deployment deployment) => Deployment = deployment;

    public Deployment Deployment { get; }

    public MeshConsoleProcess Global => Deployment.Global;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<CaseSite> StartAsync(bool onPostgres = false) => new(onPostgres ? await Deployment.StartOnPostgresAsync() : await Deployment.StartAsync());

    /// <summary>A zone with a good token, not connected yet.</summary>
    public async Task<SimulatedZone> ZoneAsync(string name, string? token = null)
    {
        var zone = new SimulatedZone(name, $"grpcs://localhost:{Global.KdsPort}", token ?? await Deployment.ZoneTokenAsync(name));
        zones.Add(zone);
        return zone;
    }

    /// <summary>A zone that is connected, with data planes, an ingress and an egress that are all online.</summary>
    public async Task<SimulatedZone> JoinAsync(string name, int dataplanes)
    {
        var zone = await ZoneAsync(name);
        zone.Populate(dataplanes);
        zone.Start();
        await Deployment.OnlineAsync(name);
        await Eventually.TrueAsync(async () => await CountAsync("/dataplanes", name) == dataplanes && await CountAsync("/zoneegresses/_overview", name) == 1, $"what zone {name} has", Cancel);
        return zone;
    }

    public Task<JsonElement> GetAsync(string path) => Global.Http.GetFromJsonAsync<JsonElement>(path, Cancel);

    /// <summary>The resources of a list; those of one zone when it is named.</summary>
    public async Task<List<JsonElement>> ListAsync(string path, string? zone = null) =>
        [.. (await GetAsync(path + (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "size=1000")).GetProperty("items").EnumerateArray().Where(i => zone is null || IsOf(i, zone))];

    public async Task<int> CountAsync(string path, string? zone = null) => (await ListAsync(path, zone)).Count;

    /// <summary>The word for the state of a zone.</summary>
    public async Task<string> StateAsync(string zone) => (await GetAsync($"/zones/{zone}/_state")).GetProperty("state").GetString()!;

    /// <summary>Waits until a monitoring system reads so many proxies of a kind in each state; it may see what is a moment old.</summary>
    public Task TotalsAsync(string kind, Dictionary<string, int> wanted) => Eventually.TrueAsync(
        async () => (await TotalsAsync(kind)).OrderBy(t => t.Key).SequenceEqual(wanted.OrderBy(t => t.Key)),
        $"metrics that say {string.Join(", ", wanted)} of {kind}",
        Cancel);

    private async Task<Dictionary<string, int>> TotalsAsync(string kind)
    {
        using var http = new HttpClient();
        var text = await http.GetStringAsync(new Uri($"http://localhost:{Global.DiagnosticsPort}/metrics"), Cancel);
        return text.Split('\n')
            .Where(l => l.StartsWith("meshconsole_proxies{", StringComparison.Ordinal) && l.Contains($"kind=\"{kind}\"", StringComparison.Ordinal))
            .ToDictionary(
                l => l.Split("state=\"")[1].Split('"')[0],
                l => int.Parse(l.Split("} ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var zone in zones)
        {
            await zone.DisposeAsync();
        }

        await Deployment.DisposeAsync();
    }

    private static bool IsOf(JsonElement item, string zone) =>
        item.TryGetProperty("labels", out var labels) && labels.TryGetProperty("kuma.io/zone", out var label) && label.GetString() == zone;
}
