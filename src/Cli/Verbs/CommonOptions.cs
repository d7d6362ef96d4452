using System.CommandLine;
using MeshConsole.Cli.Client;
using MeshConsole.Cli.Manifests;

namespace MeshConsole.Cli.Verbs;

/// <summary>Options and arguments that several verbs have, made anew for each.</summary>
internal static class CommonOptions
{
    /// <summary>Mesh unless said otherwise.</summary>
    public const string DefaultMesh = "default";

    /// <summary><c>--mesh</c>.</summary>
    public static Option<string?> Mesh(string description = "Mesh (default: default)") => new("--mesh", "-m") { Description = description, HelpName = "MESH" };

    /// <summary><c>--output</c> with its formats, the first of which is the usual one.</summary>
    public static Option<string> Output(params string[] formats)
    {
        var option = new Option<string>("--output", "-o") { Description = "Format: " + string.Join(", ", formats), HelpName = "FORMAT", DefaultValueFactory = _ => formats[0] };
        option.AcceptOnlyFromAmong(formats);
        return option;
    }

    /// <summary><c>--file</c>, the manifests.</summary>
    public static Option<string[]> Files(bool required = true) => new("--file", "-f")
    {
        Description = "Manifests: a file, a directory (with all below it), an address, or - for standard input; may be given several times",
        HelpName = "FILE|DIR|URL|-",
        Required = required,
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary><c>--var</c>, the variables of manifests.</summary>
    public static Option<string[]> Variables() => new("--var", "-v") { Description = "Value for {{ key }} in the manifests; may be given several times", HelpName = "key=value" };

    /// <summary>The kind, by any of its names.</summary>
    public static Argument<string> Kind()
    {
        var argument = new Argument<string>("KIND") { HelpName = "KIND", Description = "Kind: type, singular, plural or short name, for example MeshTimeout, meshtimeouts or mt" };
        argument.CompletionSources.Add(WellKnownKinds.Words);
        return argument;
    }

    /// <summary>Reads <c>--var</c>; says what is wrong and gives null when one is no <c>key=value</c>.</summary>
    public static Variables? ReadVariables(this ParseResult parsed, Option<string[]> option, Terminal terminal)
    {
        var variables = Manifests.Variables.Parse(parsed.GetValue(option) ?? [], out var wrong);
        if (variables is null)
        {
            terminal.Misused($"--var '{wrong}' is no key=value");
        }

        return variables;
    }
}
