using System.CommandLine;
using Microsoft.Playwright;

namespace MeshConsole.Bench;

/// <summary>
/// From the acknowledgement of a <c>PUT</c> to its name standing in an open page of a browser: the overview's latest changes.
/// Changes are far enough apart that each is a first one, which is drawn at once.
/// </summary>
internal static class ScreenBench
{
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(1);

    public static Command Command()
    {
        var changes = new Option<int>("--changes") { Description = "how many changes are measured", DefaultValueFactory = _ => 30 };
        var command = new Command("screen", "From acknowledged to visible in an open browser.") { changes };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(changes), cancellationToken));
        return command;
    }

    private static async Task RunAsync(int changes, CancellationToken cancellationToken)
    {
        Report.Head($"screen --changes {changes}");
        await using var estate = await Estate.StartAsync(1, cancellationToken);
        using var driver = await Playwright.CreateAsync();
        await using var browser = await driver.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox", "--disable-gpu"] });
        var page = await browser.NewPageAsync();
        await page.GotoAsync(estate.SetupLink);
        await page.GetByTestId("name").FillAsync("bench");
        var password = $"Bench-{Guid.NewGuid():N}";
        await page.GetByTestId("password").FillAsync(password);
        await page.GetByTestId("password-again").FillAsync(password);
        await page.GetByTestId("submit").ClickAsync();
        await page.GetByTestId("latest-changes").WaitForAsync();
        var times = new List<TimeSpan>();
        for (var i = -3; i < changes; i++)
        {
            await Task.Delay(Apart, cancellationToken);
            var name = $"screen-{i + 3}-end";
            var seen = page.EvaluateAsync<double>(
                """
                name => new Promise(done => {
                  const look = () => document.querySelector('[data-testid=latest-changes]')?.textContent.includes(name)
                    && (watch.disconnect(), requestAnimationFrame(() => done(performance.timeOrigin + performance.now())));
                  const watch = new MutationObserver(look);
                  watch.observe(document.body, { subtree: true, childList: true, characterData: true });
                  look();
                })
                """,
                name);
            await estate.PutAsync(name, name, cancellationToken);
            var acknowledged = DateTimeOffset.UtcNow;
            var shown = DateTimeOffset.UnixEpoch.AddMilliseconds(await seen);
            if (i >= 0)
            {
                times.Add(shown - acknowledged);
            }
        }

        Report.Line($"acknowledged to visible: {Report.Latencies(times)}");
    }
}
