using System.CommandLine;
using MeshConsole.Cli.Verbs;

namespace MeshConsole.Cli;

/// <summary>The verbs of <c>meshctl</c>, each in one visible place.</summary>
internal static class Meshctl
{
    /// <summary>Runs one command line; see <see cref="ExitCode"/> for what it returns.</summary>
    public static async Task<int> RunAsync(string[] args, Terminal terminal, CancellationToken cancellationToken = default)
    {
        var parsed = Root(terminal).Parse(args);
        if (parsed.Action is not (HelpText or SuggestAction) && CommandLineFaults.Of(parsed) is { Count: > 0 } faults)
        {
            foreach (var fault in faults)
            {
                terminal.Error.WriteLine($"Error: {fault}");
            }

            terminal.Error.WriteLine($"Try: {CommandLineFaults.Path(parsed.CommandResult.Command)} --help");
            return ExitCode.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration { Output = terminal.Out, Error = terminal.Error, EnableDefaultExceptionHandler = false },
                cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
#pragma warning disable CA1031 // The outermost boundary: a fault of meshctl is said in one line, whatever it is.
        catch (Exception e)
#pragma warning restore CA1031
        {
            terminal.Error.WriteLine(terminal.Environment("MESHCTL_DEBUG") is null
                ? Words.Clean($"Error: meshctl has a fault here: {e.GetType().Name}: {e.Message} (MESHCTL_DEBUG=1 shows where)")
                : $"Error: {e}");
            return ExitCode.Failed;
        }
    }

    /// <summary>All verbs with their options.</summary>
    internal static RootCommand Root(Terminal terminal)
    {
        var root = new RootCommand("meshctl: the command line of MeshConsole and of any Kuma control plane, over its REST API.");
        var connection = new Connection(root, terminal);
        root.Add(ApplyVerb.Create(connection, terminal));
        root.Add(DiffVerb.Create(connection, terminal));
        root.Add(GetVerb.Create(connection, terminal));
        root.Add(DescribeVerb.Create(connection, terminal));
        root.Add(DeleteVerb.Create(connection, terminal));
        root.Add(InspectVerb.Create(connection, terminal));
        root.Add(ExportVerb.Create(connection, terminal));
        root.Add(GenerateVerb.Create(connection, terminal));
        root.Add(InstallVerb.Create(connection, terminal));
        root.Add(ConfigVerb.Create(connection, terminal));
        root.Add(VersionVerb.Create(connection, terminal));
        root.Add(CompletionVerb.Create(terminal));
        CompleteAfterLists(root);
        HelpText.Use(root);
        SuggestAction.Use(root);
        return root;
    }

    /// <summary>
    /// After the value of an option that may be given several times, completion would offer only further values of it: it
    /// offers the other options too, once a dash is typed.
    /// </summary>
    private static void CompleteAfterLists(Command command)
    {
        foreach (var option in command.Options.Where(o => o.Arity.MaximumNumberOfValues > 1))
        {
            option.CompletionSources.Add(context => context.WordToComplete.StartsWith('-')
                ? [.. command.Options.SelectMany(o => o.Aliases.Prepend(o.Name)).Where(n => n.StartsWith(context.WordToComplete, StringComparison.Ordinal)).Select(n => new System.CommandLine.Completions.CompletionItem(n))]
                : []);
        }

        foreach (var inner in command.Subcommands)
        {
            CompleteAfterLists(inner);
        }
    }
}
