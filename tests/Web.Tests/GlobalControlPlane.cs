using MeshConsole.ControlPlane.Hosting;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Testing;
using MeshConsole.Web.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Web.Tests;

/// <summary>One global control plane for all component tests: the product's own wiring on a temporary SQLite store.</summary>
public sealed class GlobalControlPlane : IAsyncLifetime
{
    private readonly TempFolder folder = new();
    private WebApplication? app;

    /// <summary>Its services.</summary>
    public IServiceProvider Services => app!.Services;

    /// <summary>Its store.</summary>
    public ResourceStore Store => Services.GetRequiredService<ResourceStore>();

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        var options = new ControlPlaneOptions
        {
            DataDir = folder.Path,
            Ports = new PortOptions { Http = 0, Https = 0, Kds = 0, Diagnostics = 0 },
            Bind = new BindOptions { Public = "127.0.0.1" },
        };
        app = MeshConsoleHost.Build(options, new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("Logging:LogLevel:Default", (string?)"Error")]).Build());
        await app.StartAsync();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }

        folder.Dispose();
    }
}

/// <summary>The collection that shares it.</summary>
[CollectionDefinition(nameof(GlobalControlPlane))]
public sealed class GlobalControlPlaneCollection : ICollectionFixture<GlobalControlPlane>;
