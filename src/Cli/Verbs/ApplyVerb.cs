using System.CommandLine;
using MeshConsole.Cli.Client;
using MeshConsole.Cli.Manifests;

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
        var verb = new Command("apply", "Creates or updates the resources of manifests") { files, variables, mesh, dryRun };
        verb.SetAction((parsed, cancellationToken) => parsed.ReadVariables(variables, terminal) is { } values
            ? connection.WithClientAsync(parsed, async client =>
            {
                var manifests = await new ManifestReader(terminal, values).ReadAsync(parsed.GetRequiredValue(files), cancellationToken);
                return manifests.Ok
                    ? await RunAsync(client, terminal, manifests.Value, parsed.GetValue(mesh), parsed.GetValue(dryRun), cancellationToken)
                    : terminal.Fail(manifests.Refusal);
            })
            : Task.FromResult(ExitCode.Usage));
        return verb;
    }

    private static async Task<int> RunAsync(ControlPlaneClient client, Terminal terminal, IReadOnlyList<Manifest> manifests, string? mesh, bool dryRun, CancellationToken cancellationToken)
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

        return await new ApplyReport(terminal, prepared.Value.Documents, dryRun).RunAsync(applier, cancellationToken);
    }
}
