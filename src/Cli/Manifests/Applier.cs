using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MeshConsole.Cli.Client;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Manifests;

/// <summary>What became of a document.</summary>
internal enum Outcome
{
    /// <summary>It is new.</summary>
    Created,

    /// <summary>It was there and is different now.</summary>
    Updated,

    /// <summary>It was there as it is.</summary>
    Unchanged,

    /// <summary>The control plane refused it.</summary>
    Refused,
}

/// <summary>What became of a document, why it was refused and what the control plane warns of.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Refusal">Why it was refused; null otherwise.</param>
/// <param name="Warnings">Warnings of the control plane.</param>
/// <param name="Revision">Revision of the change, where the control plane counts them; else null.</param>
internal sealed record ApplyResult(Outcome Outcome, Refusal? Refusal, ImmutableArray<string> Warnings, string? Revision = null);

/// <summary>
/// Sends documents, one at a time. Like kumactl it reads before it writes. What would change nothing is not sent to a
/// control plane that would count it as a change; MeshConsole is always asked, since it also validates.
/// </summary>
internal sealed class Applier(ControlPlaneClient client, ServerIdentity server, bool dryRun)
{
    /// <summary>Sends one document, or only asks about it.</summary>
    public async Task<ApplyResult> ApplyAsync(PreparedDocument document, CancellationToken cancellationToken)
    {
        if (dryRun && server.HasDryRun)
        {
            return Read(await client.PutAsync(document.Path + "?dryRun=true", document.Manifest.Body, cancellationToken), null);
        }

        var before = await client.GetAsync(document.Path, cancellationToken);
        if (!before.Ok && before.Refusal.Reason != RefusalReason.NotFound)
        {
            return new ApplyResult(Outcome.Refused, before.Refusal, []);
        }

        var stored = before.Ok ? before.Value.Json() : default(Result<JsonObject>?);
        if (stored is { Ok: false })
        {
            return new ApplyResult(Outcome.Refused, stored.Value.Refusal, []);
        }

        if (!server.HasDryRun && stored is not null && Comparison.Same(stored.Value.Value, document.Manifest.Body))
        {
            return new ApplyResult(Outcome.Unchanged, null, []);
        }

        return dryRun
            ? new ApplyResult(before.Ok ? Outcome.Updated : Outcome.Created, null, [])
            : Read(await client.PutAsync(document.Path, document.Manifest.Body, cancellationToken), before.Ok ? before.Value.ETag : null);
    }

    private static ApplyResult Read(Result<ApiAnswer> answer, string? tagBefore)
    {
        if (!answer.Ok)
        {
            return new ApplyResult(Outcome.Refused, answer.Refusal, []);
        }

        var body = answer.Value.Json();
        if (!body.Ok)
        {
            return new ApplyResult(Outcome.Refused, body.Refusal, []);
        }

        var outcome = body.Value.String("operation") switch
        {
            "create" => Outcome.Created,
            "update" => Outcome.Updated,
            "unchanged" => Outcome.Unchanged,
            _ when answer.Value.Status == 201 => Outcome.Created,
            _ when tagBefore is not null && tagBefore == answer.Value.ETag => Outcome.Unchanged,
            _ => Outcome.Updated,
        };
        return new ApplyResult(outcome, null, [.. (body.Value["warnings"] as JsonArray ?? []).Select(w => w.String() ?? "")], answer.Value.ETag?.Trim('"'));
    }
}
