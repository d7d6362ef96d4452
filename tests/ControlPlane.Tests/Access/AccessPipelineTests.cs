using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Access;
using MeshConsole.Shared;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.ControlPlane.Tests.Access;

/// <summary>The guards and handlers on a real Kestrel.</summary>
public sealed class AccessPipelineTests
{
    /// <summary>The case of linkerd/linkerd2#3083: a page of somebody else that reaches us under its own name.</summary>
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
        await using var site = await AccessSite.StartAsync();
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
        await using var site = await AccessSite.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Host = host;

        using var response = await site.Client.SendAsync(request, AccessFixture.Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task OwnOrigins_AreLetThrough()
    {
        await using var site = await AccessSite.StartAsync();
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
        await using var site = await AccessSite.StartAsync();
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
        await using var site = await AccessSite.StartAsync();
        using var request = new HttpRequestMessage(path.StartsWith("/tokens", StringComparison.Ordinal) ? HttpMethod.Post : HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Authorization", authorization);

        using var response = await site.Client.SendAsync(request, AccessFixture.Cancel);

        Assert.Equal(status, (int)response.StatusCode);
        if (status == 401)
        {
            var body = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(AccessFixture.Cancel));
            Assert.Equal("Invalid authentication data", body.GetProperty("title").GetString());
            Assert.Equal("Unauthenticated", body.GetProperty("detail").GetString());
        }
    }

    [Fact]
    public async Task UserToken_IsTheActorOfTheRequest()
    {
        await using var site = await AccessSite.StartAsync();
        var token = site.Fixture.Tokens.IssueUser("john", ["team-a"], TimeSpan.FromHours(1)).Value.Text;
        using var request = new HttpRequestMessage(HttpMethod.Put, "/meshes/default");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

        using var response = await site.Client.SendAsync(request, AccessFixture.Cancel);

        Assert.Equal("john/team-a,mesh-system:authenticated", await response.Content.ReadAsStringAsync(AccessFixture.Cancel));
    }

    [Fact]
    public async Task Cookie_HasTheSafeAttributes()
    {
        await using var site = await AccessSite.StartAsync();

        var cookie = await site.SignInAsync();

        Assert.StartsWith("MeshConsole=", cookie, StringComparison.Ordinal);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("ada/mesh-system:admin,mesh-system:authenticated", await site.Client.GetStringAsync("/meshes", AccessFixture.Cancel));
    }

    [Fact]
    public async Task Cookie_AfterPasswordChangeOrTwelveIdleHours_IsNoLongerGood()
    {
        await using var site = await AccessSite.StartAsync();
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
        await using var site = await AccessSite.StartAsync();
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
        await using var site = await AccessSite.StartAsync();
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
            Assert.Contains(header is null ? "demo/mesh-system:admin" : "\"Could not sign in\"", text, StringComparison.Ordinal);
        }

        using var wrong = await site.Client.PostAsync(new Uri("/gui/demo?code=x", UriKind.Relative), null, AccessFixture.Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, wrong.StatusCode);
    }

    [Fact]
    public async Task Tokens_OverHttp_AnswerAsKuma()
    {
        await using var site = await AccessSite.StartAsync();
        var admin = site.Fixture.Tokens.IssueUser("mesh-system:admin", [Actor.AdminGroup], TimeSpan.FromHours(1)).Value.Text;
        site.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", admin);

        using var good = await site.Client.PostAsJsonAsync("/tokens/zone", new JsonObject { ["zone"] = "lab", ["scope"] = new JsonArray("cp") }, AccessFixture.Cancel);
        Assert.Equal("text/plain", good.Content.Headers.ContentType!.ToString());
        Assert.True((site.Fixture.Tokens.ValidateZone(await good.Content.ReadAsStringAsync(AccessFixture.Cancel), "lab", "cp")).Ok);

        using var get = await site.Client.GetAsync(new Uri("/tokens/zone", UriKind.Relative), AccessFixture.Cancel);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);
        Assert.Equal("POST", Assert.Single(get.Content.Headers.Allow));

        using var bad = await site.Client.PostAsync(new Uri("/tokens/zone", UriKind.Relative), new StringContent("{"), AccessFixture.Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
        Assert.Contains("no JSON object of a token request", await bad.Content.ReadAsStringAsync(AccessFixture.Cancel), StringComparison.Ordinal); // Kuma: no word

        using var large = await site.Client.PostAsync(new Uri("/tokens/zone", UriKind.Relative), new StringContent(new string(' ', TokenRequests.MaxBody + 1)), AccessFixture.Cancel);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
    }

    [Fact]
    public async Task CookieKeys_InTheDatabase_AreSealed()
    {
        await using var site = await AccessSite.StartAsync();
        await site.SignInAsync();

        using var context = site.Fixture.Contexts.Create();
        var xml = Assert.Single(context.DataProtectionKeys.ToList()).Xml!;
        Assert.Contains("<sealed", xml, StringComparison.Ordinal);
        Assert.DoesNotContain("masterKey", xml, StringComparison.Ordinal);

        // another process with the same store and key opens what the first one made
        await using var again = await AccessSite.StartAsync(site.Fixture);
        var protector = again.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("x");
        var sealedText = site.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("x").Protect("hello");
        Assert.Equal("hello", protector.Unprotect(sealedText));
    }
}
