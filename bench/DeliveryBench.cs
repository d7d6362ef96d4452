using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using MeshConsole.Testing;

namespace MeshConsole.Bench;

/// <summary>
/// From sending a <c>PUT</c> to global to reading the change at each zone's REST API: six processes on loopback. The zones
/// are asked again and again, a millisecond apart, which is part of the figure.
/// </summary>
internal static class DeliveryBench
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    public static Command Command()
    {
        var zones = new Option<int>("--zones") { Description = "how many zones", DefaultValueFactory = _ => 5 };
        var changes = new Option<int>("--changes") { Description = "how many changes are measured", DefaultValueFactory = _ => 200 };
        var command = new Command("delivery", "From PUT at global to readable at every zone.") { zones, changes };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(zones), parsed.GetValue(changes), cancellationToken));
        return command;
    }

    private static async Task RunAsync(int count, int changes, CancellationToken cancellationToken)
    {
        Report.Head($"delivery --zones {count} --changes {changes}");
        await using var estate = await Estate.StartAsync(count, cancellationToken);
        await estate.PutAsync("bench", "warm-up", cancellationToken);
        var addresses = new List<(HttpClient Client, Uri Address)>();
        foreach (var zone in estate.Zones)
        {
            addresses.Add((zone.Http, await AddressAsync(zone, cancellationToken)));
        }

        var each = new ConcurrentBag<TimeSpan>();
        var last = new List<TimeSpan>();
        var acknowledged = new List<TimeSpan>();
        for (var i = -20; i < changes; i++)
        {
            var text = $"change-{i}";
            var began = Stopwatch.GetTimestamp();
            var waits = addresses.Select(a => ArrivalAsync(a.Client, a.Address, text, began, cancellationToken)).ToArray();
            await estate.PutAsync("bench", text, cancellationToken);
            var answered = Stopwatch.GetElapsedTime(began);
            var arrivals = await Task.WhenAll(waits);
            if (i >= 0)
            {
                acknowledged.Add(answered);
                last.Add(arrivals.Max());
                foreach (var arrival in arrivals)
                {
                    each.Add(arrival);
                }
            }
        }

        Report.Line($"PUT acknowledged:       {Report.Latencies(acknowledged)}");
        Report.Line($"PUT to each zone:       {Report.Latencies(each)}");
        Report.Line($"PUT to the last of {count}:   {Report.Latencies(last)}");
    }

    /// <summary>Where the zone keeps it: synced resources have a name of their own there.</summary>
    private static async Task<Uri> AddressAsync(MeshConsoleProcess zone, CancellationToken cancellationToken)
    {
        var name = await Eventually.GetAsync(
            async () =>
            {
                var list = await zone.Http.GetFromJsonAsync<JsonElement>("/meshes/default/meshtrafficpermissions", cancellationToken);
                return list.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString()).FirstOrDefault(n => n!.StartsWith("bench", StringComparison.Ordinal));
            },
            "policy in the zone",
            cancellationToken);
        return new Uri($"/meshes/default/meshtrafficpermissions/{name}", UriKind.Relative);
    }

    private static async Task<TimeSpan> ArrivalAsync(HttpClient client, Uri address, string text, long began, CancellationToken cancellationToken)
    {
        while (!(await client.GetStringAsync(address, cancellationToken)).Contains($"\"{text}\"", StringComparison.Ordinal))
        {
            await Task.Delay(Pause, cancellationToken);
        }

        return Stopwatch.GetElapsedTime(began);
    }
}
