using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MeshConsole.ControlPlane.Hosting;
using MeshConsole.ControlPlane.Planning;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Testing;

namespace MeshConsole.Bench;

/// <summary>What reading costs as the estate grows: lists over HTTP, rules of a proxy, memory.</summary>
internal static class ReadBench
{
    private const int PolicyCount = 500;

    public static Command Command()
    {
        var sizes = new Option<int[]>("--dataplanes") { Description = "how many data planes; several are measured one after the other", DefaultValueFactory = _ => [1_000, 10_000, 100_000], AllowMultipleArgumentsPerToken = true };
        var command = new Command("read", "Lists of 1,000 data planes with overview, rules of one proxy among 500 policies, memory per data plane.") { sizes };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(sizes)!, cancellationToken));
        return command;
    }

    private static async Task RunAsync(int[] sizes, CancellationToken cancellationToken)
    {
        Report.Head($"read --dataplanes {string.Join(' ', sizes)}");
        foreach (var size in sizes)
        {
            await MeasureAsync(size, cancellationToken);
        }
    }

    private static async Task MeasureAsync(int size, CancellationToken cancellationToken)
    {
        using var folder = new TempFolder();
        await using var host = await BenchHost.StartAsync(new ControlPlaneOptions { DataDir = folder.Path }, cancellationToken);
        var (store, kinds) = (host.Store, host.Kinds);

        var before = GC.GetTotalMemory(forceFullCollection: true);
        await FillAsync(store, kinds, size, cancellationToken);
        var after = GC.GetTotalMemory(forceFullCollection: true);
        Report.Line($"{size} data planes: {Number((after - before) / (double)size / 1024)} KB of memory for each with its insight");

        await FillPoliciesAsync(store, kinds, cancellationToken);
        using var http = host.Client();
        foreach (var (what, path) in new[]
        {
            ("1,000 with overview, from the middle", $"/meshes/default/dataplanes/_overview?size=1000&offset={Math.Max(0, (size / 2) - 500)}"),
            ("50 with overview", "/meshes/default/dataplanes/_overview?size=50"),
            ("3 found by part of the name", "/meshes/default/dataplanes?size=50&name=dp-0007"),
        })
        {
            var times = new List<TimeSpan>();
            for (var i = 0; i < 60; i++)
            {
                var began = Stopwatch.GetTimestamp();
                var body = await http.GetByteArrayAsync(new Uri(path, UriKind.Relative), cancellationToken);
                if (i >= 10 && body.Length > 0)
                {
                    times.Add(Stopwatch.GetElapsedTime(began));
                }
            }

            Report.Line($"{size} data planes, list of {what}: {Report.Latencies(times)}, the client's reading included");
        }

        MeasureRules(store.World.Value, kinds, size);
    }

    private static void MeasureRules(World world, KindRegistry kinds, int size)
    {
        var policyKinds = kinds.All.Where(k => k is IPolicyKind).ToList();
        var times = new List<TimeSpan>();
        var proxies = world.List("Dataplane", "default").Take(1000).ToList();
        foreach (var proxy in proxies.Prepend(proxies[0])) // the first pays for what all share
        {
            var began = Stopwatch.GetTimestamp();
            var plan = MeshPlan.Of(world, "default");
            foreach (var kind in policyKinds)
            {
                var matches = plan.Match(kind, ProxyView.Of(proxy));
                _ = matches.Outbound.All.Count();
            }

            times.Add(Stopwatch.GetElapsedTime(began));
        }

        Report.Line($"{size} data planes, all rules of one proxy among {PolicyCount} policies: first {Number(times[0].TotalMilliseconds)} ms, then {Report.Latencies(times.Skip(2))}");
    }

    /// <summary>Stores data planes of one zone with their insights.</summary>
    public static async Task FillAsync(ResourceStore store, KindRegistry kinds, int size, CancellationToken cancellationToken)
    {
        for (var from = 0; from < size; from += 1000)
        {
            var first = from;
            await store.CommitAsync(
                Actor.OfZone("lab"),
                transaction =>
                {
                    for (var i = first; i < Math.Min(first + 1000, size); i++)
                    {
                        var name = string.Create(CultureInfo.InvariantCulture, $"dp-{i:000000}");
                        var labels = Labels.None.Add("app", $"app-{i % 50}").Add(Labels.DisplayName, name).Add(Labels.Mesh, "default").Add(Labels.Origin, Labels.OriginZone).Add(Labels.Zone, "lab").Add(Labels.Env, "universal").Add(Labels.ProxyType, "sidecar");
                        transaction.Put(new Resource { Kind = kinds["Dataplane"], Mesh = "default", Name = name, Labels = labels, Spec = JsonBody.FromText(Dataplane(i)) }, history: false);
                        transaction.Put(new Resource { Kind = kinds["DataplaneInsight"], Mesh = "default", Name = name, Labels = labels, Spec = JsonBody.FromText(Insight(i)) }, history: false);
                    }

                    return true;
                },
                cancellationToken);
        }
    }

    private static Task<bool> FillPoliciesAsync(ResourceStore store, KindRegistry kinds, CancellationToken cancellationToken) => store.CommitAsync(
        Actor.System,
        transaction =>
        {
            for (var i = 0; i < PolicyCount; i++)
            {
                var spec = i % 2 == 0
                    ? $$$"""{"targetRef":{"kind":"Dataplane","labels":{"app":"app-{{{i % 50}}}"}},"to":[{"targetRef":{"kind":"Mesh"},"default":{"connectionTimeout":"{{{(i % 30) + 1}}}s"}}]}"""
                    : """{"targetRef":{"kind":"Mesh"},"to":[{"targetRef":{"kind":"Mesh"},"default":{"tcp":{"maxConnectAttempt":3}}}]}""";
                transaction.Put(
                    new Resource { Kind = kinds[i % 2 == 0 ? "MeshTimeout" : "MeshRetry"], Mesh = "default", Name = $"policy-{i}", Labels = Labels.None.Add(Labels.Mesh, "default"), Spec = JsonBody.FromText(spec) },
                    history: false);
            }

            return true;
        },
        cancellationToken);

    private static string Dataplane(int i) =>
        $$$"""{"networking":{"address":"10.{{{(i >> 16) & 255}}}.{{{(i >> 8) & 255}}}.{{{i & 255}}}","inbound":[{"port":8080,"servicePort":18080,"name":"main","tags":{"kuma.io/protocol":"http","kuma.io/service":"app-{{{i % 50}}}","kuma.io/zone":"lab","version":"v1"}}]}}""" + "";

    private static string Insight(int i) =>
        $$"""{"subscriptions":[{"id":"4c2d{{i}}-9274-4dd4-a4f4-b0563f5b3599","controlPlaneInstanceId":"lab-1a2b","connectTime":"2026-11-25T20:17:24.022836684Z","generation":3,"status":{"lastUpdateTime":"2026-11-25T20:17:34.0228Z","total":{"responsesSent":"12","responsesAcknowledged":"12"},"cds":{"responsesSent":"3","responsesAcknowledged":"3"},"eds":{"responsesSent":"3","responsesAcknowledged":"3"},"lds":{"responsesSent":"3","responsesAcknowledged":"3"},"rds":{"responsesSent":"3","responsesAcknowledged":"3"} },"version":{"kumaDp":{"version":"2.14.3","gitTag":"v2.14.3","kumaCpCompatible":true},"envoy":{"version":"1.37.0","build":"x/1.37.0/Clean/RELEASE","kumaDpCompatible":true} } }],"mTLS":{"certificateExpirationTime":"2026-11-26T20:17:24Z","lastCertificateRegeneration":"2026-11-25T20:17:24Z","certificateRegenerations":1,"issuedBackend":"ca-1","supportedBackends":["ca-1"]} }""";

    private static string Number(double value) => value.ToString("0.0##", CultureInfo.InvariantCulture);
}
