using System.Net.Http.Json;
using MeshConsole.Testing;

namespace MeshConsole.Bench;

/// <summary>A global and zones as processes on this machine.</summary>
internal sealed class Estate : IAsyncDisposable
{
    private static readonly string[] Scope = ["cp"];
    private readonly TempFolder folder = new();
    private readonly List<MeshConsoleProcess> zones = [];

    public MeshConsoleProcess Global { get; private set; } = null!;

    public IReadOnlyList<MeshConsoleProcess> Zones => zones;

    public static async Task<Estate> StartAsync(int count, CancellationToken cancellationToken)
    {
        var estate = new Estate();
        estate.Global = await MeshConsoleProcess.StartGlobalAsync(estate.folder);
        for (var i = 1; i <= count; i++)
        {
            await estate.AddZoneAsync($"zone-{i}", cancellationToken);
        }

        return estate;
    }

    /// <summary>Starts a zone with an empty store; returns when it is ready.</summary>
    public async Task<MeshConsoleProcess> AddZoneAsync(string name, CancellationToken cancellationToken)
    {
        using var issued = await Global.Http.PostAsJsonAsync("/tokens/zone", new { zone = name, scope = Scope, validFor = "24h" }, cancellationToken);
        issued.EnsureSuccessStatusCode();
        var token = folder.Combine(name + ".token");
        await File.WriteAllTextAsync(token, await issued.Content.ReadAsStringAsync(cancellationToken), cancellationToken);
        var zone = await MeshConsoleProcess.StartZoneAsync(
            folder, name, null, "--global", $"grpcs://localhost:{Global.KdsPort}", "--token-file", token, "--ca-file", folder.Combine("global", "tls", "ca.crt"));
        zones.Add(zone);
        return zone;
    }

    /// <summary>Stores a policy at global, about as large as one that people write.</summary>
    public async Task PutAsync(string name, string text, CancellationToken cancellationToken)
    {
        using var answer = await Global.Http.PutAsJsonAsync(
            $"/meshes/default/meshtrafficpermissions/{name}",
            new
            {
                type = "MeshTrafficPermission",
                mesh = "default",
                name,
                labels = new { text },
                spec = new { targetRef = new { kind = "Mesh" }, from = new[] { new { targetRef = new { kind = "Mesh" }, @default = new { action = "Allow" } } } },
            },
            cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"PUT was answered with {answer.StatusCode}: {await answer.Content.ReadAsStringAsync(cancellationToken)}");
        }
    }

    /// <summary>The link that names the first administrator, as printed.</summary>
    public string SetupLink => Global.StandardOutput.Single(line => line.Contains("/gui/setup#", StringComparison.Ordinal)).Trim();

    public async ValueTask DisposeAsync()
    {
        foreach (var zone in zones)
        {
            await zone.DisposeAsync();
        }

        if (Global is not null)
        {
            await Global.DisposeAsync();
        }

        folder.Dispose();
    }
}
