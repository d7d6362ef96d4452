using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace MeshConsole.Cli;

/// <summary>
/// The library's help without the arguments of the verb above: those of <c>inspect KIND NAME</c> are none of
/// <c>inspect dataplane NAME</c>.
/// </summary>
internal sealed class HelpText(HelpAction help) : SynchronousCommandLineAction
{
    /// <summary>Puts it in the place of the library's.</summary>
    public static void Use(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new HelpText((HelpAction)option.Action!);
    }

    /// <inheritdoc />
    public override bool ClearsParseErrors => help.ClearsParseErrors;

    /// <inheritdoc />
    public override int Invoke(ParseResult parseResult)
    {
        foreach (var argument in parseResult.CommandResult.Command.Parents.OfType<Command>().SelectMany(c => c.Arguments))
        {
            argument.Hidden = true; // the tree is made anew for each run
        }

        return help.Invoke(parseResult);
    }
}
