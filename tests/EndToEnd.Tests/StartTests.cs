using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using MeshConsole.Testing;

namespace MeshConsole.EndToEnd.Tests;

/// <summary>How processes start and end: what a person sees, and what a supervisor relies on.</summary>
public sealed class StartTests : IDisposable
{
    private readonly TempFolder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Global_FromNothing_HasTheDefaultMeshAndPrintsTheSetUpLinkOnStandardOutputOnly()
    {
        await using var global = await MeshConsoleProcess.StartGlobalAsync(folder);

        var link = Assert.Single(global.StandardOutput, line => line.Contains("/gui/setup#", StringComparison.Ordinal)).Trim();
        Assert.StartsWith($"http://localhost:{global.HttpPort}/gui/setup#", link, StringComparison.Ordinal);
        var code = link.Split('#')[1];
        Assert.DoesNotContain(code, string.Join('\n', global.StandardError), StringComparison.Ordinal);
        using var diagnostics = new HttpClient { BaseAddress = new Uri($"http://localhost:{global.DiagnosticsPort}") };
        Assert.Equal(HttpStatusCode.OK, (await diagnostics.GetAsync(new Uri("/ready", UriKind.Relative), Cancel)).StatusCode);
        var meshes = await global.Http.GetFromJsonAsync<JsonElement>("/meshes", Cancel);
        Assert.Equal("default", Assert.Single(meshes.GetProperty("items").EnumerateArray()).GetProperty("name").GetString());
        var index = await global.Http.GetFromJsonAsync<JsonElement>("/", Cancel);
        Assert.Equal("Kuma", index.GetProperty("product").GetString());
    }

    [Fact]
    public async Task Global_Anonymous_SeesNothingButTheIndex()
    {
        await using var global = await MeshConsoleProcess.StartGlobalAsync(folder);
        using var anonymous = new HttpClient { BaseAddress = global.Address };

        Assert.Equal(HttpStatusCode.OK, (await anonymous.GetAsync(new Uri("/", UriKind.Relative), Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await anonymous.GetAsync(new Uri("/meshes", UriKind.Relative), Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await anonymous.GetAsync(new Uri("/zones", UriKind.Relative), Cancel)).StatusCode);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Global_Signal_EndsCleanly(string signal)
    {
        await using var global = await MeshConsoleProcess.StartGlobalAsync(folder);

        global.Signal(signal);

        Assert.Equal(0, await global.ExitAsync(Cancel));
        Assert.DoesNotContain("fail:", global.Said(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Global_DataDirectoryInUse_EndsWithOneLine()
    {
        await using var global = await MeshConsoleProcess.StartGlobalAsync(folder);

        await using var second = MeshConsoleProcess.Start(folder.Path, "global", "--data-dir", folder.Combine("global"), "--port-offset", $"{FreePorts.TakeOffset(5680, 5681, 5682, 5685)}");

        Assert.Equal(1, await second.ExitAsync(Cancel));
        Assert.Contains("--data-dir", Assert.Single(second.StandardError), StringComparison.Ordinal);
        Assert.Empty(second.StandardOutput);
    }

    [Fact]
    public async Task Global_TakenPort_EndsWithOneLineThatSaysWhatToDo()
    {
        await using var global = await MeshConsoleProcess.StartGlobalAsync(folder);

        await using var second = MeshConsoleProcess.Start(folder.Path, "global", "--data-dir", folder.Combine("second"), "--port-offset", $"{global.PortOffset}");

        Assert.Equal(1, await second.ExitAsync(Cancel));
        var told = second.StandardError.Where(line => !line.Contains(" info: ", StringComparison.Ordinal));
        Assert.Contains("--port-offset", Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Global_WrongSettings_AreAllNamedAtOnceWithKeyAndExample()
    {
        await using var global = MeshConsoleProcess.Start(folder.Path, "global", "--port-offset", "70000", "--Store:Provider=oracle", "--Bind:Http=nowhere");

        Assert.Equal(2, await global.ExitAsync(Cancel));
        Assert.Equal(3, global.StandardError.Count);
        Assert.Contains(global.StandardError, l => l.Contains("PortOffset", StringComparison.Ordinal) && l.Contains("--port-offset 1000", StringComparison.Ordinal));
        Assert.Contains(global.StandardError, l => l.Contains("Store:Provider", StringComparison.Ordinal) && l.Contains("sqlite", StringComparison.Ordinal));
        Assert.Contains(global.StandardError, l => l.Contains("Bind:Http", StringComparison.Ordinal) && l.Contains("127.0.0.1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Global_OnPostgres_KeepsItsStateAcrossARestart()
    {
        var server = await PostgresServer.SharedAsync();
        var connection = await server.CreateDatabaseAsync();
        string[] store = ["--Store:Provider=postgres", $"--Store:ConnectionString={connection}"];
        int offset;
        await using (var global = await MeshConsoleProcess.StartGlobalAsync(folder, null, store))
        {
            offset = global.PortOffset;
            var put = await global.Http.PutAsJsonAsync("/meshes/second", new { type = "Mesh", name = "second" }, Cancel);
            Assert.Equal(HttpStatusCode.Created, put.StatusCode);
            await global.KillAsync();
        }

        await using var again = await MeshConsoleProcess.StartGlobalAsync(folder, offset, store);

        Assert.Equal(HttpStatusCode.OK, (await again.Http.GetAsync(new Uri("/meshes/second", UriKind.Relative), Cancel)).StatusCode);
        Assert.DoesNotContain(connection, again.Said(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Global_KilledAmidWrites_LosesNoAcknowledgedOne()
    {
        var global = await MeshConsoleProcess.StartGlobalAsync(folder);
        var acknowledged = new List<string>();
        try
        {
            using var enough = new SemaphoreSlim(0);
            var clients = Enumerable.Range(0, 4).Select(client => Task.Run(async () =>
            {
                for (var i = 0; ; i++)
                {
                    var name = $"m{client}-{i}";
                    try
                    {
                        using var answer = await global.Http.PutAsJsonAsync($"/meshes/{name}", new { type = "Mesh", name }, Cancel);
                        answer.EnsureSuccessStatusCode();
                    }
                    catch (HttpRequestException)
                    {
                        return; // it is gone
                    }

                    lock (acknowledged)
                    {
                        acknowledged.Add(name);
                    }

                    enough.Release();
                }
            })).ToArray();
            for (var i = 0; i < 60; i++)
            {
                await enough.WaitAsync(Cancel);
            }

            await global.KillAsync();
            await Task.WhenAll(clients);
        }
        finally
        {
            await global.DisposeAsync();
        }

        await using var again = await MeshConsoleProcess.StartGlobalAsync(folder, global.PortOffset);

        var meshes = await again.Http.GetFromJsonAsync<JsonElement>("/meshes?size=1000", Cancel);
        var names = meshes.GetProperty("items").EnumerateArray().Select(m => m.GetProperty("name").GetString()!).ToHashSet(StringComparer.Ordinal);
        Assert.True(acknowledged.Count >= 60);
        Assert.All(acknowledged, name => Assert.Contains(name, names));
    }

    [Fact]
    public async Task Zone_OnItsOwn_TakesWrites()
    {
        await using var zone = await MeshConsoleProcess.StartZoneAsync(folder, "lab");

        var put = await zone.Http.PutAsJsonAsync("/meshes/second", new { type = "Mesh", name = "second" }, Cancel);

        Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        var page = await zone.Http.GetStringAsync(new Uri("/gui", UriKind.Relative), Cancel);
        Assert.Contains("Zone lab", page, StringComparison.Ordinal);
    }
}
