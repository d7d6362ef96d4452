using MeshConsole.Cli.Tests;
using MeshConsole.ControlPlane.Hosting;
using MeshConsole.Testing;
using MeshConsole.Web.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

[assembly: AssemblyFixture(typeof(GlobalFixture))]

namespace MeshConsole.Cli.Tests;

/// <summary>One global control plane in this process on real sockets, started by the first test that asks.</summary>
public sealed class GlobalFixture : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly Lazy<Task<WebApplication>> app;
    private readonly Lazy<Task<WebApplication>> zone;

    /// <summary>Made by xunit.</summary>
    public GlobalFixture()
    {
        app = new(() => StartAsync(new ControlPlaneOptions { DataDir = DataDir, AdminTokenFile = TokenFile }));
        zone = new(StartZoneAsync);
    }

    /// <summary>File with an administrator's token.</summary>
    public string TokenFile => Path.Combine(folder.Path, "admin.token");

    /// <summary>Data directory of the control plane.</summary>
    public string DataDir => Path.Combine(folder.Path, "data");

    /// <summary>Address of its API in plain HTTP.</summary>
    public async Task<string> AddressAsync() => $"http://localhost:{Addresses(await app.Value).PortOf(Listener.Api)}";

    /// <summary>Address of its API over TLS.</summary>
    public async Task<string> SecureAddressAsync() => $"https://localhost:{Addresses(await app.Value).PortOf(Listener.Api, tls: true)}";

    /// <summary>A terminal whose meshctl speaks to it as administrator.</summary>
    public async Task<TestTerminal> TerminalAsync()
    {
        var terminal = new TestTerminal();
        terminal.Environment["MESHCTL_ADDRESS"] = await AddressAsync();
        terminal.Environment["MESHCTL_TOKEN_FILE"] = TokenFile;
        return terminal;
    }

    /// <summary>A terminal whose meshctl speaks to the zone <c>lab</c>, which joins the global when it is first asked for.</summary>
    public async Task<TestTerminal> ZoneTerminalAsync()
    {
        var terminal = new TestTerminal();
        terminal.Environment["MESHCTL_ADDRESS"] = $"http://localhost:{Addresses(await zone.Value).PortOf(Listener.Api)}";
        terminal.Environment["MESHCTL_TOKEN_FILE"] = ZoneTokenFile;
        return terminal;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (zone.IsValueCreated)
        {
            var started = await zone.Value;
            await started.StopAsync();
            await started.DisposeAsync();
        }

        if (app.IsValueCreated)
        {
            var started = await app.Value;
            await started.StopAsync();
            await started.DisposeAsync();
        }

        folder.Dispose();
    }

    private static ListenAddresses Addresses(WebApplication app) => app.Services.GetRequiredService<ListenAddresses>();

    private string ZoneTokenFile => Path.Combine(folder.Path, "zone-admin.token");

    private async Task<WebApplication> StartZoneAsync()
    {
        var global = await app.Value;
        using var terminal = await TerminalAsync();
        var token = Path.Combine(folder.Path, "lab.token");
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("generate", "zone-token", "--zone", "lab", "--scope", "cp", "--out-file", token));
        return await StartAsync(new ControlPlaneOptions
        {
            Mode = "zone",
            DataDir = Path.Combine(folder.Path, "zone-data"),
            AdminTokenFile = ZoneTokenFile,
            Zone = new ZoneOptions
            {
                Name = "lab",
                Global = $"grpcs://localhost:{Addresses(global).PortOf(Listener.Kds, tls: true)}",
                TokenFile = token,
                CaFile = Path.Combine(DataDir, "tls", "ca.crt"),
            },
        });
    }

    private static async Task<WebApplication> StartAsync(ControlPlaneOptions options)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("Logging:LogLevel:Default", (string?)"Error")]).Build();
        options.Ports = new PortOptions { Http = 0, Https = 0, Kds = 0, Diagnostics = 0 };
        options.Bind = new BindOptions { Http = "127.0.0.1", Public = "127.0.0.1" };
        var built = MeshConsoleHost.Build(options, configuration);
        await built.StartAsync();
        return built;
    }
}
