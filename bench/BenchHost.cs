using System.Net;
using System.Net.Http.Headers;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Api;
using MeshConsole.ControlPlane.Hosting;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Policies;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Bench;

/// <summary>The engine with its REST API on a socket of this process, so that its memory can be looked at.</summary>
internal sealed class BenchHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ListenOptions listener;

    private BenchHost(WebApplication app, ListenOptions listener)
    {
        this.app = app;
        this.listener = listener;
    }

    public ResourceStore Store => app.Services.GetRequiredService<ResourceStore>();

    public KindRegistry Kinds => app.Services.GetRequiredService<KindRegistry>();

    public static async Task<BenchHost> StartAsync(ControlPlaneOptions options, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        ListenOptions? listening = null;
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, o =>
        {
            listening = o;
            o.Protocols = HttpProtocols.Http1;
            o.Use(next => connection =>
            {
                connection.Features.Set(new ListenerFeature(Listener.Api));
                return next(connection);
            });
        }));
        builder.Services.AddControlPlane(options, new KindRegistry([.. CoreKinds.All, .. PolicyKinds.All]), new Instance("bench-0000", "0.0.0", JsonBody.Empty));
        var app = builder.Build();
        app.UseAccess(_ => true);
        app.UseRouting();
        app.MapControlPlane();
        await app.StartAsync(cancellationToken);
        return new BenchHost(app, listening!);
    }

    /// <summary>A client that is signed in as an administrator.</summary>
    public HttpClient Client()
    {
        var token = app.Services.GetRequiredService<Tokens>().IssueUser("bench", [Actor.AdminGroup], TimeSpan.FromHours(1)).Value;
        var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{listener.IPEndPoint!.Port}") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Text);
        return http;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
