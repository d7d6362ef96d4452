using MeshConsole.Cli.Manifests;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Verbs;

/// <summary>
/// Sends all documents in order and says what became of each as it happens. A refused document does not keep the others
/// back; a control plane that cannot be reached, or does not know who asks, ends the work.
/// </summary>
internal sealed class ApplyReport(Terminal terminal, IReadOnlyList<PreparedDocument> documents, bool dryRun)
{
    private const int Many = 20;
    private readonly Dictionary<Outcome, int> counts = [];
    private readonly List<(string Title, string Revision)> changes = [];
    private int done;

    /// <summary>What was created or updated, with the revisions of a control plane that counts them.</summary>
    public IReadOnlyList<(string Title, string Revision)> Changes => changes;

    /// <summary>Sends them.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(Applier applier, CancellationToken cancellationToken)
    {
        // A document whose mesh stands further down in the same manifests waits for it.
        var waiting = new List<PreparedDocument>();
        for (var i = 0; i < documents.Count; i++)
        {
            var document = documents[i];
            var result = await applier.ApplyAsync(document, cancellationToken);
            if (result.Refusal?.Reason == RefusalReason.NotFound && document.Kind.InMesh && dryRun && IsMeshAfter(-1, document.Manifest.Mesh))
            {
                result = new ApplyResult(Outcome.Created, null, ["not validated, since its mesh would be new too"]);
            }
            else if (result.Refusal?.Reason == RefusalReason.NotFound && document.Kind.InMesh && IsMeshAfter(i, document.Manifest.Mesh))
            {
                waiting.Add(document);
                continue;
            }

            if (!Say(document, result))
            {
                return Stop(documents.Count - i - 1 + waiting.Count);
            }

            if (document.Manifest.Type != "Mesh")
            {
                continue;
            }

            foreach (var late in waiting.Where(w => w.Manifest.Mesh == document.Manifest.Name).ToList())
            {
                waiting.Remove(late);
                if (!Say(late, await applier.ApplyAsync(late, cancellationToken)))
                {
                    return Stop(documents.Count - i - 1 + waiting.Count);
                }
            }
        }

        if (documents.Count > 1)
        {
            terminal.Out.WriteLine(Summary());
        }

        return counts.ContainsKey(Outcome.Refused) ? ExitCode.Failed : ExitCode.Ok;
    }

    private bool IsMeshAfter(int index, string mesh) => documents.Skip(index + 1).Any(d => d.Manifest.Type == "Mesh" && d.Manifest.Name == mesh);

    private int Stop(int left)
    {
        terminal.Error.WriteLine($"Stopped: {Words.Count(left, "document")} not sent.");
        return ExitCode.Failed;
    }

    /// <summary>Says what became of one document; false when going on makes no sense.</summary>
    private bool Say(PreparedDocument document, ApplyResult result)
    {
        done++;
        counts[result.Outcome] = counts.GetValueOrDefault(result.Outcome) + 1;
        var manifest = document.Manifest;
        var progress = documents.Count > Many && terminal.OutIsTerminal ? $"[{done}/{documents.Count}] " : "";
        if (result.Refusal is { } refusal)
        {
            terminal.Error.WriteLine($"{progress}{Words.Clean(manifest.Title)}: refused: {Words.Of(refusal)}");
            foreach (var violation in refusal.Violations)
            {
                terminal.Error.WriteLine($"  {Words.Of(violation)}");
            }

            foreach (var warning in refusal.Warnings)
            {
                terminal.Error.WriteLine($"  {Words.Clean(warning)}");
            }

            terminal.Error.WriteLine($"  in {manifest.Source}");
            if (Words.AsksForToken(refusal))
            {
                terminal.Error.WriteLine($"  {Words.SignInHint}");
            }

            return refusal.Reason is not (RefusalReason.Unavailable or RefusalReason.Unauthenticated);
        }

        terminal.Out.WriteLine($"{progress}{Words.Clean(manifest.Title)}: {result.Outcome.ToString().ToLowerInvariant()}{(dryRun ? " (dry run)" : "")}");
        if (result is { Outcome: Outcome.Created or Outcome.Updated, Revision: { } revision } && !dryRun)
        {
            changes.Add((manifest.Title, revision));
        }

        foreach (var warning in result.Warnings)
        {
            terminal.Warn($"{manifest.Title}: {warning}");
        }

        if (documents.Count > Many && !terminal.OutIsTerminal && terminal.ErrorIsTerminal)
        {
            terminal.Error.Write($"\r{done}/{documents.Count} applied{(done == documents.Count ? Environment.NewLine : "")}");
        }

        return true;
    }

    private string Summary()
    {
        var parts = Enum.GetValues<Outcome>().Where(counts.ContainsKey).Select(o => $"{counts[o]} {o.ToString().ToLowerInvariant()}");
        return $"{Words.Count(documents.Count, "document")}: {string.Join(", ", parts)}{(dryRun ? " (dry run, nothing changed)" : "")}";
    }
}
