using System.CommandLine;
using System.Globalization;
using MeshConsole.Cli.Client;
using MeshConsole.Cli.Output;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Verbs;

/// <summary><c>meshctl get KIND [NAME]</c>: one resource or a list.</summary>
internal static class GetVerb
{
    /// <summary>Size of a page when only its beginning is said, as with kumactl.</summary>
    private const int UsualPage = 100;

    /// <summary>Makes the verb.</summary>
    public static Command Create(Connection connection, Terminal terminal)
    {
        var kind = CommonOptions.Kind();
        var name = new Argument<string?>("NAME") { Description = "Name of one resource; without it all are listed", Arity = ArgumentArity.ZeroOrOne };
        var mesh = CommonOptions.Mesh();
        var allMeshes = new Option<bool>("--all-meshes", "-A") { Description = "Lists the resources of all meshes" };
        var output = CommonOptions.Output("table", "yaml", "json", "name");
        var watch = new Option<bool>("--watch", "-w") { Description = "Goes on and shows what changes, until Ctrl+C" };
        var interval = new Option<string>("--interval") { Description = "Pause before --watch asks or connects again, at least 1s", HelpName = "DURATION", DefaultValueFactory = _ => "2s" };
        var filter = new Option<string[]>("--filter", "-l") { Description = "Only those with this label; may be given several times", HelpName = "label=value" };
        var tag = new Option<string[]>("--tag") { Description = "Only data planes with this tag; may be given several times", HelpName = "tag=value" };
        var search = new Option<string?>("--search") { Description = "Only those whose name contains this text", HelpName = "TEXT" };
        var size = new Option<int?>("--size") { Description = "Reads one page of this many instead of all", HelpName = "N" };
        var offset = new Option<int?>("--offset") { Description = "First one of the page (of 100 without --size)", HelpName = "N" };
        var verb = new Command("get", "Shows resources ('get kinds': the kinds that there are)") { kind, name, mesh, allMeshes, output, watch, interval, filter, tag, search, size, offset };
        verb.SetAction((parsed, cancellationToken) => connection.WithClientAsync(parsed, async client =>
        {
            var format = parsed.GetRequiredValue(output);
            var kinds = await KindList.LoadAsync(client, cancellationToken);
            if (!kinds.Ok)
            {
                return terminal.Fail(kinds.Refusal);
            }

            if (parsed.GetRequiredValue(kind) == "kinds")
            {
                return WriteKinds(terminal, kinds.Value);
            }

            var found = kinds.Value.Find(parsed.GetRequiredValue(kind));
            if (!found.Ok)
            {
                return terminal.Fail(found.Refusal);
            }

            if (parsed.GetValue(allMeshes) && (parsed.GetValue(name) is not null || parsed.GetValue(mesh) is not null))
            {
                return terminal.Misused("--all-meshes goes with neither NAME nor --mesh");
            }

            var inMesh = parsed.GetValue(allMeshes) ? null : parsed.GetValue(mesh) ?? CommonOptions.DefaultMesh;
            var query = Query(parsed.GetValue(filter) ?? [], parsed.GetValue(tag) ?? [], parsed.GetValue(search));
            if (query is null)
            {
                return terminal.Misused("--filter and --tag take label=value");
            }

            var source = new ResourceSource(client, found.Value, inMesh, parsed.GetValue(name), query, overview: format == "table")
            {
                Size = parsed.GetValue(size) ?? (parsed.GetValue(offset) is null ? null : UsualPage),
                Offset = parsed.GetValue(offset) ?? 0,
            };
            if (!parsed.GetValue(watch))
            {
                return await OnceAsync(source, terminal, format, cancellationToken);
            }

            return GoDuration.TryParse(parsed.GetValue(interval), out var pause) && pause.ToTimeSpan() >= TimeSpan.FromSeconds(1)
                ? await new Watcher(source, terminal, format, pause.ToTimeSpan()).RunAsync(cancellationToken)
                : terminal.Misused("--interval takes a duration of at least 1s");
        }));
        return verb;
    }

    /// <summary>The query of a list, or null when a word is no <c>key=value</c>.</summary>
    internal static string? Query(string[] labels, string[] tags, string? search)
    {
        var parts = new List<string>();
        foreach (var label in labels)
        {
            if (label.IndexOf('=', StringComparison.Ordinal) is var at and > 0)
            {
                parts.Add($"{Uri.EscapeDataString($"filter[labels.{label[..at]}]")}={Uri.EscapeDataString(label[(at + 1)..])}");
            }
            else
            {
                return null;
            }
        }

        foreach (var tag in tags)
        {
            if (tag.IndexOf('=', StringComparison.Ordinal) is var at and > 0)
            {
                parts.Add($"tag={Uri.EscapeDataString($"{tag[..at]}:{tag[(at + 1)..]}")}");
            }
            else
            {
                return null;
            }
        }

        if (search is not null)
        {
            parts.Add($"name={Uri.EscapeDataString(search)}");
        }

        return string.Join('&', parts);
    }

    private static async Task<int> OnceAsync(ResourceSource source, Terminal terminal, string format, CancellationToken cancellationToken)
    {
        var items = await source.ReadAsync(cancellationToken);
        if (!items.Ok)
        {
            return source.Name is not null && items.Refusal.Reason == RefusalReason.NotFound && items.Refusal.Title != "Failed to retrieve Mesh"
                ? terminal.Fail(new Refusal(RefusalReason.NotFound, $"No {source.Kind.Name} '{source.Name}'{(source.Kind.InMesh ? $" in mesh {source.Mesh}" : "")}", ""))
                : terminal.Fail(items.Refusal);
        }

        switch (format)
        {
            case "name":
                foreach (var item in items.Value)
                {
                    terminal.Out.WriteLine(Words.Clean(item.String("name") ?? ""));
                }

                break;
            case "table" when items.Value.Count == 0:
                terminal.Error.WriteLine($"No {source.Kind.Name}{(source.Kind.InMesh && source.Mesh is not null ? $" in mesh {source.Mesh}" : "")}.");
                break;
            case "table":
                ResourceTables.Of(source.Kind, items.Value, terminal.Time.GetUtcNow()).Write(terminal);
                break;
            case var _ when source.Name is not null:
                Documents.Write(terminal.Out, items.Value[0], format);
                break;
            default:
                Documents.WriteList(terminal.Out, items.Value, format);
                break;
        }

        if (source.NextOffset is { } next)
        {
            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"There are more; the next page: --size {source.Size} --offset {next}"));
        }

        return ExitCode.Ok;
    }

    private static int WriteKinds(Terminal terminal, KindList kinds)
    {
        var table = new TableView("KIND", "PATH", "SHORT", "SCOPE", "WRITABLE");
        foreach (var kind in kinds.All)
        {
            table.Add(kind.Name, kind.Path, kind.ShortName, kind.InMesh ? "mesh" : "global", kind.ReadOnly ? "no" : "yes");
        }

        table.Write(terminal);
        return ExitCode.Ok;
    }
}
