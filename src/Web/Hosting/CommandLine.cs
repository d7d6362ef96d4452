using System.CommandLine;
using System.Reflection;
using System.Text.RegularExpressions;
using MeshConsole.ControlPlane.Api;
using MeshConsole.Web.Demo;

namespace MeshConsole.Web.Hosting;

/// <summary>The verbs of <c>meshconsole</c>, each in one visible place.</summary>
internal static partial class CommandLine
{
    private static readonly Option<string?> DataDir = new("--data-dir") { Description = "Directory of the store, keys and certificates", HelpName = "DIR" };
    private static readonly Option<int?> PortOffset = new("--port-offset") { Description = "Added to every port", HelpName = "N" };
    private static readonly Option<string?> AdminTokenFile = new("--admin-token-file") { Description = "Writes an administrator's user token to this file (mode 0600) before /ready answers 200", HelpName = "FILE" };
    private static readonly Option<string?> Name = new("--name") { Description = "Name of the zone", HelpName = "NAME" };
    private static readonly Option<string?> Global = new("--global") { Description = "Address of the global control plane; without it the zone is on its own", HelpName = "grpcs://HOST:5685" };
    private static readonly Option<string?> TokenFile = new("--token-file") { Description = "File with the zone token", HelpName = "FILE" };
    private static readonly Option<string?> CaFile = new("--ca-file") { Description = "CA of global's certificate, PEM", HelpName = "FILE" };
    private static readonly Option<string?> CaFingerprint = new("--ca-fingerprint") { Description = "SHA-256 of a certificate that global presents, as the console shows it", HelpName = "SHA256" };
    private static readonly Option<bool> TlsSkipVerify = new("--tls-skip-verify") { Description = "Does not check global's certificate; never for production" };

    /// <summary>The version of this program.</summary>
    public static string Version { get; } =
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    /// <summary>Runs the verb; the exit code is 0 when all went well, 1 when it did not, 2 when the arguments are wrong.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("MeshConsole: a multi-zone service-mesh console with the global control plane built in.\n\nEvery setting can also be given as --Section:Key=value or as environment variable MESHCONSOLE__Section__Key.")
        {
            Verb("demo", "Starts a global and two zones (lab, eks) with the demo world, on loopback", [DataDir, PortOffset, AdminTokenFile], DemoCluster.RunAsync),
            Verb("global", "Starts a global control plane with the console", [DataDir, PortOffset, AdminTokenFile], (s, c) => ControlPlaneProcess.RunAsync("global", s, c)),
            Verb("zone", "Starts a zone control plane", [Name, Global, TokenFile, CaFile, CaFingerprint, TlsSkipVerify, DataDir, PortOffset, AdminTokenFile], (s, c) => ControlPlaneProcess.RunAsync("zone", s, c)),
            VersionVerb(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync(error.Message);
            }

            await Console.Error.WriteLineAsync("Try: meshconsole --help");
            return 2;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }

    private static Command VersionVerb()
    {
        var verb = new Command("version", "Prints the version");
        verb.SetAction(_ => Console.Out.WriteLine($"meshconsole {Version} (speaks Kuma {Instance.KumaVersion})"));
        return verb;
    }

    private static Command Verb(string name, string description, Option[] options, Func<IReadOnlyDictionary<string, string?>, CancellationToken, Task<int>> run)
    {
        var verb = new Command(name, description) { TreatUnmatchedTokensAsErrors = false };
        foreach (var option in options)
        {
            verb.Add(option);
        }

        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
            foreach (var token in parsed.UnmatchedTokens)
            {
                if (Setting().Match(token) is not { Success: true } match)
                {
                    await Console.Error.WriteLineAsync($"'{token}' is not an option of '{name}'. Options are listed by 'meshconsole {name} --help'; settings are given as --Section:Key=value.");
                    return 2;
                }

                settings[match.Groups["key"].Value] = match.Groups["value"].Value;
            }

            Take(parsed, settings, DataDir, "DataDir");
            Take(parsed, settings, PortOffset, "PortOffset");
            Take(parsed, settings, AdminTokenFile, "AdminTokenFile");
            Take(parsed, settings, Name, "Zone:Name");
            Take(parsed, settings, Global, "Zone:Global");
            Take(parsed, settings, TokenFile, "Zone:TokenFile");
            Take(parsed, settings, CaFile, "Zone:CaFile");
            Take(parsed, settings, CaFingerprint, "Zone:CaFingerprint");
            if (parsed.GetResult(TlsSkipVerify) is { Implicit: false })
            {
                settings["Zone:TlsSkipVerify"] = "true";
            }

            return await run(settings, cancellationToken);
        });
        return verb;
    }

    private static void Take<T>(ParseResult parsed, Dictionary<string, string?> settings, Option<T> option, string key)
    {
        if (parsed.GetResult(option) is { Implicit: false } && parsed.GetValue(option) is { } value)
        {
            settings[key] = Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    [GeneratedRegex("^--(?<key>[A-Za-z]+(:[A-Za-z0-9_.-]+)*)=(?<value>.*)$", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Setting();
}
