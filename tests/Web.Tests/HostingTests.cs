using System.Net;
using MeshConsole.ControlPlane.Hosting;
using MeshConsole.Web.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Web.Tests;

[Collection(nameof(GlobalControlPlane))]
public sealed class HostingTests(GlobalControlPlane global)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private HttpClient Client() => new(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        BaseAddress = new Uri($"http://localhost:{global.Services.GetRequiredService<ListenAddresses>().PortOf(Listener.Api)}"),
    };

    [Fact]
    public async Task Page_WithoutSession_LeadsToTheSignIn()
    {
        using var client = Client();

        var answer = await client.GetAsync("/gui/zones", Cancel);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal("/gui/sign-in?returnUrl=%2Fgui%2Fzones", answer.Headers.Location!.IsAbsoluteUri ? answer.Headers.Location.PathAndQuery : answer.Headers.Location.OriginalString);
    }

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/setup")]
    [InlineData("/dataplanes")]
    [InlineData("/app.css")]
    public async Task Page_OutsideTheConsole_IsNotThere(string path)
    {
        using var client = Client();

        var answer = await client.GetAsync(path, Cancel);

        Assert.NotEqual("text/html", answer.Content.Headers.ContentType?.MediaType);
        Assert.False(answer.IsSuccessStatusCode);
    }

    [Fact]
    public async Task Console_WithoutSlash_LeadsToItsBase()
    {
        using var client = Client();

        Assert.Equal("/gui/", (await client.GetAsync("/gui", Cancel)).Headers.Location!.OriginalString);
    }

    [Theory]
    [InlineData("/gui/sign-in")]
    [InlineData("/gui/setup")]
    public async Task StaticPage_Anonymous_IsShownWithItsPolicyAndNothingFromElsewhere(string path)
    {
        using var client = Client();

        var answer = await client.GetAsync(path, Cancel);
        var html = await answer.Content.ReadAsStringAsync(Cancel);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("<base href=\"/gui/\"", html, StringComparison.Ordinal);
        Assert.Contains("default-src 'self'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", html);
    }

    [Theory]
    [InlineData("fonts/inter-latin.woff2")]
    [InlineData("fonts/jetbrains-mono-latin.woff2")]
    [InlineData("app.css")]
    [InlineData("console.js")]
    [InlineData("_framework/blazor.web.js")]
    [InlineData("_content/MudBlazor/MudBlazor.min.css")]
    public async Task StaticFile_Anonymous_IsServedUnderTheConsole(string path)
    {
        using var client = Client();

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/gui/" + path, Cancel)).StatusCode);
    }

    [Fact]
    public async Task SignOut_WithoutTheFormsToken_IsRefused()
    {
        using var client = Client();

        var answer = await client.PostAsync("/gui/signout", new FormUrlEncodedContent([]), Cancel);

        Assert.NotEqual(HttpStatusCode.OK, answer.StatusCode);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }
}
