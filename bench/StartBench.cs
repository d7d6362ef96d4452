using System.CommandLine;
using System.Diagnostics;
using MeshConsole.Testing;

namespace MeshConsole.Bench;

/// <summary>From the start of the process to the first 200 of <c>/ready</c>, on an empty data directory.</summary>
internal static class StartBench
{
    public static Command Command()
    {
        var rounds = new Option<int>("--rounds") { Description = "how many starts; the first warms up the disk cache", DefaultValueFactory = _ => 6 };
        var command = new Command("start", "Start of a global on an empty SQLite store, until it is ready.") { rounds };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(rounds), cancellationToken));
        return command;
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
