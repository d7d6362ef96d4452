using System.Net;
using System.Text.RegularExpressions;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Hosting;
using MeshConsole.Web.Components.Pages.Account;
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

/// <summary>Set-up and sign-in, form by form, as a browser without script would do them.</summary>
[Collection(nameof(GlobalControlPlane))]
public sealed class SignInTests(GlobalControlPlane global)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SetUpThenSignIn_WithTheRightWords_OpenTheConsoleAndNothingElseDoes()
    {
        var code = await global.Services.GetRequiredService<SetupCode>().CreateAsync(Cancel);
        Assert.NotNull(code);
        using var browser = Browser();

        Assert.Contains("Not set up", await PostAsync(browser, "/gui/setup", new() { ["Input.Code"] = "guessed", ["Input.Name"] = "ada", ["Input.Password"] = "a long enough sentence", ["Input.Again"] = "a long enough sentence" }), StringComparison.Ordinal);
        Assert.Contains("differ", await PostAsync(browser, "/gui/setup", new() { ["Input.Code"] = code, ["Input.Name"] = "ada", ["Input.Password"] = "a long enough sentence", ["Input.Again"] = "another one" }), StringComparison.Ordinal);
        Assert.Contains("Overview", await PostAsync(browser, "/gui/setup", new() { ["Input.Code"] = code, ["Input.Name"] = "ada", ["Input.Password"] = "a long enough sentence", ["Input.Again"] = "a long enough sentence" }), StringComparison.Ordinal);
        Assert.Contains("Audit", await browser.GetStringAsync("/gui/access/audit", Cancel), StringComparison.Ordinal);

        using var other = Browser();
        Assert.Contains("Name or password is wrong", await PostAsync(other, "/gui/sign-in", new() { ["Input.Name"] = "ada", ["Input.Password"] = "guessed" }), StringComparison.Ordinal);
        Assert.Contains("Zones", await PostAsync(other, "/gui/sign-in?returnUrl=%2Fgui%2Fzones", new() { ["Input.Name"] = "Ada", ["Input.Password"] = "a long enough sentence" }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "/gui/")]
    [InlineData("/gui/zones?q=a", "/gui/zones?q=a")]
    [InlineData("//evil.example/gui/", "/gui/")]
    [InlineData("https://evil.example/gui/", "/gui/")]
    [InlineData("/gui/\\evil.example", "/gui/")]
    [InlineData("/zones", "/gui/")]
    public void ReturnAddress_AnyText_StaysInsideTheConsole(string? asked, string expected) => Assert.Equal(expected, ReturnAddress.Local(asked, "/gui"));

    private HttpClient Browser() => new(new SocketsHttpHandler { CookieContainer = new CookieContainer() })
    {
        BaseAddress = new Uri($"http://localhost:{global.Services.GetRequiredService<ListenAddresses>().PortOf(Listener.Api)}"),
    };

    private static async Task<string> PostAsync(HttpClient browser, string path, Dictionary<string, string> form)
    {
        var page = await browser.GetStringAsync(path, Cancel);
        foreach (var name in (string[])["__RequestVerificationToken", "_handler"])
        {
            form[name] = HiddenField(name).Match(page).Groups[1].Value;
        }

        using var answer = await browser.PostAsync(path, new FormUrlEncodedContent(form), Cancel);
        return await answer.Content.ReadAsStringAsync(Cancel);
    }

    private static Regex HiddenField(string name) => new($"name=\"{name}\" value=\"([^\"]*)\"", RegexOptions.CultureInvariant);
}
