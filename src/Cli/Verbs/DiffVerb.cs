using System.CommandLine;
using System.Text.Json.Nodes;
using MeshConsole.Cli.Client;
using MeshConsole.Cli.Manifests;
using MeshConsole.Cli.Output;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Verbs;

/// <summary>
/// <c>meshctl diff -f …</c>: what <c>apply</c> would change, as a unified diff. MeshConsole answers it itself and validates;
/// for another control plane the manifest is laid beside what is stored.
/// </summary>
internal static class DiffVerb
{
    /// <summary>Makes the verb.</summary>
    public static Command Create(Connection connection, Terminal terminal)
    {
        var files = CommonOptions.Files();
        var variables = CommonOptions.Variables();
        var mesh = CommonOptions.Mesh("Mesh of documents that name none");
        var exitCode = new Option<bool>("--exit-code") { Description = "Ends with 1 when there are differences" };
        var verb = new Command("diff", "Shows what apply would change, and changes nothing") { files, variables, mesh, exitCode };
        verb.SetAction((parsed, cancellationToken) => parsed.ReadVariables(variables, terminal) is { } values
            ? connection.WithClientAsync(parsed, async client =>
            {
                var manifests = await new ManifestReader(terminal, values).ReadAsync(parsed.GetRequiredValue(files), cancellationToken);
                if (!manifests.Ok)
                {
                    return terminal.Fail(manifests.Refusal);
                }

                var prepared = await Preparation.RunAsync(client, manifests.Value, parsed.GetValue(mesh), cancellationToken);
                return prepared.Ok
                    ? await RunAsync(client, terminal, prepared.Value, parsed.GetValue(exitCode), cancellationToken)
                    : terminal.Fail(prepared.Refusal);
            })
            : Task.FromResult(ExitCode.Usage));
        return verb;
    }

    private static async Task<int> RunAsync(ControlPlaneClient client, Terminal terminal, Preparation prepared, bool exitCode, CancellationToken cancellationToken)
    {
        var different = false;
        var refused = false;
        foreach (var document in prepared.Documents)
        {
            var pair = prepared.Server.HasDryRun
                ? await AskAsync(client, document, cancellationToken)
                : await CompareAsync(client, document, cancellationToken);
            if (!pair.Ok && pair.Refusal.Title == ErrorAnswer.MeshTitle && prepared.Documents.Any(d => d.Manifest.Type == "Mesh" && d.Manifest.Name == document.Manifest.Mesh))
            {
                pair = new Pair(null, document.Manifest.Body, document.Kind.IsSecret ? "would be created; its content is secret" : null, ["not validated, since its mesh would be new too"]);
            }

            if (!pair.Ok)
            {
                refused = true;
                terminal.Error.WriteLine($"{Words.Clean(document.Manifest.Title)}, in {document.Manifest.Source}:");
                terminal.Fail(pair.Refusal);
                continue;
            }

            foreach (var warning in pair.Value.Warnings)
            {
                terminal.Warn($"{document.Manifest.Title}: {warning}");
            }

            if (pair.Value.Note is { } note)
            {
                different = true;
                terminal.Out.WriteLine($"{Words.Clean(document.Manifest.Title)}: {note}");
                continue;
            }

            var diff = UnifiedDiff.Of(Text(pair.Value.Before), Text(pair.Value.After), $"stored{document.Path}", $"{document.Manifest.Source}");
            different |= diff.Length > 0;
            Write(terminal, diff);
        }

        return refused || (exitCode && different) ? ExitCode.Failed : ExitCode.Ok;
    }

    private static async Task<Result<Pair>> AskAsync(ControlPlaneClient client, PreparedDocument document, CancellationToken cancellationToken)
    {
        var answer = await client.PutAsync(document.Path + "?dryRun=true", document.Manifest.Body, cancellationToken);
        var body = answer.Ok ? answer.Value.Json() : answer.Refusal;
        if (!body.Ok)
        {
            return body.Refusal;
        }

        var before = body.Value["before"] as JsonObject;
        var after = body.Value["after"] as JsonObject;
        var operation = body.Value.String("operation");
        var warnings = (body.Value["warnings"] as JsonArray ?? []).Select(w => w.String() ?? "").ToList();

        // Of secrets the control plane says only whether they change.
        var note = operation is "create" or "update" && before is null && after is null ? $"would be {operation}d; its content is secret" : null;
        return new Pair(before, operation == "unchanged" ? before : after, note, warnings);
    }

    private static async Task<Result<Pair>> CompareAsync(ControlPlaneClient client, PreparedDocument document, CancellationToken cancellationToken)
    {
        var manifest = document.Manifest.Body;
        var answer = await client.GetJsonAsync(document.Path, cancellationToken);
        if (!answer.Ok)
        {
            return answer.Refusal.Reason == RefusalReason.NotFound ? new Pair(null, manifest, document.Kind.IsSecret ? "would be created; its content is secret" : null, []) : answer.Refusal;
        }

        if (Comparison.Same(answer.Value, manifest))
        {
            return new Pair(null, null, null, []);
        }

        var stored = Comparison.Stored(answer.Value, manifest);
        return new Pair(stored, Comparison.InOrderOf(manifest, stored), document.Kind.IsSecret ? "would be updated; its content is secret" : null, []);
    }

    private static string Text(JsonObject? document) => document is null ? "" : Yaml.Write(document);

    private static void Write(Terminal terminal, string diff)
    {
        var colour = terminal.OutIsTerminal && terminal.Environment("NO_COLOR") is null;
        foreach (var line in diff.TrimEnd('\n').Split('\n').Where(l => l.Length > 0))
        {
            var code = !colour ? null : line[0] switch { '+' => "\e[32m", '-' => "\e[31m", '@' => "\e[36m", _ => null };
            terminal.Out.WriteLine(code is null ? line : $"{code}{line}\e[0m");
        }
    }

    private sealed record Pair(JsonObject? Before, JsonObject? After, string? Note, IReadOnlyList<string> Warnings);
}
