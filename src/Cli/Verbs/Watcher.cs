using System.Text.Json.Nodes;
using MeshConsole.Cli.Client;
using MeshConsole.Cli.Output;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Verbs;

/// <summary>
/// Shows resources and then, line by line, what is added, changed and deleted. Neither Kuma nor MeshConsole has a stream of
/// changes over REST, so it asks again after a pause, which grows while the control plane cannot be reached.
/// </summary>
internal sealed class Watcher(ResourceSource source, Terminal terminal, string format, TimeSpan interval)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private readonly Dictionary<string, string> known = new(StringComparer.Ordinal);
    private bool hasHeadings;

    /// <summary>Watches until it is cancelled.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var pause = interval;
        var first = true;
        while (true)
        {
            var items = await source.ReadAsync(cancellationToken);
            if (items.Ok)
            {
                Show(items.Value, first);
                first = false;
                pause = interval;
            }
            else if (source.Name is not null && items.Refusal.Reason == RefusalReason.NotFound)
            {
                if (first)
                {
                    terminal.Error.WriteLine($"Waiting for {source.Kind.Name} {source.Name} …");
                }

                Show([], first: false);
                first = false;
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

    private void Show(IReadOnlyList<JsonObject> items, bool first)
    {
        var changed = new List<(string Change, JsonObject Item)>();
        var gone = new HashSet<string>(known.Keys, StringComparer.Ordinal);
        foreach (var item in items)
        {
            var key = $"{item.String("mesh")}/{item.String("name")}";
            var text = item.ToJsonString();
            gone.Remove(key);
            if (!known.TryGetValue(key, out var before))
            {
                changed.Add(("added", item));
            }
            else if (before != text)
            {
                changed.Add(("changed", item));
            }

            known[key] = text;
        }

        foreach (var key in gone)
        {
            changed.Add(("deleted", (JsonObject)JsonNode.Parse(known[key])!));
            known.Remove(key);
        }

        if (changed.Count > 0 || first)
        {
            Write(changed, first);
        }
    }

    private void Write(List<(string Change, JsonObject Item)> changed, bool first)
    {
        switch (format)
        {
            case "table":
                var rows = ResourceTables.Of(source.Kind, changed.Select(c => c.Item), terminal.Time.GetUtcNow());
                var table = new TableView(["CHANGE", .. rows.Headings]);
                for (var i = 0; i < changed.Count; i++)
                {
                    table.Add([(first ? "-" : changed[i].Change).PadRight("changed".Length), .. rows.Rows[i]]);
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
}
