using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Access;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeshConsole.ControlPlane.Tests.Access;

/// <summary>The guards and handlers on a real Kestrel.</summary>
public sealed class AccessPipelineTests
{
    private const string Password = "correct horse battery";

    [Theory]
    [InlineData("evil.example", null)]
    [InlineData("localhost.evil.example", null)]
    [InlineData("192.0.2.1", null)]
    [InlineData(null, "http://evil.example")]
    [InlineData(null, "http://localhost:1")]
    [InlineData(null, "null")]
    [InlineData(null, "http://127.0.0.1.evil.example")]
    public async Task ForeignHostOrOrigin_EvenWithACookie_IsRefusedBeforeAnyHandler(string? host, string? origin)
    {
        await using var site = await SiteUnderTest.StartAsync();
        await site.SignInAsync();

        foreach (var path in (string[])["/meshes", "/gui/zones", "/gui/_blazor/negotiate", "/"])
        {
            using var request = new HttpRequestMessage(path.EndsWith("negotiate", StringComparison.Ordinal) ? HttpMethod.Post : HttpMethod.Get, path);
            request.Headers.Host = host;
            if (origin is not null)
            {
                request.Headers.Add("Origin", origin);
            }

            using var response = await site.Client.SendAsync(request, AccessFixture.Cancel);

            Assert.True(response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Forbidden, $"{path}: {response.StatusCode}");
            var text = await response.Content.ReadAsStringAsync(AccessFixture.Cancel);
            Assert.DoesNotContain("console.example", text, StringComparison.Ordinal);
            Assert.DoesNotContain(Environment.MachineName, text, StringComparison.OrdinalIgnoreCase);
        }

        Assert.Equal(0, site.Handled);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("console.example")]
    [InlineData("a.wild.example")]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    [InlineData("CONSOLE.example.")]
    public async Task OwnHost_IsLetThrough(string host)
    {
        await using var site = await SiteUnderTest.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Host = host;

        using var response = await site.Client.SendAsync(request, AccessFixture.Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task OwnOrigins_AreLetThrough()
    {
        await using var site = await SiteUnderTest.StartAsync();
        foreach (var (host, origin) in ((string?, string)[])[(null, site.Address), (null, "https://console.example"), ("console.example", "https://console.example")])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            request.Headers.Host = host;
            request.Headers.Add("Origin", origin);
            using var response = await site.Client.SendAsync(request, AccessFixture.Cancel);

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Theory]
    [InlineData("GET", "/meshes", 401)]
    [InlineData("GET", "/who-am-i", 401)]
    [InlineData("GET", "/config", 401)]
    [InlineData("PUT", "/meshes/default", 401)]
    [InlineData("POST", "/", 401)]
    [InlineData("GET", "/guitar", 401)]
    [InlineData("GET", "/", 200)]
    [InlineData("GET", "/gui", 200)]
    [InlineData("GET", "/gui/setup", 200)]
    [InlineData("GET", "/healthy", 200)]
    [InlineData("GET", "/meshes/default/secrets", 200)] // the handler refuses, in Kuma's words
    public async Task Anonymous_GetsOnlyWhatIsOpen(string method, string path, int status)
    {
        await using var site = await SiteUnderTest.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var response = await site.Client.SendAsync(request, AccessFixture.Cancel);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("Bearer abc", "/meshes", 401)]
    [InlineData("Bearer abc", "/tokens/user", 401)]
    [InlineData("Bearer abc", "/", 200)] // Kuma does not look there
    [InlineData("Bearer ", "/meshes", 401)]
    [InlineData("Basic YTpi", "/meshes", 401)]
    public async Task BadCredential_IsRefusedInKumasWords(string authorization, string path, int status)
    {
        await using var site = await SiteUnderTest.StartAsync();
        using var request = new HttpRequestMessage(path.StartsWith("/tokens", StringComparison.Ordinal) ? HttpMethod.Post : HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Authorization", authorization);

        using var response = await site.Client.SendAsync(request, AccessFixture.Cancel);

        Assert.Equal(status, (int)response.StatusCode);
        if (status == 401)
        {
            Assert.Equal("401 Invalid authentication data: Unauthenticated", await response.Content.ReadAsStringAsync(AccessFixture.Cancel));
        }
    }

    [Fact]
    public async Task UserToken_IsTheActorOfTheRequest()
    {
        await using var site = await SiteUnderTest.StartAsync();
        var token = site.Fixture.Tokens.IssueUser("john", ["team-a"], TimeSpan.FromHours(1)).Value.Text;
        using var request = new HttpRequestMessage(HttpMethod.Put, "/meshes/default");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

        using var response = await site.Client.SendAsync(request, AccessFixture.Cancel);

        Assert.Equal("john/team-a,mesh-system:authenticated", await response.Content.ReadAsStringAsync(AccessFixture.Cancel));
    }

    [Fact]
    public async Task Cookie_HasTheSafeAttributes()
    {
        await using var site = await SiteUnderTest.StartAsync();

        var cookie = await site.SignInAsync();

        Assert.StartsWith("MeshConsole=", cookie, StringComparison.Ordinal);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("ada/mesh-system:admin,mesh-system:authenticated", await site.Client.GetStringAsync("/meshes", AccessFixture.Cancel));
    }

    [Fact]
    public async Task Cookie_AfterPasswordChangeOrTwelveIdleHours_IsNoLongerGood()
    {
        await using var site = await SiteUnderTest.StartAsync();
        await site.SignInAsync();
        site.Fixture.Time.Advance(TimeSpan.FromHours(11));
        Assert.Equal(HttpStatusCode.OK, await site.GetAsync("/meshes")); // and is renewed by that
        site.Fixture.Time.Advance(TimeSpan.FromHours(11));
        Assert.Equal(HttpStatusCode.OK, await site.GetAsync("/meshes"));

        await site.Fixture.Users.SetPasswordAsync(AccessFixture.Admin, "ada", null, "another long one", null, AccessFixture.Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, await site.GetAsync("/meshes"));

        await site.SignInAsync("another long one");
        site.Fixture.Time.Advance(TimeSpan.FromHours(13));
        Assert.Equal(HttpStatusCode.Unauthorized, await site.GetAsync("/meshes"));
    }

    [Theory]
    [InlineData("cross-site", false, 403)]
    [InlineData("same-site", false, 403)]
    [InlineData("none", false, 403)]
    [InlineData(null, false, 403)]
    [InlineData("same-origin", false, 200)]
    [InlineData(null, true, 200)]
    public async Task CookieWrite_NotFromOurPages_IsRefused(string? fetchSite, bool origin, int status)
    {
        await using var site = await SiteUnderTest.StartAsync();
        await site.SignInAsync();
        using var request = new HttpRequestMessage(HttpMethod.Put, "/meshes/default");
        if (fetchSite is not null)
        {
            request.Headers.Add("Sec-Fetch-Site", fetchSite);
        }

        if (origin)
        {
            request.Headers.Add("Origin", site.Address);
        }

        using var response = await site.Client.SendAsync(request, AccessFixture.Cancel);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task DemoLink_WorksHereAndNotThroughAProxy()
    {
        await using var site = await SiteUnderTest.StartAsync();
        var code = await site.Demo.CreateAsync(AccessFixture.Cancel);

        foreach (var header in (string?[])[null, "X-Forwarded-For", "Forwarded", "X-Real-IP"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/gui/demo?code=" + code);
            if (header is not null)
            {
                request.Headers.Add(header, "192.0.2.1");
            }

            using var response = await site.Client.SendAsync(request, AccessFixture.Cancel);
            var text = await response.Content.ReadAsStringAsync(AccessFixture.Cancel);
            Assert.StartsWith(header is null ? "demo/mesh-system:admin" : "403 Could not sign in", text, StringComparison.Ordinal);
        }

        using var wrong = await site.Client.PostAsync(new Uri("/gui/demo?code=x", UriKind.Relative), null, AccessFixture.Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, wrong.StatusCode);
    }

    [Fact]
    public async Task Tokens_OverHttp_AnswerAsKuma()
    {
        await using var site = await SiteUnderTest.StartAsync();
        var admin = site.Fixture.Tokens.IssueUser("mesh-system:admin", [Actor.AdminGroup], TimeSpan.FromHours(1)).Value.Text;
        site.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", admin);

        using var good = await site.Client.PostAsJsonAsync("/tokens/zone", new JsonObject { ["zone"] = "lab", ["scope"] = new JsonArray("cp") }, AccessFixture.Cancel);
        Assert.Equal("text/plain", good.Content.Headers.ContentType!.ToString());
        Assert.True((site.Fixture.Tokens.ValidateZone(await good.Content.ReadAsStringAsync(AccessFixture.Cancel), "lab", "cp")).Ok);

        using var bad = await site.Client.PostAsync(new Uri("/tokens/zone", UriKind.Relative), new StringContent("{"), AccessFixture.Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
        Assert.Equal("", await bad.Content.ReadAsStringAsync(AccessFixture.Cancel));

        using var large = await site.Client.PostAsync(new Uri("/tokens/zone", UriKind.Relative), new StringContent(new string(' ', TokenRequests.MaxBody + 1)), AccessFixture.Cancel);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
    }

    [Fact]
    public async Task CookieKeys_InTheDatabase_AreSealed()
    {
        await using var site = await SiteUnderTest.StartAsync();
        await site.SignInAsync();

        using var context = site.Fixture.Contexts.Create();
        var xml = Assert.Single(context.DataProtectionKeys.ToList()).Xml!;
        Assert.Contains("<sealed", xml, StringComparison.Ordinal);
        Assert.DoesNotContain("masterKey", xml, StringComparison.Ordinal);

        // another process with the same store and key opens what the first one made
        await using var again = await SiteUnderTest.StartAsync(site.Fixture);
        var protector = again.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("x");
        var sealedText = site.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("x").Protect("hello");
        Assert.Equal("hello", protector.Unprotect(sealedText));
    }

    private sealed class SiteUnderTest : IAsyncDisposable
    {
        private readonly WebApplication app;
        private readonly bool ownsFixture;
        private int handled;

        private SiteUnderTest(AccessFixture fixture, bool ownsFixture)
        {
            this.ownsFixture = ownsFixture;
            Fixture = fixture;
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Services.AddRouting();
            builder.Services.AddSingleton(fixture.Store).AddSingleton(fixture.Contexts).AddSingleton(fixture.Box).AddSingleton(fixture.Kinds)
                .AddSingleton(Site.Global).AddSingleton<TimeProvider>(fixture.Time);
            builder.Services.AddAccess(_ => new AllowedHosts(["console.example", "*.wild.example"], ["cert.example"]), WriteRefusalAsync);
            builder.Services.AddSingleton(fixture.Users);
            app = builder.Build();
            app.UseAccess(_ => true);
            app.UseRouting();
            app.MapTokens();
            app.MapPost("/gui/sign-in", async (HttpContext context, string password) =>
            {
                var person = await fixture.Users.SignInAsync("ada", password, context.Connection.RemoteIpAddress, context.RequestAborted);
                await ConsoleSession.SignInAsync(context, person.Value);
            });
            app.MapPost("/gui/demo", async (HttpContext context, string code) =>
            {
                var person = await Demo.UseAsync(code, context);
                await (person.Ok ? context.Response.WriteAsync(person.Value.ToString()) : WriteRefusalAsync(context, person.Refusal));
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

        public static async Task<SiteUnderTest> StartAsync(AccessFixture? shared = null)
        {
            var site = new SiteUnderTest(shared ?? await AccessFixture.StartAsync(null, SigningKeyFamily.User, SigningKeyFamily.Zone), shared is null);
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

        private static Task WriteRefusalAsync(HttpContext context, Refusal refusal)
        {
            context.Response.StatusCode = refusal.Reason switch
            {
                RefusalReason.Unauthenticated => 401,
                RefusalReason.Forbidden => 403,
                RefusalReason.TooLarge => 413,
                _ => 400,
            };
            return context.Response.WriteAsync($"{context.Response.StatusCode} {refusal.Title}: {refusal.Detail}");
        }
    }

    /// <summary>Keeps the one cookie without looking at its end: the server decides, by its own clock.</summary>
    private sealed class CookieJar() : DelegatingHandler(new SocketsHttpHandler { UseCookies = false })
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
}
