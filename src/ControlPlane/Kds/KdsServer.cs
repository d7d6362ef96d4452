using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Delivery;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>
/// Global's side of KDS. Changes flow from the store's <see cref="World"/> through <see cref="SyncFeed"/> to one
/// <see cref="SyncSender"/> per zone; what zones answer flows into <see cref="DeliveryLedger"/>, <see cref="ZoneLinks"/> and the
/// ZoneInsights; what zones send goes through <see cref="SyncReceiver"/> into the store.
/// </summary>
public static class KdsServer
{
    /// <summary>
    /// Registers the server. Needs <see cref="ResourceStore"/>, <see cref="KindRegistry"/>, <see cref="KdsIdentity"/> and
    /// <see cref="Tokens"/> in the container; <see cref="KdsOptions"/>, <see cref="ZoneTokenCheck"/> and <see cref="TimeProvider"/> are used when there.
    /// </summary>
    public static IServiceCollection AddKdsServer(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<KdsOptions>();
        services.TryAddSingleton(p => new DeliveryLedger(p.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(p => new ZoneLinks(p.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<ZoneTokenCheck>(p =>
        {
            var tokens = p.GetRequiredService<Tokens>();
            return (zone, token) => ValueTask.FromResult(tokens.ValidateZone(token, zone, ZoneToken.CpScope).Refusal?.Detail);
        });
        services.AddSingleton<ZoneAdmission>();
        services.AddSingleton<ZoneBook>();
        services.AddSingleton<ZoneSessions>();
        services.AddSingleton<KdsBooks>();
        services.AddSingleton<KdsDoor>();
        services.AddSingleton<DownwardChanges>();
        services.AddSingleton<DeliverySums>();
        services.AddSingleton(p =>
        {
            var feed = new SyncFeed(p.GetRequiredService<ResourceStore>(), DownwardChanges.Concerns, p.GetRequiredService<DownwardChanges>().Register);
            p.GetRequiredService<DeliveryLedger>().CatchUp = () => feed.CatchUp();
            return feed;
        });
        services.AddSingleton<ReceivedForms>();
        services.AddSingleton<KdsZones>();
        services.AddSingleton<KdsSyncService>();
        services.AddSingleton<KdsGlobalService>();
        services.AddSingleton(p => new ProxyRequests(
            p.GetRequiredService<ZoneSessions>(), p.GetRequiredService<ResourceStore>(), p.GetRequiredService<KdsOptions>(), p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<Peers>(), p.GetService<Tokens>() is { } tokens ? new PeerCalls(tokens, p.GetRequiredService<TimeProvider>()) : null));
        services.TryAddSingleton<OwnAddress>(_ => () => null);
        services.AddSingleton(p => new Peers(
            p.GetRequiredService<StoreNotices>(), p.GetRequiredService<KdsIdentity>(), p.GetRequiredService<KdsOptions>(), p.GetRequiredService<OwnAddress>(), p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<Peers>>()));
        services.AddSingleton<PeerLinks>();
        services.AddHostedService<KdsServerLoop>();
        services.AddGrpc(o => o.EnableDetailedErrors = false)
            .AddServiceOptions<KdsSyncService>(Configure)
            .AddServiceOptions<KdsGlobalService>(Configure);
        return services;

        static void Configure(Grpc.AspNetCore.Server.GrpcServiceOptions options)
        {
            options.MaxReceiveMessageSize = 10_485_760;
            options.MaxSendMessageSize = 10_485_760;
            options.ResponseCompressionAlgorithm = "gzip"; // used where the zone compresses too
            options.ResponseCompressionLevel = System.IO.Compression.CompressionLevel.Fastest;
        }
    }

    /// <summary>Maps the two services.</summary>
    /// <param name="routes">Where to.</param>
    /// <param name="configure">Ties the endpoints to their listener.</param>
    public static void MapKds(this IEndpointRouteBuilder routes, Action<IEndpointConventionBuilder> configure)
    {
        configure(routes.MapGrpcService<KdsSyncService>());
        configure(routes.MapGrpcService<KdsGlobalService>());
    }

    /// <summary>
    /// Sets what KDS needs of Kestrel: dead links are noticed by HTTP/2 pings (10 s after the last sign of life, gone 10 s later),
    /// and as many streams as zones want.
    /// </summary>
    public static void ConfigureKds(this KestrelServerOptions kestrel)
    {
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(10);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
        kestrel.Limits.Http2.InitialConnectionWindowSize = 8 * 1024 * 1024;
        kestrel.Limits.Http2.InitialStreamWindowSize = 4 * 1024 * 1024;
    }

    /// <summary>
    /// Makes an endpoint one for zones: HTTP/2, and known of each connection when it was last heard. Called before TLS is added,
    /// since pings must count.
    /// </summary>
    public static void UseKds(this ListenOptions endpoint)
    {
        endpoint.Protocols = HttpProtocols.Http2;
        endpoint.Use(LinkPulse.Watch(endpoint.ApplicationServices.GetService<TimeProvider>() ?? TimeProvider.System));
    }
}

/// <summary>Which changes go down, and to whom they are on their way.</summary>
internal sealed class DownwardChanges(DeliveryLedger ledger, ZoneLinks links, ZoneSessions sessions)
{
    /// <summary>Changes of kinds that go to zones; and of zones, since disabling one changes what others see.</summary>
    public static bool Concerns(ResourceKind kind) => ZoneView.Travels(kind) || kind is ZoneKind;

    /// <summary>Takes changes into the ledger before any stream learns of them.</summary>
    public void Register(World world, IReadOnlyList<Change> changes)
    {
        var zones = world.List("Zone").Select(z => z.Name).ToList();
        ledger.Register(
            [.. changes.Where(c => (c.After ?? c.Before)!.Kind is { Observed: false } kind && ZoneView.Travels(kind))],
            change => zones.Where(zone => GoesTo(change, zone)));
        foreach (var change in changes)
        {
            if (change.Key.Kind == "Zone" && change.After is null)
            {
                ledger.Forget(change.Key.Name);
                sessions.End(change.Key.Name, Grpc.Core.StatusCode.Unavailable, $"zone {change.Key.Name} was deleted");
                links.Forget(change.Key.Name);
            }
        }
    }

    private static bool GoesTo(Change change, string zone) => GoesTo((change.After ?? change.Before)!, zone);

    /// <summary>Whether changes of a resource are meant for a zone, as far as can be told without its features.</summary>
    internal static bool GoesTo(Resource resource, string zone) => resource.Origin is null or Labels.OriginGlobal
        ? resource.Kind.Flow.HasFlag(Flow.GlobalToZone)
        : resource.Kind.Flow.HasFlag(Flow.ZoneToOtherZones) && resource.Zone != zone
            && (resource.Kind.Policy is not { IsTargetRef: true } || resource.Labels.GetValueOrDefault(Labels.PolicyRole) == "producer");
}

/// <summary>The server's loops.</summary>
internal sealed partial class KdsServerLoop(SyncFeed feed, ZoneBook book, DeliverySums sums, KdsDoor door, ZoneSessions sessions, Peers peers, PeerLinks peerLinks, KdsOptions options, StoreOptions store, TimeProvider time, ILogger<KdsServerLoop> log) : BackgroundService
{
    /// <summary>Before any zone can connect, what the last run left open is closed: nobody may read online after a crash.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await book.CloseLeftoversAsync(soleInstance: !store.IsPostgres, cancellationToken).ConfigureAwait(false);
        await sums.RestoreAsync(cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.WhenAll(
            Keep("feed", feed.RunAsync, stoppingToken),
            Keep("admission", door.WatchAsync, stoppingToken),
            Keep("token ends", door.WatchExpiryAsync, stoppingToken),
            Keep("other instances", peers.RunAsync, stoppingToken),
            Keep("zones of other instances", token => peerLinks.RunAsync(store.IsPostgres, options, token), stoppingToken),
            Keep("delivery sums", sums.RunAsync, stoppingToken),
            Keep("delivery by other instances", token => store.IsPostgres ? sums.FollowAsync(token) : Task.CompletedTask, stoppingToken),
            Keep("zone insights", token => book.RunAsync(sessions.All, token), stoppingToken),
            Keep("health", WatchHealthAsync, stoppingToken)).ConfigureAwait(false);
    }

    /// <summary>A loop that fails is a bug; it is told, and starts again so that zones are not left alone.</summary>
    private async Task Keep(string name, Func<CancellationToken, Task> loop, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await loop(cancellationToken).ConfigureAwait(false);
                return; // it has nothing to do here
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogFailed(log, e, name);
                await Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task WatchHealthAsync(CancellationToken cancellationToken)
    {
        var period = options.HealthCheckTimeout > TimeSpan.Zero ? TimeSpan.FromTicks(Math.Max(options.HealthCheckTimeout.Ticks / 4, TimeSpan.TicksPerMillisecond * 50)) : TimeSpan.FromSeconds(15);
        using var timer = new PeriodicTimer(period, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            sessions.CheckHealth();
            sessions.ClearAlarms();
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The loop of the {Name} failed; it starts again.")]
    private static partial void LogFailed(ILogger logger, Exception e, string name);
}
