using System.CommandLine;
using MeshConsole.Cli.Client;
using MeshConsole.Cli.Manifests;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Verbs;

/// <summary><c>meshctl apply -f …</c>: creates or updates every document and says of each what became of it.</summary>
internal static class ApplyVerb
{
    /// <summary>Makes the verb.</summary>
    public static Command Create(Connection connection, Terminal terminal)
    {
        var files = CommonOptions.Files();
        var variables = CommonOptions.Variables();
        var mesh = CommonOptions.Mesh("Mesh of documents that name none");
        var dryRun = new Option<bool>("--dry-run") { Description = "Says what would happen and changes nothing" };
        var wait = new Option<bool>("--wait") { Description = "Waits until the zones have accepted or refused every change (MeshConsole)" };
        var timeout = new Option<string>("--timeout") { Description = "Longest time to wait", HelpName = "DURATION", DefaultValueFactory = _ => "1m" };
        var verb = new Command("apply", "Creates or updates the resources of manifests") { files, variables, mesh, dryRun, wait, timeout };
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.ReadVariables(variables, terminal) is not { } values)
            {
                return ExitCode.Usage;
            }

            if (!GoDuration.TryParse(parsed.GetValue(timeout), out var limit) || limit.Nanoseconds <= 0)
            {
                return terminal.Misused($"--timeout '{parsed.GetValue(timeout)}' is no positive duration; write for example 30s");
            }

            return await connection.WithClientAsync(parsed, async client =>
            {
                var manifests = await new ManifestReader(terminal, values).ReadAsync(parsed.GetRequiredValue(files), cancellationToken);
                return manifests.Ok
                    ? await RunAsync(client, terminal, manifests.Value, parsed.GetValue(mesh), parsed.GetValue(dryRun), parsed.GetValue(wait) ? limit.ToTimeSpan() : null, cancellationToken)
                    : terminal.Fail(manifests.Refusal);
            });
        });
        return verb;
    }

    private static async Task<int> RunAsync(ControlPlaneClient client, Terminal terminal, IReadOnlyList<Manifest> manifests, string? mesh, bool dryRun, TimeSpan? wait, CancellationToken cancellationToken)
    {
        var prepared = await Preparation.RunAsync(client, manifests, mesh, cancellationToken);
        if (!prepared.Ok)
        {
            return terminal.Fail(prepared.Refusal);
        }

        var applier = new Applier(client, prepared.Value.Server, dryRun);
        if (dryRun && !prepared.Value.Server.HasDryRun)
        {
            terminal.Warn($"{prepared.Value.Server} has no dry run: the manifests are compared with what is stored, not validated");
        }

        var report = new ApplyReport(terminal, prepared.Value.Documents, dryRun);
        var code = await report.RunAsync(applier, cancellationToken);
        if (wait is not { } limit || dryRun)
        {
            return code;
        }

        if (prepared.Value.Server.MeshConsole is null)
        {
            terminal.Warn($"{prepared.Value.Server} does not tell how far changes are: not waiting");
            return code;
        }

        return Math.Max(code, await new DeliveryWait(client, terminal, limit).RunAsync(report.Changes, cancellationToken));
    }
}
