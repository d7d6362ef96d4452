using System.Net.Http.Headers;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Delivery;
using MeshConsole.ControlPlane.Hosting;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Testing;
using MeshConsole.Web.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.EndToEnd.Tests.Conformance;

/// <summary>A complete control plane in this process, on ports of its own, and a client that is its administrator.</summary>
public sealed class ControlPlaneUnderTest : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly WebApplication app;

    private ControlPlaneUnderTest(Action<Dictionary<string, string?>> settings, Action<IServiceCollection>? services)
    {
        var values = new Dictionary<string, string?>
        {
            ["DataDir"] = folder.Path,
            ["AdminTokenFile"] = folder.Combine("admin.token"),
            ["Bind:Public"] = "127.0.0.1",
            ["Ports:Http"] = "0",
            ["Ports:Https"] = "0",
            ["Ports:Kds"] = "0",
            ["Ports:Diagnostics"] = "0",
            ["Ports:Proxies"] = "0",
            ["Logging:LogLevel:Default"] = "Error",
        };
        settings(values);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        var options = ControlPlaneOptions.From(configuration);
        Assert.Empty(options.Validate());
        app = MeshConsoleHost.Build(options, configuration, builder => services?.Invoke(builder.Services));
    }

    /// <summary>Calls as an administrator.</summary>
    public HttpClient Client { get; private set; } = new();

    /// <summary>Calls as nobody.</summary>
    public HttpClient Anonymous { get; private set; } = new();

    /// <summary>The store behind it.</summary>
    public ResourceStore Store => app.Services.GetRequiredService<ResourceStore>();

    /// <summary>From now on the zone counts as connected.</summary>
    public ControlPlaneUnderTest Connect(string zone)
    {
        app.Services.GetRequiredService<ZoneLinks>().Board.Update(b => b.SetItem(zone, new ZoneLink(zone) { Connected = true }));
        return this;
    }

    /// <summary>Whether a token of a data plane is good for its mesh.</summary>
    public bool IsGoodDataplaneToken(string token, string mesh) => app.Services.GetRequiredService<Tokens>().ValidateDataplane(token, mesh).Ok;

    /// <summary>Method and path of everything that its API answers.</summary>
    public IEnumerable<(string Method, string Path)> Routes => app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .Where(e => e.Metadata.GetMetadata<ListenerMetadata>()?.Listener == Listener.Api)
        .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Select(m => (m, e.RoutePattern.RawText ?? "")) ?? []);

    /// <summary>The connections of zones.</summary>
    public ZoneLinks Links => app.Services.GetRequiredService<ZoneLinks>();

    /// <summary>What became of changes.</summary>
    public DeliveryLedger Ledger => app.Services.GetRequiredService<DeliveryLedger>();

    /// <summary>The port that zones dial.</summary>
    public int KdsPort => app.Services.GetRequiredService<ListenAddresses>().PortOf(Listener.Kds, tls: true);

    /// <summary>How many other instances it knows.</summary>
    public int Peers => app.Services.GetRequiredService<Peers>().Board.Value.Count;

    /// <summary>The insight of a zone.</summary>
    public Protos.Kuma.System.ZoneInsight Insight(string zone) =>
        Store.World.Value.Find("ZoneInsight", zone) is { } resource ? ((ZoneInsightKind)resource.Kind).Spec(resource) : new();

    /// <summary>Its kinds.</summary>
    public KindRegistry Kinds => app.Services.GetRequiredService<KindRegistry>();

    /// <summary>Starts a global.</summary>
    /// <param name="services">Further services.</param>
    /// <param name="settings">Further settings.</param>
    public static Task<ControlPlaneUnderTest> StartGlobalAsync(Action<IServiceCollection>? services = null, params (string Key, string Value)[] settings) => new ControlPlaneUnderTest(
        values =>
        {
            values["Mode"] = "global";
            foreach (var (key, value) in settings)
            {
                values[key] = value;
            }
        },
        services).StartAsync();

    /// <summary>Starts a global that is one of several on a PostgreSQL database.</summary>
    /// <param name="database">Connection string.</param>
    /// <param name="secretKeyFile">The key that all of them share.</param>
    public static Task<ControlPlaneUnderTest> StartInstanceAsync(string database, string secretKeyFile) => new ControlPlaneUnderTest(
        values =>
        {
            values["Mode"] = "global";
            values["Store:Provider"] = "postgres";
            values["Store:ConnectionString"] = database;
            values["Store:SecretKeyFile"] = secretKeyFile;
        },
        services => services.AddSingleton(new KdsOptions { PeerInterval = TimeSpan.FromMilliseconds(500), PeerTimeout = TimeSpan.FromSeconds(3) })).StartAsync();

    /// <summary>Starts a zone; with a global that is not there, or on its own.</summary>
    public static Task<ControlPlaneUnderTest> StartZoneAsync(string name, bool federated) => new ControlPlaneUnderTest(
        values =>
        {
            values["Mode"] = "zone";
            values["Zone:Name"] = name;
            values["Zone:Global"] = federated ? $"grpcs://127.0.0.1:{FreePorts.Take()}" : "";
        },
        services: null).StartAsync();

    /// <summary>Stops it as at the end of the process.</summary>
    public Task StopAsync() => app.StopAsync();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Anonymous.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        folder.Dispose();
    }

    private async Task<ControlPlaneUnderTest> StartAsync()
    {
        await app.StartAsync(TestContext.Current.CancellationToken);
        var address = new Uri($"http://localhost:{app.Services.GetRequiredService<ListenAddresses>().PortOf(Listener.Api)}");
        var token = await File.ReadAllTextAsync(folder.Combine("admin.token"), TestContext.Current.CancellationToken);
        Client = NewClient(address, token.Trim());
        Anonymous = NewClient(address, token: null);
        return this;
    }

    /// <summary>A client that follows no redirect and shows <paramref name="token"/>.</summary>
    internal static HttpClient NewClient(Uri address, string? token)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = address };
        if (token is not null)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return client;
    }
}
