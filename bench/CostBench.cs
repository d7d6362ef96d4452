using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using MeshConsole.ZoneSimulator;

namespace MeshConsole.Bench;

/// <summary>
/// What zones and their data planes cost global: the real program as a process of its own, so that its memory and processor
/// time are its own, and simulated zones in this process, with tokens over TLS.
/// </summary>
internal static class CostBench
{
    private static readonly string[] Scope = ["cp"];

    public static Command Command()
    {
        var zones = new Option<int[]>("--zones") { Description = "how many zones; several are measured one after the other, each with a global of its own", DefaultValueFactory = _ => [5], AllowMultipleArgumentsPerToken = true };
        var dataplanes = new Option<int>("--dataplanes") { Description = "data planes in each zone", DefaultValueFactory = _ => 200 };
        var policies = new Option<int>("--policies") { Description = "policies at global", DefaultValueFactory = _ => 100 };
        var quiet = new Option<int>("--quiet-s") { Description = "seconds for which nothing changes before the idle cost is taken, over 30 s", DefaultValueFactory = _ => 40 };
        var command = new Command("cost", "Memory and idle processor time of a global with zones.") { zones, dataplanes, policies, quiet };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var counts = parsed.GetValue(zones)!;
            Report.Head($"cost --zones {string.Join(' ', counts)} --dataplanes {parsed.GetValue(dataplanes)} --policies {parsed.GetValue(policies)} --quiet-s {parsed.GetValue(quiet)}");
            foreach (var count in counts)
            {
                await MeasureAsync(count, parsed.GetValue(dataplanes), parsed.GetValue(policies), parsed.GetValue(quiet), cancellationToken);
            }
        });
        return command;
    }

    private static async Task MeasureAsync(int count, int dataplanes, int policies, int quiet, CancellationToken cancellationToken)
    {
        await using var estate = await Estate.StartAsync(0, cancellationToken);
        for (var i = 0; i < policies; i++)
        {
            await estate.PutAsync($"policy-{i}", $"n-{i}", cancellationToken);
        }

        using var global = Process.GetProcessById(estate.Global.Id);
        var before = MemoryOf(global);
        var fleet = new List<SimulatedZone>();
        for (var i = 1; i <= count; i++)
        {
            fleet.Add(new SimulatedZone($"sim-{i}", $"grpcs://localhost:{estate.Global.KdsPort}", await TokenAsync(estate, $"sim-{i}", cancellationToken)));
        }

        var began = Stopwatch.GetTimestamp();
        fleet.ForEach(z => z.Start());
        await Until(() => fleet.All(z => z.IsComplete));
        Report.Line($"{count} zones, {dataplanes} data planes each: connected and in sync after {Ms(began)} ms");

        began = Stopwatch.GetTimestamp();
        fleet.ForEach(z => z.Populate(dataplanes));
        while (await ListedAsync(estate, cancellationToken) < count * dataplanes)
        {
            await Task.Delay(20, cancellationToken);
        }

        Report.Line($"  their data planes listed after {Ms(began)} ms");

        var times = new List<TimeSpan>();
        for (var i = -10; i < 60; i++)
        {
            var text = $"change-{i}";
            var missing = count;
            var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            foreach (var zone in fleet)
            {
                zone.Arrived = (_, type, held) =>
                {
                    if (type == "MeshTrafficPermission" && held.DisplayName == "bench" && Interlocked.Decrement(ref missing) == 0)
                    {
                        arrived.TrySetResult();
                    }
                };
            }

            began = Stopwatch.GetTimestamp();
            await estate.PutAsync("bench", text, cancellationToken);
            await arrived.Task.WaitAsync(TimeSpan.FromMinutes(1), cancellationToken);
            if (i >= 0)
            {
                times.Add(Stopwatch.GetElapsedTime(began));
            }
        }

        fleet.ForEach(z => z.Arrived = null);
        Report.Line($"  PUT to the last zone: {Report.Latencies(times)}");

        await Task.Delay(TimeSpan.FromSeconds(quiet), cancellationToken); // code is being compiled for speed long after it was busy
        global.Refresh();
        var memory = MemoryOf(global);
        var busy = global.TotalProcessorTime;
        began = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(30), cancellationToken);
        global.Refresh();
        var idle = (global.TotalProcessorTime - busy) / Stopwatch.GetElapsedTime(began) * 100;
        Report.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"  with nothing changing: {idle:0.0} % of a core; memory of the process {memory / 1048576.0:0} MiB, {(memory - before) / 1048576.0 / (count * dataplanes):0.000} MiB more per data plane than without zones"));
        await Task.WhenAll(fleet.Select(z => z.DisposeAsync().AsTask()));

        async Task Until(Func<bool> done)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(TimeSpan.FromMinutes(3));
            while (!done())
            {
                await Task.Delay(5, limit.Token);
            }
        }
    }

    private static async Task<int> ListedAsync(Estate estate, CancellationToken cancellationToken) =>
        (await estate.Global.Http.GetFromJsonAsync<JsonElement>("/dataplanes?size=1", cancellationToken)).GetProperty("total").GetInt32();

    private static long MemoryOf(Process process)
    {
        process.Refresh();
        return process.WorkingSet64;
    }

    private static async Task<string> TokenAsync(Estate estate, string zone, CancellationToken cancellationToken)
    {
        using var issued = await estate.Global.Http.PostAsJsonAsync("/tokens/zone", new { zone, scope = Scope, validFor = "24h" }, cancellationToken);
        issued.EnsureSuccessStatusCode();
        return (await issued.Content.ReadAsStringAsync(cancellationToken)).Trim().Trim('"');
    }

    private static string Ms(long began) => Stopwatch.GetElapsedTime(began).TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);
}
