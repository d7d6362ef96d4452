using System.CommandLine;
using MeshConsole.Cli.Client;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Verbs;

/// <summary><c>meshctl delete KIND NAME…</c>: deletes after asking.</summary>
internal static class DeleteVerb
{
    /// <summary>Makes the verb.</summary>
    public static Command Create(Connection connection, Terminal terminal)
    {
        var kind = CommonOptions.Kind();
        var names = new Argument<string[]>("NAME") { Description = "Names of the resources", Arity = ArgumentArity.OneOrMore };
        var mesh = CommonOptions.Mesh();
        var yes = new Option<bool>("--yes", "-y") { Description = "Does not ask" };
        var verb = new Command("delete", "Deletes resources; asks first when somebody sits at the terminal") { kind, names, mesh, yes };
        verb.SetAction((parsed, cancellationToken) => connection.WithClientAsync(parsed, async client =>
        {
            var kinds = await KindList.LoadAsync(client, cancellationToken);
            var found = kinds.Ok ? kinds.Value.Find(parsed.GetRequiredValue(kind)) : kinds.Refusal;
            if (!found.Ok)
            {
                return terminal.Fail(found.Refusal);
            }

            var inMesh = parsed.GetValue(mesh) ?? CommonOptions.DefaultMesh;
            var code = ExitCode.Ok;
            foreach (var name in parsed.GetRequiredValue(names))
            {
                if (await DeleteAsync(client, terminal, found.Value, inMesh, name, parsed.GetValue(yes), cancellationToken) != ExitCode.Ok)
                {
                    code = ExitCode.Failed;
                }
            }

            return code;
        }));
        return verb;
    }

    private static async Task<int> DeleteAsync(ControlPlaneClient client, Terminal terminal, ApiKind kind, string mesh, string name, bool yes, CancellationToken cancellationToken)
    {
        var title = Words.Clean($"{kind.Name} {name}{(kind.InMesh ? $" (mesh {mesh})" : "")}");
        if (!yes && terminal.IsInteractive && !await ConfirmAsync(terminal, Question(kind, title), cancellationToken))
        {
            terminal.Out.WriteLine($"{title}: kept");
            return ExitCode.Failed;
        }

        var answer = await client.DeleteAsync(kind.ItemPath(mesh, name), cancellationToken);
        if (answer.Ok)
        {
            terminal.Out.WriteLine($"{title}: deleted");
            return ExitCode.Ok;
        }

        return terminal.Fail(answer.Refusal.Reason == RefusalReason.NotFound && answer.Refusal.Title != "Failed to retrieve Mesh"
            ? new Refusal(RefusalReason.NotFound, $"there is no {kind.Name} with name \"{name}\"{(kind.InMesh ? $" in mesh {mesh}" : "")}", "")
            : answer.Refusal);
    }

    private static string Question(ApiKind kind, string title) => kind.Name switch
    {
        "Mesh" => $"Delete {title} with all policies, services and secrets in it? [y/N] ",
        "Zone" => $"Delete {title}, and forget what it reported? [y/N] ",
        "Secret" or "GlobalSecret" => $"Delete {title}? What uses it loses it. [y/N] ",
        _ => $"Delete {title}? [y/N] ",
    };

    private static async Task<bool> ConfirmAsync(Terminal terminal, string question, CancellationToken cancellationToken)
    {
        await terminal.Error.WriteAsync(question);
        await terminal.Error.FlushAsync(cancellationToken);
        var answer = await terminal.In.ReadLineAsync(cancellationToken);
        return answer?.Trim().ToLowerInvariant() is "y" or "yes";
    }
}
