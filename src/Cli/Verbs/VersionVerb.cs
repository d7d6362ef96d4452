using System.CommandLine;
using MeshConsole.Cli.Client;

namespace MeshConsole.Cli.Verbs;

/// <summary><c>meshctl version</c>: this program's version and, when it can be reached, the control plane's.</summary>
internal static class VersionVerb
{
    /// <summary>Makes the verb.</summary>
    public static Command Create(Connection connection, Terminal terminal)
    {
        var clientOnly = new Option<bool>("--client") { Description = "Asks no control plane" };
        var verb = new Command("version", "Prints the version of meshctl and of the control plane") { clientOnly };
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            terminal.Out.WriteLine($"meshctl {ControlPlaneClient.Version}");
            if (parsed.GetValue(clientOnly))
            {
                return ExitCode.Ok;
            }

            return await connection.WithClientAsync(parsed, async client =>
            {
                var server = await ServerIdentity.LoadAsync(client, cancellationToken);
                if (!server.Ok)
                {
                    return terminal.Fail(server.Refusal);
                }

                terminal.Out.WriteLine($"{Words.Clean(server.Value.ToString())} at {client.Address}");
                return ExitCode.Ok;
            });
        });
        return verb;
    }
}
