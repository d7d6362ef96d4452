using System.Globalization;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Hosting;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Web.Hosting;

namespace MeshConsole.Web.Demo;

/// <summary>
/// A global and two zones in one process, each a complete host of its own; the zones reach global over TLS gRPC on loopback,
/// with their own tokens, as they would from another machine.
/// </summary>
internal static class DemoCluster
{
    private static readonly (string Name, int Offset)[] Zones = [("lab", 1000), ("eks", 2000)];

    /// <summary>Runs the demo until the token or a signal ends it.</summary>
    public static async Task<int> RunAsync(IReadOnlyDictionary<string, string?> settings, CancellationToken cancellationToken)
    {
        var root = Path.GetFullPath(settings.GetValueOrDefault("DataDir") ?? Path.Combine(".meshconsole", "demo"));
        var tokenFile = settings.GetValueOrDefault("AdminTokenFile");
        var offset = int.TryParse(settings.GetValueOrDefault("PortOffset"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var given) ? given : 0;

        var globalSettings = With(settings, ("DataDir", Path.Combine(root, "global")), ("Bind:Public", "127.0.0.1"), ("Store:Provider", "sqlite"), ("Store:ConnectionString", ""));
        var globalConfiguration = Settings.Read(globalSettings, "global");
        var options = ControlPlaneOptions.From(globalConfiguration);
        if (await ControlPlaneProcess.ReportAsync(options.Validate()))
        {
            return 2;
        }

        return await ControlPlaneProcess.GuardAsync(options, async () =>
        {
            var hosts = new List<WebApplication>();
            var links = new List<DemoLink>();
            var outages = new PretendedOutages(TimeProvider.System);
            try
            {
                var global = MeshConsoleHost.Build(options, globalConfiguration, builder => builder.Services.AddSingleton(outages));
                hosts.Add(global);
                await global.StartAsync(cancellationToken);
                var kinds = global.Services.GetRequiredService<KindRegistry>();
                var kdsPort = global.Services.GetRequiredService<ListenAddresses>().PortOf(Listener.Kds, tls: true);
                foreach (var (name, zoneOffset) in Zones)
                {
                    var directory = Path.Combine(root, name);
                    var zoneTokenFile = Path.Combine(directory, "zone.token");
                    await WriteTokenAsync(global, name, zoneTokenFile, cancellationToken);
                    var link = new DemoLink(kdsPort);
                    links.Add(link);
                    outages.Add(name, link);
                    var zone = BuildZone(
                        With(
                            settings,
                            ("DataDir", directory),
                            ("Zone:Name", name),
                            ("Zone:Global", $"grpcs://localhost:{link.Port}"),
                            ("Zone:ReconnectSeconds", "1"), // who ends a pretended outage wants to see the zone come back
                            ("Zone:ReconnectLimitSeconds", "3"),
                            ("Zone:TokenFile", zoneTokenFile),
                            ("Zone:CaFile", Path.Combine(options.DataDir, "tls", "ca.crt")),
                            ("Bind:Public", "127.0.0.1"),
                            ("Store:Provider", "sqlite"),
                            ("Store:ConnectionString", ""),
                            ("PortOffset", (offset + zoneOffset).ToString(CultureInfo.InvariantCulture)),
                            ("AdminTokenFile", tokenFile is null ? null : $"{tokenFile}.{name}")));
                    hosts.Add(zone);
                    await zone.StartAsync(cancellationToken);
                }

                await SeedGlobalAsync(global, kinds, cancellationToken);
                foreach (var zone in hosts.Skip(1))
                {
                    await SeedZoneAsync(zone, kinds, cancellationToken);
                }

                var code = await global.Services.GetRequiredService<DemoSignIn>().CreateAsync(cancellationToken);
                Banner.WriteDemo(Console.Out, global, hosts.Skip(1), code, root);
                await global.WaitForShutdownAsync(cancellationToken);
                return 0;
            }
            finally
            {
                // Zones first, so that they say goodbye to a global that still listens.
                foreach (var host in Enumerable.Reverse(hosts))
                {
                    await host.StopAsync(CancellationToken.None);
                    await host.DisposeAsync();
                }

                foreach (var link in links)
                {
                    await link.DisposeAsync();
                }
            }
        });
    }

    private static WebApplication BuildZone(Dictionary<string, string?> settings)
    {
        var configuration = Settings.Read(settings, "zone");
        var options = ControlPlaneOptions.From(configuration);
        return MeshConsoleHost.Build(options, configuration);
    }

    /// <summary>Keeps the zone's token while it is good, so that restarts do not pile up tokens.</summary>
    private static async Task WriteTokenAsync(WebApplication global, string zone, string file, CancellationToken cancellationToken)
    {
        var tokens = global.Services.GetRequiredService<Tokens>();
        if (File.Exists(file) && tokens.ValidateZone((await File.ReadAllTextAsync(file, cancellationToken)).Trim(), zone, ZoneToken.CpScope).Ok)
        {
            return;
        }

        var issued = tokens.IssueZone(zone, [ZoneToken.CpScope]).Value;
        SecureFile.WriteAllText(file, issued.Text);
        await global.Services.GetRequiredService<ResourceStore>().CommitAsync(
            Actor.System,
            transaction =>
            {
                transaction.AddAudit("token issued", $"zone {zone}", $"id {issued.Id}, for the demo");
                return true;
            },
            cancellationToken);
    }

    /// <summary>Writes the demo's policies once the zones are connected, so that the console shows how each change got there.</summary>
    private static async Task SeedGlobalAsync(WebApplication global, KindRegistry kinds, CancellationToken cancellationToken)
    {
        if (!IsNew(global))
        {
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        await foreach (var board in global.Services.GetRequiredService<ZoneLinks>().Board.WatchAsync(limit.Token))
        {
            if (Zones.All(z => board.TryGetValue(z.Name, out var link) && link.Connected))
            {
                break;
            }
        }

        await DemoWorld.WriteAsync("global", global.Services.GetRequiredService<ResourceManager>(), kinds, cancellationToken);
    }

    /// <summary>Registers what lives in a zone, once its mesh has arrived there; what is stored already is left alone.</summary>
    private static async Task SeedZoneAsync(WebApplication zone, KindRegistry kinds, CancellationToken cancellationToken)
    {
        var store = zone.Services.GetRequiredService<ResourceStore>();
        if (store.World.Value.Count("Dataplane") > 0)
        {
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        await foreach (var world in store.World.WatchAsync(limit.Token))
        {
            if (world.HasMesh("default"))
            {
                break;
            }
        }

        await DemoWorld.WriteAsync(zone.Services.GetRequiredService<Site>().Zone, zone.Services.GetRequiredService<ResourceManager>(), kinds, cancellationToken);
    }

    private static bool IsNew(WebApplication global) => global.Services.GetRequiredService<ResourceStore>().World.Value.Count("MeshMultiZoneService") == 0;

    private static Dictionary<string, string?> With(IReadOnlyDictionary<string, string?> settings, params (string Key, string? Value)[] more)
    {
        var all = new Dictionary<string, string?>(settings, StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in more)
        {
            all[key] = value ?? ""; // a null would be bound as null, where the settings mean "not given"
        }

        return all;
    }
}
