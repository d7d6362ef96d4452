using System.CommandLine;
using System.Globalization;
using MeshConsole.Cli.Client;
using MeshConsole.Cli.Config;
using MeshConsole.Shared;

namespace MeshConsole.Cli;

/// <summary>
/// The options that every verb has: which control plane, and as whom. Strongest first: options, environment
/// (<c>MESHCTL_…</c>), the current one of the configuration file, a control plane on this machine.
/// </summary>
internal sealed class Connection
{
    private readonly Terminal terminal;

    /// <summary>Adds the options to all verbs below <paramref name="root"/>.</summary>
    public Connection(RootCommand root, Terminal terminal)
    {
        this.terminal = terminal;
        Context.CompletionSources.Add(_ => ContextNames());
        foreach (var option in new Option[] { Context, Address, TokenFile, CaCertFile, SkipVerify, ApiTimeout, ConfigPath, NoConfig })
        {
            option.Recursive = true;
            root.Add(option);
        }
    }

    /// <summary>A control plane of the configuration file.</summary>
    public Option<string?> Context { get; } = new("--context") { Description = "Name of the control plane to use (see 'config control-planes list')", HelpName = "NAME" };

    /// <summary>An address given directly.</summary>
    public Option<string?> Address { get; } = new("--address") { Description = "Address of the control plane, in place of a configured one", HelpName = "URL" };

    /// <summary>A file with the user token.</summary>
    public Option<string?> TokenFile { get; } = new("--token-file") { Description = "File with the user token", HelpName = "FILE" };

    /// <summary>The CA of the control plane's certificate.</summary>
    public Option<string?> CaCertFile { get; } = new("--ca-cert-file") { Description = "CA of the control plane's certificate, PEM", HelpName = "FILE" };

    /// <summary>No check of the certificate.</summary>
    public Option<bool> SkipVerify { get; } = new("--skip-verify") { Description = "Does not check the control plane's certificate; whoever is in between can read the token" };

    /// <summary>Limit of one call.</summary>
    public Option<string> ApiTimeout { get; } = new("--api-timeout") { Description = "Longest time of one call, such as 30s or 2m; 0 for no limit", HelpName = "DURATION", DefaultValueFactory = _ => "1m" };

    /// <summary>Another configuration file.</summary>
    public Option<string?> ConfigPath { get; } = new("--config-file") { Description = "Configuration file in place of ~/.config/meshctl/config.yaml", HelpName = "FILE" };

    /// <summary>No configuration file at all.</summary>
    public Option<bool> NoConfig { get; } = new("--no-config") { Description = "Reads no configuration file" };

    /// <summary>The configuration file, read.</summary>
    public Result<ConfigFile> Config(ParseResult parsed)
    {
        var path = parsed.GetValue(ConfigPath) ?? Env("MESHCTL_CONFIG") ?? ConfigFile.DefaultPath(terminal.Environment);
        return parsed.GetValue(NoConfig) ? new ConfigFile { Path = path } : ConfigFile.Load(path);
    }

    /// <summary>A client for the control plane that the command line means.</summary>
    public Result<ControlPlaneClient> Open(ParseResult parsed)
    {
        var entry = Entry(parsed);
        if (!entry.Ok)
        {
            return entry.Refusal;
        }

        if (ControlPlaneEntry.WrongAddress(entry.Value.Address) is { } wrong)
        {
            return new Refusal(RefusalReason.Malformed, "Wrong address", wrong);
        }

        var timeout = Timeout(parsed);
        if (!timeout.Ok)
        {
            return timeout.Refusal;
        }

        if (entry.Value.SendsTokenInTheClear)
        {
            terminal.Warn($"the token travels unencrypted to {entry.Value.Address}; use the control plane's https address (port 5682)");
        }

        return ControlPlaneClient.Create(entry.Value, timeout.Value);
    }

    /// <summary>Opens a client, runs <paramref name="work"/> with it and closes it; a refusal is shown.</summary>
    public async Task<int> WithClientAsync(ParseResult parsed, Func<ControlPlaneClient, Task<int>> work)
    {
        var client = Open(parsed);
        if (!client.Ok)
        {
            return client.Refusal.Reason == RefusalReason.Malformed ? terminal.Misused(Words.Of(client.Refusal)) : terminal.Fail(client.Refusal);
        }

        using (client.Value)
        {
            return await work(client.Value);
        }
    }

    /// <summary>Limit of one call; zero for none.</summary>
    public Result<TimeSpan> Timeout(ParseResult parsed) =>
        GoDuration.TryParse(parsed.GetValue(ApiTimeout), out var timeout) && timeout.Nanoseconds >= 0 && timeout.ToTimeSpan() <= TimeSpan.FromDays(1)
            ? timeout.ToTimeSpan()
            : new Refusal(RefusalReason.Malformed, "Wrong --api-timeout", string.Create(CultureInfo.InvariantCulture, $"'{parsed.GetValue(ApiTimeout)}' is no duration between 0 and 24h; write for example 30s"));

    private Result<ControlPlaneEntry> Entry(ParseResult parsed)
    {
        var address = parsed.GetValue(Address);
        var context = parsed.GetValue(Context);
        if (address is not null && context is not null)
        {
            return new Refusal(RefusalReason.Malformed, "Wrong options", "--address and --context exclude each other");
        }

        ControlPlaneEntry entry;
        if (address is not null || (context is null && Env("MESHCTL_ADDRESS") is not null))
        {
            // A configured token belongs to the configured address and is not sent elsewhere.
            entry = new ControlPlaneEntry { Address = address ?? Env("MESHCTL_ADDRESS")! };
        }
        else
        {
            var config = Config(parsed);
            if (!config.Ok)
            {
                return config.Refusal;
            }

            var name = context ?? Env("MESHCTL_CONTEXT") ?? config.Value.Current;
            if (name.Length > 0 && config.Value.Find(name) is null)
            {
                return new Refusal(RefusalReason.NotFound, $"There is no control plane '{name}' in {config.Value.Path}", "'meshctl config control-planes list' shows those that are there");
            }

            if (config.Value.IsOpenToOthers)
            {
                terminal.Warn($"{config.Value.Path} holds a token and others may read it; run: chmod 600 {config.Value.Path}");
            }

            entry = name.Length > 0 ? config.Value.Find(name)! : new ControlPlaneEntry { IsFallback = true };
        }

        if (parsed.GetValue(TokenFile) is { } tokenFile)
        {
            entry = entry with { TokenFile = tokenFile, Token = "" };
        }
        else if (entry.Authentication == "none")
        {
            entry = entry with { TokenFile = Env("MESHCTL_TOKEN_FILE") ?? "", Token = Env("MESHCTL_TOKEN") ?? "" };
        }

        return entry with
        {
            CaCertFile = parsed.GetValue(CaCertFile) ?? (entry.CaCertFile.Length > 0 ? entry.CaCertFile : Env("MESHCTL_CA_CERT_FILE") ?? ""),
            SkipVerify = entry.SkipVerify || parsed.GetValue(SkipVerify),
        };
    }

    private IEnumerable<string> ContextNames()
    {
        var config = ConfigFile.Load(Env("MESHCTL_CONFIG") ?? ConfigFile.DefaultPath(terminal.Environment));
        return config.Ok ? config.Value.ControlPlanes.Select(c => c.Name) : [];
    }

    private string? Env(string variable) => terminal.Environment(variable) is { Length: > 0 } value ? value : null;
}
