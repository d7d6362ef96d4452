using System.Collections.Concurrent;
using MeshConsole.Testing;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(MeshConsole.EndToEnd.Tests.Browser))]

namespace MeshConsole.EndToEnd.Tests;

/// <summary>Debian's Chromium without a window, one for all tests of the run, started by the first that asks.</summary>
public sealed class Browser : IAsyncDisposable
{
    private const string Chromium = "/usr/bin/chromium";

    private static readonly string[] Flags =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private readonly Lazy<Task<(IPlaywright Driver, IBrowser Browser)>> started = new(StartAsync);

    /// <summary>A page in a browser session of its own; skips the running test where there is no Chromium.</summary>
    /// <param name="width">Width of the window, CSS pixels.</param>
    /// <param name="height">Height of the window, CSS pixels.</param>
    /// <param name="dark">True: the person prefers dark colours.</param>
    public async Task<Visit> OpenAsync(int width = 1440, int height = 900, bool dark = false)
    {
        var missing = !File.Exists(Chromium);
        if (missing && Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
        {
            throw new InvalidOperationException($"{Chromium} was not found; scripts/test.sh installs it.");
        }

        Assert.SkipWhen(missing, "Chromium is not installed; scripts/test.sh installs it.");
        var (_, browser) = await started.Value;
        var context = await browser.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout((float)MeshConsoleProcess.Patience.TotalMilliseconds);
        return new Visit(context, await context.NewPageAsync());
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (started.IsValueCreated && started.Value.IsCompletedSuccessfully)
        {
            var (driver, browser) = await started.Value;
            await browser.CloseAsync();
            driver.Dispose();
        }
    }

    private static async Task<(IPlaywright Driver, IBrowser Browser)> StartAsync()
    {
        Assertions.SetDefaultExpectTimeout((float)MeshConsoleProcess.Patience.TotalMilliseconds);
        var driver = await Playwright.CreateAsync();
        return (driver, await driver.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Chromium, Args = Flags }));
    }
}

/// <summary>
/// One browser session. What the console of the browser reports as an error, a request that failed and an answer that is an
/// error fail the test when the visit ends.
/// </summary>
public sealed class Visit : IAsyncDisposable
{
    private readonly IBrowserContext context;
    private readonly ConcurrentQueue<string> faults = new();
    private bool ending;

    internal Visit(IBrowserContext context, IPage page)
    {
        this.context = context;
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                faults.Enqueue($"console: {message.Text}");
            }
        };
        page.PageError += (_, error) => faults.Enqueue($"script: {error}");
        page.RequestFailed += (_, request) =>
        {
            // A request that is cut off because the page moves on is none of the page's making.
            if (!ending && request.Failure != "net::ERR_ABORTED")
            {
                faults.Enqueue($"request: {request.Method} {request.Url}: {request.Failure}");
            }
        };
        page.Response += (_, response) =>
        {
            if (response.Status >= 400)
            {
                faults.Enqueue($"answer: {response.Status} {response.Request.Method} {response.Url}");
            }
        };
    }

    /// <summary>The page.</summary>
    public IPage Page { get; }

    /// <summary>
    /// Waits until the page is connected to its server, so that clicks do something: the time in its head, which the server
    /// sends, moves on.
    /// </summary>
    public async Task InteractiveAsync()
    {
        var time = Page.GetByTestId("live").Locator("time");
        var shown = await time.TextContentAsync();
        await Page.WaitForFunctionAsync("shown => document.querySelector('[data-testid=live] time')?.textContent !== shown", shown);
    }

    /// <summary>Keeps a picture of the page in the folder that the environment variable <c>MESHCONSOLE_PICTURES</c> names.</summary>
    public async Task PictureAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("MESHCONSOLE_PICTURES") is { Length: > 0 } folder)
        {
            await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png") });
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        ending = true;
        await context.CloseAsync();
        Assert.Empty(faults);
    }
}
