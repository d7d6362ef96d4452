using System.Text.Json.Nodes;
using System.Threading.Channels;
using MeshConsole.Cli.Client;
using MeshConsole.Cli.Output;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Verbs;

/// <summary>
/// Shows resources and then, line by line, what is added, changed and deleted. MeshConsole tells the changes as they happen; Kuma has
/// no such stream, so there it asks again after a pause, which grows while the control plane cannot be reached.
/// </summary>
internal sealed class Watcher(ResourceSource source, Terminal terminal, string format, TimeSpan interval)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private Dictionary<string, Seen> known = new(StringComparer.Ordinal);
    private bool first = true;
    private bool hasHeadings;

    /// <summary>Watches until it is cancelled.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        if (source.Follow() is { } list)
        {
            var connected = await list.ConnectAsync(terminal.Time, cancellationToken);
            if (!connected.Ok)
            {
                return terminal.Fail(connected.Refusal);
            }

            if (connected.Value && await FollowAsync(list, cancellationToken) is { } exitCode)
            {
                return exitCode;
            }
        }

        return await PollAsync(cancellationToken);
    }

    /// <summary>Shows changes as they are told.</summary>
    /// <returns>The exit code; null when the control plane has no streams any more.</returns>
    private async Task<int?> FollowAsync(ListMirror list, CancellationToken cancellationToken)
    {
        var zones = source.FollowZones();
        if (zones is not null && await zones.ConnectAsync(terminal.Time, cancellationToken) is not { Ok: true, Value: true })
        {
            zones = null; // shown without the states of zones
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        var following = list.FollowAsync(() => changes.Writer.TryWrite(true), terminal.Warn, interval, terminal.Time, end.Token);
        var zonesFollowing = zones?.FollowAsync(() => changes.Writer.TryWrite(true), _ => { }, interval, terminal.Time, end.Token);
        try
        {
            while (true)
            {
                var change = changes.Reader.ReadAsync(end.Token).AsTask();
                if (await Task.WhenAny(following, change) == following)
                {
                    return await following is { } refusal ? terminal.Fail(refusal) : null;
                }

                await change;
                if (list.Items is { } items && (zones is null || zones.Items is not null))
                {
                    if (first && source.Name is not null && items.IsEmpty)
                    {
                        Waiting();
                        first = false;
                    }

                    var gone = zones?.Items is { } overviews ? States.Gone(overviews.Values.Select(z => (JsonObject)JsonNode.Parse(z.Text)!)) : [];
                    Show(items.ToDictionary(i => i.Key, i => new Seen(i.Value.Text, i.Value.Zone is { } zone && gone.Contains(zone)), StringComparer.Ordinal));
                    await terminal.Out.FlushAsync(cancellationToken);
                }
            }
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(following, zonesFollowing ?? Task.FromResult<Refusal?>(null)).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task<int> PollAsync(CancellationToken cancellationToken)
    {
        var pause = interval;
        while (true)
        {
            var items = await source.ReadAsync(cancellationToken);
            if (items.Ok)
            {
                Show(items.Value.ToDictionary(i => $"{i.String("mesh")}/{i.String("name")}", i => new Seen(i.ToJsonString(), ZoneIsGone: false), StringComparer.Ordinal));
                pause = interval;
            }
            else if (source.Name is not null && items.Refusal.Reason == RefusalReason.NotFound)
            {
                if (first)
                {
                    Waiting();
                    first = false;
                }

                Show([]);
            }
            else if (items.Refusal.Reason != RefusalReason.Unavailable || first)
            {
                return terminal.Fail(items.Refusal);
            }
            else
            {
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                terminal.Warn($"{Words.Of(items.Refusal)}; asking again in {pause.TotalSeconds:0} s");
            }

            await terminal.Out.FlushAsync(cancellationToken);
            await Task.Delay(pause, terminal.Time, cancellationToken);
        }
    }

    private void Waiting() => terminal.Error.WriteLine($"Waiting for {source.Kind.Name} {source.Name} …");

    private void Show(Dictionary<string, Seen> now)
    {
        List<(string Change, JsonObject Item)> changed =
        [
            .. now.Where(i => !known.ContainsKey(i.Key)).Select(i => ("added", i.Value.Read())),
            .. now.Where(i => known.TryGetValue(i.Key, out var before) && before != i.Value).Select(i => ("changed", i.Value.Read())),
            .. known.Where(i => !now.ContainsKey(i.Key)).Select(i => ("deleted", i.Value.Read())),
        ];
        known = now;
        if (changed.Count > 0 || first)
        {
            Write(changed, first);
        }

        first = false;
    }

    private void Write(List<(string Change, JsonObject Item)> changed, bool isFirst)
    {
        switch (format)
        {
            case "table":
                var rows = ResourceTables.Of(source.Kind, changed.Select(c => c.Item), terminal.Time.GetUtcNow());
                var table = new TableView(["CHANGE", .. rows.Headings]);
                for (var i = 0; i < changed.Count; i++)
                {
                    table.Add([(isFirst ? "-" : changed[i].Change).PadRight("changed".Length), .. rows.Rows[i]]);
                }

                table.Write(terminal, withHeadings: !hasHeadings);
                hasHeadings = true;
                break;
            case "name":
                foreach (var (change, item) in changed)
                {
                    terminal.Out.WriteLine($"{change} {Words.Clean(item.String("name") ?? "")}");
                }

                break;
            case "json":
                foreach (var (change, item) in changed)
                {
                    terminal.Out.WriteLine(new JsonObject { ["change"] = change, ["resource"] = item.DeepClone() }.ToJsonString(Json.Compact));
                }

                break;
            default:
                foreach (var (change, item) in changed)
                {
                    terminal.Out.WriteLine($"--- # {change}");
                    Documents.Write(terminal.Out, item, format);
                }

                break;
        }
    }

    /// <summary>What was shown of a resource.</summary>
    private sealed record Seen(string Text, bool ZoneIsGone)
    {
        public JsonObject Read()
        {
            var item = (JsonObject)JsonNode.Parse(Text)!;
            if (ZoneIsGone)
            {
                States.MarkZoneGone(item);
            }

            return item;
        }
    }
}
