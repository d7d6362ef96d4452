using System.Globalization;
using System.Text.Json.Nodes;
using MeshConsole.Cli.Client;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Verbs;

/// <summary>
/// Waits until the zones have answered changes, and says of each what they answered. MeshConsole only: it keeps a delivery
/// per revision (<c>/_delivery/REVISION</c>).
/// </summary>
internal sealed class DeliveryWait(ControlPlaneClient client, Terminal terminal, TimeSpan limit)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Waits.</summary>
    /// <param name="changes">Name and revision of each change.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The exit code: failed when a zone refused one, or did not answer in time.</returns>
    public async Task<int> RunAsync(IReadOnlyList<(string Title, string Revision)> changes, CancellationToken cancellationToken)
    {
        var end = terminal.Time.GetUtcNow() + limit;
        var code = ExitCode.Ok;
        var open = changes.ToList();
        while (open.Count > 0)
        {
            foreach (var change in open.ToList())
            {
                var delivery = await client.GetJsonAsync($"/_delivery/{change.Revision}", cancellationToken);
                if (!delivery.Ok && delivery.Refusal.Reason != RefusalReason.NotFound)
                {
                    return terminal.Fail(delivery.Refusal);
                }

                if (!delivery.Ok)
                {
                    terminal.Out.WriteLine($"{Words.Clean(change.Title)}: does not go to zones");
                    open.Remove(change);
                }
                else if (delivery.Value.String("state") is not ("pending" or "sent"))
                {
                    code = Math.Max(code, Say(change.Title, delivery.Value));
                    open.Remove(change);
                }
                else if (terminal.Time.GetUtcNow() >= end)
                {
                    code = ExitCode.Failed;
                    var zones = delivery.Value.Objects("zones").Where(z => z.String("state") is "pending" or "sent").Select(z => $"{z.String("zone")} ({z.String("state")})");
                    terminal.Error.WriteLine(Words.Clean($"{change.Title}: no answer yet from {string.Join(", ", zones)}"));
                    open.Remove(change);
                }
            }

            if (open.Count > 0)
            {
                await Task.Delay(Pause, terminal.Time, cancellationToken);
            }
        }

        return code;
    }

    private int Say(string title, JsonObject delivery)
    {
        var code = ExitCode.Ok;
        var accepted = delivery.Objects("zones").Where(z => z.String("state") == "accepted").ToList();
        if (accepted.Count > 0)
        {
            var zones = accepted.Select(z => string.Create(CultureInfo.InvariantCulture, $"{z.String("zone")} ({z.Number("milliseconds")} ms)"));
            terminal.Out.WriteLine(Words.Clean($"{title}: accepted by {string.Join(", ", zones)}"));
        }

        foreach (var zone in delivery.Objects("zones").Where(z => z.String("state") == "rejected"))
        {
            code = ExitCode.Failed;
            terminal.Error.WriteLine(Words.Clean($"{title}: rejected by {zone.String("zone")}: {zone.String("reason")}"));
        }

        foreach (var zone in delivery.Objects("zones").Where(z => z.String("state") == "withheld"))
        {
            terminal.Out.WriteLine(Words.Clean($"{title}: not for {zone.String("zone")}: {zone.String("reason")}"));
        }

        if (!delivery.Objects("zones").Any())
        {
            terminal.Out.WriteLine($"{Words.Clean(title)}: goes to no zone");
        }

        return code;
    }
}
