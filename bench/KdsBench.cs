using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using MeshConsole.ControlPlane.Delivery;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Policies;
using MeshConsole.Shared;
using MeshConsole.Testing;
using MeshConsole.ZoneSimulator;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Bench;

/// <summary>How long a change takes from global to zones, and what zones cost global. Everything runs in this process.</summary>
internal static class KdsBench
{
    private static readonly KindRegistry Kinds = new([.. CoreKinds.All, .. PolicyKinds.All]);

    /// <summary>Simulated zones: change to all acknowledged, fresh start, reconnect storm, a slow zone, memory, idle cost.</summary>
    public static Command Command()
    {
        var zones = new Option<int>("--zones") { Description = "how many simulated zones", DefaultValueFactory = _ => 50 };
        var dataplanes = new Option<int>("--dataplanes") { Description = "data planes in each zone", DefaultValueFactory = _ => 200 };
        var policies = new Option<int>("--policies") { Description = "policies at global beforehand", DefaultValueFactory = _ => 5_000 };
        var changes = new Option<int>("--changes") { Description = "how many changes are measured", DefaultValueFactory = _ => 200 };
        var command = new Command("kds", "Change to all acknowledged, with simulated zones.") { zones, dataplanes, policies, changes };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(zones), parsed.GetValue(dataplanes), parsed.GetValue(policies), parsed.GetValue(changes), cancellationToken));
        return command;
    }

    /// <summary>Real zones with stores of their own: write at global to readable in every zone.</summary>
    public static Command ZoneCommand()
    {
        var zones = new Option<int>("--zones") { Description = "how many zones", DefaultValueFactory = _ => 5 };
        var changes = new Option<int>("--changes") { Description = "how many changes are measured", DefaultValueFactory = _ => 300 };
        var fresh = new Option<int>("--fresh") { Description = "how many fresh zones then start and take 5,000 policies, one after the other", DefaultValueFactory = _ => 5 };
        var command = new Command("kds-zones", "Write at global to readable in every zone, with real zones on SQLite.") { zones, changes, fresh };
        command.SetAction((parsed, cancellationToken) => RunZonesAsync(parsed.GetValue(zones), parsed.GetValue(changes), parsed.GetValue(fresh), cancellationToken));
        return command;
    }

    private static async Task RunZonesAsync(int count, int changes, int freshZones, CancellationToken cancellationToken)
    {
        Report.Head($"kds-zones --zones {count} --changes {changes} --fresh {freshZones}");
        using var folder = new TempFolder();
        await using var global = await StartGlobalAsync(folder.Combine("global"), cancellationToken);
        var hosts = new List<IHost>();
        for (var i = 0; i < count; i++)
        {
            hosts.Add(await StartZoneAsync($"zone-{i + 1}", Address(global), folder.Combine($"zone-{i + 1}"), cancellationToken));
        }

        foreach (var host in hosts)
        {
            var link = host.Services.GetRequiredService<GlobalLink>();
            for (var state = link.State.Value; !state.Connected;)
            {
                state = await link.State.NextAsync(state, cancellationToken);
            }
        }

        var store = global.Services.GetRequiredService<ResourceStore>();
        var each = new List<TimeSpan>();
        var all = new List<TimeSpan>();
        for (var i = -20; i < changes; i++)
        {
            var name = $"p{i & 15}";
            var action = i % 2 == 0 ? "Allow" : "Deny";
            var began = Stopwatch.GetTimestamp();
            var arrivals = hosts.Select(h => ArrivedAsync(h.Services.GetRequiredService<ResourceStore>(), name, i, cancellationToken)).ToList();
            await store.CommitAsync(Actor.System, t => t.Put(Policy(name, action, i), history: true), cancellationToken);
            var times = await Task.WhenAll(arrivals);
            if (i >= 0)
            {
                each.AddRange(times.Select(t => Stopwatch.GetElapsedTime(began, t)));
                all.Add(Stopwatch.GetElapsedTime(began, times.Max()));
            }
        }

        Report.Line($"write at global to readable in a zone:     {Report.Latencies(each)}");
        Report.Line($"write at global to readable in all {count} zones: {Report.Latencies(all)}");

        const int Many = 5_000;
        await store.CommitAsync(
            Actor.System,
            t =>
            {
                for (var i = 0; i < Many; i++)
                {
                    t.Put(Policy($"many-{i}", "Allow", i), history: false);
                }

                return true;
            },
            cancellationToken);
        foreach (var host in hosts)
        {
            await HasAllAsync(host); // else they take theirs while a fresh one starts
        }

        for (var i = 1; i <= freshZones; i++)
        {
            var began = Stopwatch.GetTimestamp();
            var fresh = await StartZoneAsync($"fresh-{i}", Address(global), folder.Combine($"fresh-{i}"), cancellationToken);
            hosts.Add(fresh);
            var started = Ms(began);
            await HasAllAsync(fresh);
            Report.Line($"a fresh zone has stored all of {Many} policies after {Ms(began)} ms, of which {started} ms for making its empty SQLite store");
        }

        foreach (var host in hosts)
        {
            await host.StopAsync(CancellationToken.None);
            host.Dispose();
        }

        async Task HasAllAsync(IHost zone)
        {
            var synced = zone.Services.GetRequiredService<ResourceStore>().World;
            for (var world = synced.Value; world.Count("MeshTrafficPermission") < Many;)
            {
                world = await synced.NextAsync(world, cancellationToken);
            }
        }

        static async Task<long> ArrivedAsync(ResourceStore zone, string name, int i, CancellationToken cancellationToken)
        {
            var marker = $"\"n\":{i.ToString(CultureInfo.InvariantCulture)}}}";
            for (var world = zone.World.Value; ;)
            {
                if (world.List("MeshTrafficPermission").Any(p => p.DisplayName == name && p.Spec.ToString().Contains(marker, StringComparison.Ordinal)))
                {
                    return Stopwatch.GetTimestamp();
                }

                world = await zone.World.NextAsync(world, cancellationToken);
            }
        }
    }

    private static async Task RunAsync(int count, int dataplanes, int policies, int changes, CancellationToken cancellationToken)
    {
        Report.Head($"kds --zones {count} --dataplanes {dataplanes} --policies {policies} --changes {changes}");
        using var folder = new TempFolder();
        await using var global = await StartGlobalAsync(folder.Combine("global"), cancellationToken);
        var store = global.Services.GetRequiredService<ResourceStore>();
        var ledger = global.Services.GetRequiredService<DeliveryLedger>();
        await store.CommitAsync(
            Actor.System,
            t =>
            {
                t.Put(new Resource { Kind = Kinds["Mesh"], Name = "default", Spec = JsonBody.Empty }, history: false);
                for (var i = 0; i < policies; i++)
                {
                    t.Put(Policy($"policy-{i}", "Allow", i), history: false);
                }

                return true;
            },
            cancellationToken);
        GC.Collect();
        var empty = GC.GetTotalMemory(forceFullCollection: true);

        var fleet = Enumerable.Range(1, count).Select(i => new SimulatedZone($"sim-{i}", Address(global), "token")).ToList();
        var began = Stopwatch.GetTimestamp();
        fleet.ForEach(z => z.Start());
        await UntilAsync(() => fleet.All(z => z.IsComplete && z.Of("MeshTrafficPermission").Count == policies), cancellationToken);
        Report.Line($"{count} fresh zones have all of {policies} policies after {Ms(began)} ms");
        began = Stopwatch.GetTimestamp();
        fleet.ForEach(z => z.Populate(dataplanes));
        await UntilAsync(() => store.World.Value.Count("Dataplane") == count * dataplanes && store.World.Value.Count("DataplaneInsight") == count * dataplanes, cancellationToken);
        Report.Line($"{count} x {dataplanes} data planes with insights stored after {Ms(began)} ms");

        Report.Line($"change to all {count} zones acknowledged:   {Report.Latencies(await MeasureAsync(changes))}");
        if (count > 1)
        {
            fleet[0].Faults.ReadDelay = TimeSpan.FromSeconds(1);
            var others = fleet.Skip(1).Select(z => z.Name).ToHashSet();
            Report.Line($"the same without one slow zone's own:  {Report.Latencies(await MeasureAsync(changes, others))}");
            fleet[0].Faults.ReadDelay = TimeSpan.Zero;
        }

        began = Stopwatch.GetTimestamp();
        var late = new SimulatedZone("sim-late", Address(global), "token");
        fleet.Add(late);
        late.Start();
        await UntilAsync(() => late.IsComplete && late.Of("MeshTrafficPermission").Count >= policies, cancellationToken);
        Report.Line($"one more fresh zone has all of {policies} policies after {Ms(began)} ms");

        began = Stopwatch.GetTimestamp();
        var connections = fleet.Sum(z => z.Connections);
        fleet.ForEach(z => z.Drop());
        await UntilAsync(() => fleet.Sum(z => z.Connections) >= connections + fleet.Count && fleet.All(z => z.IsComplete), cancellationToken);
        Report.Line($"reconnect of all {fleet.Count} zones settled after {Ms(began)} ms");

        GC.Collect();
        Report.Line($"memory, zones of the simulator included: {(GC.GetTotalMemory(forceFullCollection: true) - empty) / 1024 / Math.Max(1, count * dataplanes)} KiB per data plane");
        for (var i = 0; i < 4; i++)
        {
            var cpu = Environment.CpuUsage.TotalTime;
            began = Stopwatch.GetTimestamp();
            await Task.Delay(TimeSpan.FromSeconds(10), cancellationToken);
            Report.Line($"with nothing changing, {i * 10} to {(i + 1) * 10} s: {((Environment.CpuUsage.TotalTime - cpu) / Stopwatch.GetElapsedTime(began) * 100).ToString("0.0", CultureInfo.InvariantCulture)} % of a core, simulator included");
        }

        await Task.WhenAll(fleet.Select(z => z.DisposeAsync().AsTask()));

        async Task<List<TimeSpan>> MeasureAsync(int changes, HashSet<string>? only = null)
        {
            var times = new List<TimeSpan>();
            for (var i = -10; i < changes; i++)
            {
                var start = Stopwatch.GetTimestamp();
                var put = await store.CommitAsync(Actor.System, t => t.Put(Policy($"changing-{i & 7}", i % 2 == 0 ? "Allow" : "Deny", i), history: true), cancellationToken);
                for (var board = ledger.Board.Value; ; board = await ledger.Board.NextAsync(board, cancellationToken))
                {
                    if (board.Of(put.Revision) is { } delivery && delivery.Zones.All(z => z.Value.State == DeliveryState.Accepted || only?.Contains(z.Key) == false))
                    {
                        break;
                    }
                }

                if (i >= 0)
                {
                    times.Add(Stopwatch.GetElapsedTime(start));
                }
            }

            return times;
        }
    }

    private static Resource Policy(string name, string action, int n) => new()
    {
        Kind = Kinds["MeshTrafficPermission"],
        Mesh = "default",
        Name = name,
        Labels = Labels.None.SetItem(Labels.Mesh, "default"),
        Spec = JsonBody.FromText($$$"""{"targetRef":{"kind":"MeshSubset","tags":{"kuma.io/service":"svc-{{{n % 100}}}"}},"from":[{"targetRef":{"kind":"Mesh"},"default":{"action":"{{{action}}}"}}],"n":{{{n.ToString(CultureInfo.InvariantCulture)}}}}"""),
    };

    private static string Ms(long began) => Stopwatch.GetElapsedTime(began).TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);

    private static async Task UntilAsync(Func<bool> done, CancellationToken cancellationToken)
    {
        while (!done())
        {
            await Task.Delay(5, cancellationToken);
        }
    }

    private static string Address(WebApplication app) =>
        $"grpc://127.0.0.1:{new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port}";

    private static async Task<WebApplication> StartGlobalAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = folder });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.ConfigureKds();
            k.Listen(IPAddress.Loopback, 0, o => o.UseKds());
        });
        AddCommon(builder.Services, folder, Site.Global, "global");
        builder.Services.AddSingleton<ZoneTokenCheck>((_, _) => ValueTask.FromResult<string?>(null));
        builder.Services.AddKdsServer();
        var app = builder.Build();
        app.MapKds(_ => { });
        await app.StartAsync(cancellationToken);
        return app;
    }

    private static async Task<IHost> StartZoneAsync(string name, string address, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var token = Path.Combine(folder, "token");
        await File.WriteAllTextAsync(token, "token", cancellationToken);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = folder });
        AddCommon(builder.Services, folder, new Site(SiteMode.Zone, name, Federated: true), name);
        builder.Services.AddKdsClient(new KdsClientOptions { Address = address, TokenFile = token });
        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        return host;
    }

    private static void AddCommon(IServiceCollection services, string folder, Site site, string instance)
    {
        services.AddLogging();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(Kinds);
        services.AddSingleton(site);
        services.AddStore(new StoreOptions(), folder);
        services.AddSingleton(new KdsIdentity(instance));
        services.AddHostedService<StoreStart>();
    }

    private sealed class StoreStart(ResourceStore store) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => store.StartAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
