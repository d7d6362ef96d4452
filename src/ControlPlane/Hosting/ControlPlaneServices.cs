using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Api;
using MeshConsole.ControlPlane.Identity;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

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
        services.AddAccess(p => new AllowedHosts(AllowedHosts.Split(options.AllowedHosts), p.GetRequiredService<ServerCertificates>().Names), ErrorBody.WriteAsync);
        services.AddSingleton<MeshCa>();

        services.AddSingleton<DraftReader>();
        services.AddSingleton<MeshLifecycle>();
        services.AddSingleton<DefaultResources>();
        services.AddSingleton<ResourceManager>();
        services.AddSingleton<ResourcesApi>();
        services.AddSingleton<SystemApi>();
        services.AddRouting();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, ListenerMatcherPolicy>());
        return services;
    }

    /// <summary>Maps REST and diagnostics.</summary>
    public static void MapControlPlane(this WebApplication app)
    {
        var api = app.MapGroup("").OnListener(Listener.Api);
        SystemApi.Map(api, app.Services.GetRequiredService<SystemApi>());
        api.MapTokens();
        ResourcesApi.Map(api, app.Services.GetRequiredService<ResourcesApi>());

        var diagnostics = app.MapGroup("").OnListener(Listener.Diagnostics);
        var readiness = app.Services.GetRequiredService<Readiness>();
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
