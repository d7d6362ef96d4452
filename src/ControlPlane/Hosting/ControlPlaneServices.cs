using System.Diagnostics.Metrics;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Api;
using MeshConsole.ControlPlane.Delivery;
using MeshConsole.ControlPlane.Identity;
using MeshConsole.ControlPlane.Insights;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OpenTelemetry.Metrics;

namespace MeshConsole.ControlPlane.Hosting;

/// <summary>The engine's front door: what a control plane is made of, and where it answers.</summary>
public static class ControlPlaneServices
{
    /// <summary>Registers the engine.</summary>
    /// <param name="services">The container.</param>
    /// <param name="options">Valid settings.</param>
    /// <param name="kinds">All kinds this product knows.</param>
    /// <param name="instance">What this process says of itself.</param>
    public static IServiceCollection AddControlPlane(this IServiceCollection services, ControlPlaneOptions options, KindRegistry kinds, Instance instance)
    {
        services.AddHostedService<Startup>(); // first of all: what others read at their start lies in the store
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(options.Site);
        services.AddSingleton(options.Defaults);
        services.AddSingleton(kinds);
        services.AddSingleton(instance);
        services.AddSingleton<Readiness>();
        services.AddStore(options.Store, options.DataDir);
        services.AddSingleton(p => ServerCertificates.LoadOrCreate(Path.Combine(options.DataDir, "tls"), options.Tls, p.GetRequiredService<TimeProvider>()));
        services.AddAccess(p => new AllowedHosts(AllowedHosts.Split(options.AllowedHosts), p.GetRequiredService<ServerCertificates>().Names), options.Tokens, ErrorBody.WriteAsync);
        services.AddSingleton<MeshCa>();

        services.AddSingleton<DraftReader>();
        services.AddSingleton<MeshLifecycle>();
        services.AddSingleton<DefaultResources>();
        services.AddSingleton<ResourceManager>();
        services.AddSingleton<ChangeStreams>();
        services.AddSingleton<ResourcesApi>();
        services.AddSingleton<SystemApi>();
        services.AddSingleton<InsightsApi>();
        services.AddSingleton<InspectApi>();
        services.AddSingleton<OlderInspectApi>();
        services.AddSingleton<States>();
        services.AddSingleton(p => new ProxiesApi(kinds, p.GetRequiredService<ResourceStore>(), p.GetService<ProxyRequests>(), p.GetService<ProxyAnswers>()));
        AddKds(services, options, instance);
        services.AddSingleton(p => new StateMetrics(
            p.GetRequiredService<IMeterFactory>(), p.GetRequiredService<ResourceStore>(), p.GetRequiredService<States>(), p.GetRequiredService<ZoneLinks>(), p.GetService<DeliveryLedger>()));
        services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(StateMetrics.MeterName)
            .AddAspNetCoreInstrumentation()
            .AddRuntimeInstrumentation()
            .AddPrometheusExporter());
        services.AddRouting();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, ListenerMatcherPolicy>());
        return services;
    }

    /// <summary>Global serves zones; a zone with a global address is served; a zone on its own does neither.</summary>
    private static void AddKds(IServiceCollection services, ControlPlaneOptions options, Instance instance)
    {
        var site = options.Site;
        services.AddSingleton(_ => InstanceFile.Take(options.DataDir, instance.InstanceId));
        services.AddSingleton(p => new KdsIdentity(
            instance.InstanceId, Instance.KumaVersion, instance.Version, site.IsGlobal ? "" : instance.Settings.ToString(), p.GetRequiredService<InstanceFile>().Previous));
        services.TryAddSingleton(p => new ZoneLinks(p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new DeletionRules(site, zone => p.GetRequiredService<ZoneLinks>().Of(zone).Connected) { Unsafe = options.Store.UnsafeDelete });
        if (site.IsGlobal)
        {
            services.AddKdsServer();
            services.AddSingleton<DeliveryApi>();
            services.AddSingleton<ZonesApi>();
        }
        else if (site.Federated)
        {
            services.AddKdsClient(new KdsClientOptions
            {
                Address = options.Zone.Global,
                TokenFile = NullIfEmpty(options.Zone.TokenFile),
                CaFile = NullIfEmpty(options.Zone.CaFile),
                CaFingerprint = NullIfEmpty(options.Zone.CaFingerprint),
                SkipVerify = options.Zone.TlsSkipVerify,
                BackoffBase = TimeSpan.FromSeconds(options.Zone.ReconnectSeconds),
                BackoffLimit = TimeSpan.FromSeconds(options.Zone.ReconnectLimitSeconds),
            });
        }

        static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
    }

    /// <summary>Maps REST and diagnostics.</summary>
    public static void MapControlPlane(this WebApplication app)
    {
        var kinds = app.Services.GetRequiredService<KindRegistry>();
        app.Use(PathGuard.InvokeAsync);
        app.Use((context, next) => PlainErrors.InvokeAsync(context, next, kinds));
        var api = app.MapGroup("").OnListener(Listener.Api);
        PlainErrors.Map(api);
        SystemApi.Map(api, app.Services.GetRequiredService<SystemApi>());
        api.MapTokens();
        ProxiesApi.Map(api, app.Services.GetRequiredService<ProxiesApi>());
        AuditApi.Map(api);
        InsightsApi.Map(api, app.Services.GetRequiredService<InsightsApi>());
        InspectApi.Map(api, app.Services.GetRequiredService<InspectApi>());
        OlderInspectApi.Map(api, app.Services.GetRequiredService<OlderInspectApi>());
        ResourcesApi.Map(api, app.Services.GetRequiredService<ResourcesApi>());
        if (app.Services.GetRequiredService<Site>().IsGlobal)
        {
            LicenseApi.Map(api);
            DeliveryApi.Map(api, app.Services.GetRequiredService<DeliveryApi>());
            ZonesApi.Map(api, app.Services.GetRequiredService<ZonesApi>());
            app.MapKds(kds => kds.OnListener(Listener.Kds));
        }

        var diagnostics = app.MapGroup("").OnListener(Listener.Diagnostics);
        var readiness = app.Services.GetRequiredService<Readiness>();
        _ = app.Services.GetRequiredService<StateMetrics>(); // its instruments exist from here on
        diagnostics.MapPrometheusScrapingEndpoint("/metrics");
        diagnostics.MapGet("/healthy", c => JsonAnswer.PlainAsync(c, StatusCodes.Status200OK, "OK"));
        diagnostics.MapGet("/ready", c => readiness.Reason is { } reason
            ? JsonAnswer.PlainAsync(c, StatusCodes.Status503ServiceUnavailable, reason)
            : JsonAnswer.PlainAsync(c, StatusCodes.Status200OK, "OK"));
    }
}

/// <summary>Whether this control plane may be sent work.</summary>
public sealed class Readiness
{
    /// <summary>Why not, or null when it is ready.</summary>
    public string? Reason { get; set; } = "starting: the store is being read";
}
