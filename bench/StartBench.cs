using System.CommandLine;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using MeshConsole.Testing;

namespace MeshConsole.Bench;

/// <summary>From the start of the process to the first 200 of <c>/ready</c>, and of a zone to all policies, on an empty data directory.</summary>
internal static class StartBench
{
    public static Command Command()
    {
        var rounds = new Option<int>("--rounds") { Description = "how many starts; the first warms up the disk cache", DefaultValueFactory = _ => 6 };
        var command = new Command("start", "Start of a global on an empty SQLite store, until it is ready.") { rounds };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(rounds), cancellationToken));
        return command;
    }

    public static Command ZoneCommand()
    {
        var rounds = new Option<int>("--rounds") { Description = "how many zones start, one after the other", DefaultValueFactory = _ => 4 };
        var policies = new Option<int>("--policies") { Description = "how many policies global has", DefaultValueFactory = _ => 5_000 };
        var command = new Command("start-zone", "Start of a zone process on an empty SQLite store, until its REST API lists all policies of global.") { rounds, policies };
        command.SetAction((parsed, cancellationToken) => RunZonesAsync(parsed.GetValue(rounds), parsed.GetValue(policies), cancellationToken));
        return command;
    }

    private static async Task RunZonesAsync(int rounds, int policies, CancellationToken cancellationToken)
    {
        Report.Head($"start-zone --rounds {rounds} --policies {policies}");
        await using var estate = await Estate.StartAsync(0, cancellationToken);
        await Parallel.ForAsync(0, policies, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (i, token) => await estate.PutAsync($"policy-{i}", "a", token));
        for (var round = 1; round <= rounds; round++)
        {
            var began = Stopwatch.GetTimestamp();
            var zone = await estate.AddZoneAsync($"fresh-{round}", cancellationToken);
            var ready = Stopwatch.GetElapsedTime(began);
            await Eventually.TrueAsync(
                async () => (await zone.Http.GetFromJsonAsync<JsonElement>("/meshes/default/meshtrafficpermissions?size=1", cancellationToken)).GetProperty("total").GetInt32() >= policies,
                "list of all policies",
                cancellationToken);
            Report.Line($"a zone is ready after {ready.TotalMilliseconds:0} ms and has all of {policies} policies after {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms");
        }
    }

    private static async Task RunAsync(int rounds, CancellationToken cancellationToken)
    {
        Report.Head($"start --rounds {rounds}");
        var times = new List<TimeSpan>();
        for (var round = 0; round < rounds; round++)
        {
            using var folder = new TempFolder();
            var offset = FreePorts.TakeOffset(5680, 5681, 5682, 5685);
            using var client = new HttpClient { BaseAddress = new Uri($"http://localhost:{5680 + offset}") };
            var began = Stopwatch.GetTimestamp();
            await using var process = MeshConsoleProcess.Start(folder.Path, "global", "--data-dir", folder.Combine("global"), "--port-offset", $"{offset}");
            await Eventually.TrueAsync(async () => (await client.GetAsync(new Uri("/ready", UriKind.Relative), cancellationToken)).IsSuccessStatusCode, "200 of /ready", cancellationToken);
            var took = Stopwatch.GetElapsedTime(began);
            if (round > 0)
            {
                times.Add(took);
            }

            process.Signal("TERM");
            await process.ExitAsync(cancellationToken);
        }

        Report.Line($"start to ready: {Report.Latencies(times)}");
    }
}
