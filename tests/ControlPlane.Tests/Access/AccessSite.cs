using System.Net;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Api;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeshConsole.ControlPlane.Tests.Access;

/// <summary>The access module on a real Kestrel, with a handler that answers who asks.</summary>
internal sealed class AccessSite : IAsyncDisposable
{
    /// <summary>Password of <c>ada</c>, an administrator.</summary>
    public const string Password = "correct horse battery";

    private readonly WebApplication app;
    private readonly bool ownsFixture;
    private int handled;

    private AccessSite(AccessFixture fixture, bool ownsFixture)
    {
        this.ownsFixture = ownsFixture;
        Fixture = fixture;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        builder.Services.AddSingleton(fixture.Store).AddSingleton(fixture.Contexts).AddSingleton(fixture.Box).AddSingleton(fixture.Kinds)
            .AddSingleton(Site.Global).AddSingleton<TimeProvider>(fixture.Time);
        builder.Services.AddAccess(_ => new AllowedHosts(["console.example", "*.wild.example"], ["cert.example"]), fixture.TokenOptions, ErrorBody.WriteAsync);
        builder.Services.AddSingleton(fixture.Users);
        app = builder.Build();
        app.UseAccess(_ => true);
        app.UseRouting();
        app.MapTokens();
        AuditApi.Map(app);
        LicenseApi.Map(app);
        app.MapPost("/gui/sign-in", async (HttpContext context, string password) =>
        {
            var person = await fixture.Users.SignInAsync("ada", password, context.Connection.RemoteIpAddress, context.RequestAborted);
            await ConsoleSession.SignInAsync(context, person.Value);
        });
        app.MapPost("/gui/demo", async (HttpContext context, string code) =>
        {
            var person = await Demo.UseAsync(code, context);
            await (person.Ok ? context.Response.WriteAsync(person.Value.ToString()) : ErrorBody.WriteAsync(context, person.Refusal));
        });
        app.MapFallback("{**path}", (HttpContext context) =>
        {
            Interlocked.Increment(ref handled);
            return context.Response.WriteAsync(context.Actor().ToString());
        });
    }

    public AccessFixture Fixture { get; }

    public HttpClient Client { get; private set; } = new();

    public string Address { get; private set; } = "";

    public int Handled => handled;

    public IServiceProvider Services => app.Services;

    public DemoSignIn Demo => app.Services.GetRequiredService<DemoSignIn>();

    public static async Task<AccessSite> StartAsync(AccessFixture? shared = null)
    {
        var site = new AccessSite(shared ?? await AccessFixture.StartAsync(null, SigningKeyFamily.User, SigningKeyFamily.Zone, SigningKeyFamily.Dataplane("default")), shared is null);
        if (shared is null)
        {
            await site.Fixture.Users.CreateAsync(AccessFixture.Admin, "ada", Password, [Actor.AdminGroup], AccessFixture.Cancel);
        }

        await site.app.StartAsync(AccessFixture.Cancel);
        site.Address = site.app.Urls.Single();
        site.Client.Dispose();
        site.Client = new HttpClient(new CookieJar()) { BaseAddress = new Uri(site.Address) };
        return site;
    }

    /// <summary>Signs in and returns the cookie's text.</summary>
    public async Task<string> SignInAsync(string password = Password)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/gui/sign-in?password=" + Uri.EscapeDataString(password));
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        using var response = await Client.SendAsync(request, AccessFixture.Cancel);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return Assert.Single(response.Headers.GetValues("Set-Cookie"));
    }

    public async Task<HttpStatusCode> GetAsync(string path)
    {
        using var response = await Client.GetAsync(new Uri(path, UriKind.Relative), AccessFixture.Cancel);
        return response.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
        if (ownsFixture)
        {
            await Fixture.DisposeAsync();
        }
    }
}

/// <summary>Keeps the one cookie without looking at its end: the server decides, by its own clock.</summary>
internal sealed class CookieJar() : DelegatingHandler(new SocketsHttpHandler { UseCookies = false })
{
    private string? cookie;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        var response = await base.SendAsync(request, cancellationToken);
        if (response.Headers.TryGetValues("Set-Cookie", out var set))
        {
            cookie = set.Last().Split(';')[0];
        }

        return response;
    }
}
