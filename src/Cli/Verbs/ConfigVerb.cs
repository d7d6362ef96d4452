using System.CommandLine;
using MeshConsole.Cli.Client;
using MeshConsole.Cli.Config;
using MeshConsole.Cli.Output;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Verbs;

/// <summary><c>meshctl config …</c>: which control planes meshctl knows.</summary>
internal static class ConfigVerb
{
    /// <summary>Makes the verb.</summary>
    public static Command Create(Connection connection, Terminal terminal)
    {
        var controlPlanes = new Command("control-planes", "The control planes that meshctl knows")
        {
            Add(connection, terminal),
            List(connection, terminal),
            Switch(connection, terminal),
            Remove(connection, terminal),
        };
        return new Command("config", "Which control planes meshctl knows, and as whom") { controlPlanes, View(connection, terminal) };
    }

    private static Command Add(Connection connection, Terminal terminal)
    {
        var name = Name("Name to give it");
        var authType = new Option<string?>("--auth-type") { Description = "How to sign in: tokens", HelpName = "TYPE" };
        authType.AcceptOnlyFromAmong("tokens");
        var authConf = new Option<string[]>("--auth-conf") { Description = "token=TOKEN for --auth-type tokens; better --token-file, which leaves no trace in the shell's history", HelpName = "key=value" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replaces one of the same name" };
        var skipCheck = new Option<bool>("--skip-check") { Description = "Does not ask whether a control plane answers there" };
        var verb = new Command("add", "Adds a control plane and makes it current (with --address, and for TLS --ca-cert-file)") { name, authType, authConf, overwrite, skipCheck };
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var entry = Entry(connection, parsed, parsed.GetRequiredValue(name), parsed.GetValue(authType), parsed.GetValue(authConf) ?? [], out var wrong);
            if (entry is null)
            {
                return terminal.Misused(wrong);
            }

            var config = connection.Config(parsed);
            if (!config.Ok)
            {
                return terminal.Fail(config.Refusal);
            }

            if (config.Value.Find(entry.Name) is not null && !parsed.GetValue(overwrite))
            {
                return terminal.Fail(new Refusal(RefusalReason.Conflict, $"There is a control plane '{entry.Name}' already", "replace it with --overwrite"));
            }

            if (!parsed.GetValue(skipCheck) && await CheckAsync(entry, connection.Timeout(parsed), terminal, cancellationToken) is { } refusal)
            {
                return terminal.Fail(refusal);
            }

            return Save(terminal, config.Value.With(entry) with { Current = entry.Name }, $"control plane {entry.Name} at {entry.Address}: added, and current now");
        });
        return verb;
    }

    private static ControlPlaneEntry? Entry(Connection connection, ParseResult parsed, string name, string? authType, string[] authConf, out string wrong)
    {
        var address = parsed.GetValue(connection.Address);
        var tokenFile = parsed.GetValue(connection.TokenFile);
        var caCertFile = parsed.GetValue(connection.CaCertFile);
        var token = "";
        foreach (var word in authConf)
        {
            if (!word.StartsWith("token=", StringComparison.Ordinal) || word.Length == "token=".Length)
            {
                wrong = "--auth-conf takes token=TOKEN";
                return null;
            }

            token = word["token=".Length..];
        }

        wrong = address is null ? "--address is missing"
            : ControlPlaneEntry.WrongAddress(address) is { } bad ? bad
            : token.Length > 0 && tokenFile is not null ? "--auth-conf token=… and --token-file exclude each other"
            : token.Length > 0 && authType is null ? "--auth-conf needs --auth-type tokens"
            : authType is not null && token.Length == 0 && tokenFile is null ? "--auth-type tokens needs --token-file FILE or --auth-conf token=TOKEN"
            : caCertFile is not null && !File.Exists(caCertFile) ? $"--ca-cert-file: there is no file {caCertFile}"
            : "";
        return wrong.Length > 0
            ? null
            : new ControlPlaneEntry
            {
                Name = name,
                Address = address!,
                Token = token,
                TokenFile = tokenFile is null ? "" : Path.GetFullPath(tokenFile),
                CaCertFile = caCertFile is null ? "" : Path.GetFullPath(caCertFile),
                SkipVerify = parsed.GetValue(connection.SkipVerify),
            };
    }

    /// <summary>Asks who answers there, and whether the token is taken.</summary>
    private static async Task<Refusal?> CheckAsync(ControlPlaneEntry entry, Result<TimeSpan> timeout, Terminal terminal, CancellationToken cancellationToken)
    {
        if (!timeout.Ok)
        {
            return timeout.Refusal;
        }

        var client = ControlPlaneClient.Create(entry, timeout.Value);
        if (!client.Ok)
        {
            return client.Refusal;
        }

        using (client.Value)
        {
            var server = await ServerIdentity.LoadAsync(client.Value, cancellationToken);
            if (!server.Ok)
            {
                return server.Refusal with { Detail = $"{server.Refusal.Detail}; --skip-check adds it all the same" };
            }

            if (server.Value.Product.Length == 0)
            {
                return new Refusal(RefusalReason.Invalid, $"{entry.Address} is no control plane", "--skip-check adds it all the same");
            }

            if (entry.SendsTokenInTheClear)
            {
                terminal.Warn($"the token travels unencrypted to {entry.Address}; use the control plane's https address (port 5682)");
            }

            if (entry.SkipVerify)
            {
                terminal.Warn("the certificate is not checked: whoever is in between can read the token");
            }

            if (await client.Value.GetAsync("/who-am-i", cancellationToken) is { Ok: false, Refusal.Reason: RefusalReason.Unauthenticated } refused)
            {
                if (entry.Authentication == "none")
                {
                    terminal.Warn("this control plane answers nobody without a token; add it again with --overwrite --auth-type tokens --token-file FILE");
                    return null;
                }

                return refused.Refusal with { Detail = "the control plane does not take this token; --skip-check adds it all the same" };
            }

            return null;
        }
    }

    private static Command List(Connection connection, Terminal terminal)
    {
        var verb = new Command("list", "Lists the control planes; * marks the current one");
        verb.SetAction(parsed =>
        {
            var config = connection.Config(parsed);
            if (!config.Ok)
            {
                return terminal.Fail(config.Refusal);
            }

            if (config.Value.ControlPlanes.IsEmpty)
            {
                terminal.Error.WriteLine("No control plane is configured. Add one: meshctl config control-planes add --name NAME --address URL --auth-type tokens --token-file FILE");
                return ExitCode.Ok;
            }

            var table = new TableView("CURRENT", "NAME", "ADDRESS", "SIGN-IN", "CERTIFICATE");
            foreach (var entry in config.Value.ControlPlanes)
            {
                table.Add(
                    entry.Name == config.Value.Current ? "*" : " ",
                    entry.Name,
                    entry.Address,
                    entry.Authentication,
                    entry.SkipVerify ? "not checked" : entry.CaCertFile.Length > 0 ? $"CA {entry.CaCertFile}" : "");
            }

            table.Write(terminal);
            return ExitCode.Ok;
        });
        return verb;
    }

    private static Command Switch(Connection connection, Terminal terminal)
    {
        var name = Name("Name of the control plane");
        var verb = new Command("switch", "Makes another control plane current") { name };
        verb.SetAction(parsed => WithKnown(connection, terminal, parsed, parsed.GetRequiredValue(name), config =>
            Save(terminal, config with { Current = parsed.GetRequiredValue(name) }, $"control plane {parsed.GetRequiredValue(name)} is current now")));
        return verb;
    }

    private static Command Remove(Connection connection, Terminal terminal)
    {
        var name = Name("Name of the control plane");
        var verb = new Command("remove", "Forgets a control plane and its token") { name };
        verb.SetAction(parsed => WithKnown(connection, terminal, parsed, parsed.GetRequiredValue(name), config =>
            Save(terminal, config.Without(parsed.GetRequiredValue(name)), $"control plane {parsed.GetRequiredValue(name)}: removed")));
        return verb;
    }

    private static Command View(Connection connection, Terminal terminal)
    {
        var verb = new Command("view", "Prints the configuration without its tokens");
        verb.SetAction(parsed =>
        {
            var config = connection.Config(parsed);
            if (!config.Ok)
            {
                return terminal.Fail(config.Refusal);
            }

            terminal.Out.WriteLine($"# {config.Value.Path}");
            terminal.Out.Write(config.Value.ToYaml(masked: true));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static int WithKnown(Connection connection, Terminal terminal, ParseResult parsed, string name, Func<ConfigFile, int> work)
    {
        var config = connection.Config(parsed);
        return !config.Ok ? terminal.Fail(config.Refusal)
            : config.Value.Find(name) is null ? terminal.Fail(new Refusal(RefusalReason.NotFound, $"There is no control plane '{name}'", "'meshctl config control-planes list' shows those that are there"))
            : work(config.Value);
    }

    private static int Save(Terminal terminal, ConfigFile config, string done)
    {
        if (config.Save() is { } refusal)
        {
            return terminal.Fail(refusal);
        }

        terminal.Out.WriteLine(Words.Clean(done));
        return ExitCode.Ok;
    }

    private static Option<string> Name(string description) => new("--name") { Description = description, HelpName = "NAME", Required = true };
}
