using MeshConsole.Shared;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeshConsole.ControlPlane.Store;

/// <summary>Puts the store into a host.</summary>
public static class StoreServices
{
    /// <summary>
    /// Adds <see cref="ResourceStore"/> (to be started before anything listens), <see cref="StoreContextFactory"/> for the
    /// tables beside the resources, and the <see cref="SecretBox"/>, whose key file is made when there is none. Needs a
    /// <see cref="KindRegistry"/> and a <see cref="TimeProvider"/>.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="options">Which database; validated already.</param>
    /// <param name="dataDirectory">Full path of the data directory.</param>
    public static IServiceCollection AddStore(this IServiceCollection services, StoreOptions options, string dataDirectory) => services
        .AddSingleton(options)
        .AddSingleton(StoreContextFactory.For(options, dataDirectory))
        .AddSingleton(_ => SecretBox.FromFile(options.SecretKeyPath(dataDirectory)))
        .AddSingleton(provider => ResourceStore.Create(
            options,
            dataDirectory,
            provider.GetRequiredService<KindRegistry>(),
            provider.GetRequiredService<SecretBox>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ResourceStore>>()))
        .AddSingleton(provider => new StoreNotices(
            provider.GetRequiredService<ResourceStore>(),
            options,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<StoreNotices>>()));
}
