using System.Net;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Api;
using MeshConsole.ControlPlane.Hosting;
using MeshConsole.ControlPlane.Identity;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.Policies;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Console;

namespace MeshConsole.Web.Hosting;

/// <summary>
/// The composition root: one complete control plane as a web application. Global, zone, demo and tests all come through
/// here, so that they run the same wiring.
/// </summary>
public static class MeshConsoleHost
{
    /// <summary>All kinds of the product.</summary>
    public static IEnumerable<ResourceKind> Kinds => [.. CoreKinds.All, .. PolicyKinds.All];

    /// <summary>Builds a control plane; the caller starts and disposes it.</summary>
    /// <param name="options">Valid settings.</param>
    /// <param name="configuration">Where logging and the like are set.</param>
    /// <param name="configure">Changes the container before it is built (tests).</param>
    public static WebApplication Build(ControlPlaneOptions options, IConfiguration configuration, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(MeshConsoleHost).Assembly.GetName().Name,
            ContentRootPath = Settings.ContentRoot,
            WebRootPath = "wwwroot",
            EnvironmentName = Environments.Production,
        });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddConfiguration(configuration);
        builder.WebHost.UseStaticWebAssets();
        builder.WebHost.UseKestrelHttpsConfiguration();
        WebApplication? app = null;
        AddLogging(builder, () => app?.Lifetime.ApplicationStarted.IsCancellationRequested == true);

        var site = options.Site;
        var addresses = new ListenAddresses();
        builder.Services.AddSingleton(addresses);
        builder.Services.AddControlPlane(options, new KindRegistry(Kinds), new Instance(Instance.NewId(), CommandLine.Version, Masked(options)));
        if (site.IsGlobal)
        {
            builder.Services.AddConsole();
            builder.Services.AddSingleton<OwnAddress>(p => () => PeerAddress.Of(options, addresses, p.GetRequiredService<ServerCertificates>()));
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 10 * 1024 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.ConfigureKds();
            var serverTls = new ServerTls(kestrel.ApplicationServices.GetRequiredService<ServerCertificates>());
            var plain = IPAddress.Parse(options.Bind.Http);
            var open = IPAddress.Parse(options.Bind.Public);
            Listen(Listener.Diagnostics, plain, options.Ports.Diagnostics, HttpProtocols.Http1, tls: false);
            Listen(Listener.Api, plain, options.Ports.Http, HttpProtocols.Http1, tls: false);
            Listen(Listener.Api, open, options.Ports.Https, HttpProtocols.Http1AndHttp2, tls: true);
            if (site.IsGlobal)
            {
                Listen(Listener.Kds, open, options.Ports.Kds, HttpProtocols.Http2, tls: true);
            }

            void Listen(Listener listener, IPAddress address, int port, HttpProtocols protocols, bool tls) =>
                kestrel.Listen(address, port == 0 ? 0 : port + options.PortOffset, o =>
                {
                    o.Protocols = protocols;
                    if (listener == Listener.Kds)
                    {
                        o.UseKds();
                    }

                    if (tls)
                    {
                        serverTls.Apply(o);
                    }

                    o.Use(next => connection =>
                    {
                        connection.Features.Set(new ListenerFeature(listener));
                        return next(connection);
                    });
                    addresses.Add(listener, o, tls);
                });
        });
        configure?.Invoke(builder);

        app = builder.Build();
        app.UseAccess(addresses.IsApi); // first of all: what comes from a foreign host or origin meets no handler
        app.Use(async (context, next) =>
        {
            if (context.Request.Path.StartsWithSegments(ConsoleHosting.Path)
                && (!site.IsGlobal || context.Features.Get<ListenerFeature>()?.Listener != Listener.Api))
            {
                await (site.IsGlobal ? JsonAnswer.PlainAsync(context, StatusCodes.Status404NotFound, "404: Page Not Found") : ZonePage.WriteAsync(context, site, options));
                return;
            }

            await next(context);
        });
        if (site.IsGlobal)
        {
            app.MapConsole();
        }

        app.Use(HeadRequests.InvokeAsync);
        app.UseRouting();
        app.MapControlPlane();
        return app;
    }

    private static void AddLogging(WebApplicationBuilder builder, Func<bool> started)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));

        // A start that fails is told once, in one line, by whoever started it (ControlPlaneProcess).
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => level >= LogLevel.Information && started());
        builder.Logging.AddSimpleConsole(o =>
        {
            o.SingleLine = true;
            o.UseUtcTimestamp = true;
            o.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            o.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        builder.Logging.Services.Configure<ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    /// <summary>The settings as others may see them: what <c>/config</c> answers and what a zone reports.</summary>
    private static JsonBody Masked(ControlPlaneOptions options) => JsonBody.From(new
    {
        mode = options.Mode,
        environment = "universal",
        dataDir = options.DataDir,
        portOffset = options.PortOffset,
        ports = options.Ports,
        bind = options.Bind,
        store = new
        {
            type = options.Store.IsPostgres ? "postgres" : "sqlite",
            connectionString = options.Store.ConnectionString.Length > 0 ? "*****" : "",
            historyLimit = options.Store.HistoryLimit,
        },
        defaults = options.Defaults,
        tokens = new { user = Masked(options.Tokens.User), zone = Masked(options.Tokens.Zone), dataplane = Masked(options.Tokens.Dataplane) },
        multizone = new
        {
            zone = options.Mode == "zone" ? new { name = options.Zone.Name, globalAddress = options.Zone.Global, tlsSkipVerify = options.Zone.TlsSkipVerify } : null,
        },
    });

    private static object Masked(TokenFamilyOptions family) => new
    {
        enableIssuer = family.EnableIssuer,
        useSecrets = family.UseSecrets,
        publicKeys = family.PublicKeys.Select(k => new { kid = k.Kid, mesh = k.Mesh }),
    };
}
