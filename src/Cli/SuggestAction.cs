using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Invocation;

namespace MeshConsole.Cli;

/// <summary>
/// What completion offers: the library's words, but options only once a dash is typed or when there is nothing else. Else the
/// verbs drown among the options that all of them have.
/// </summary>
internal sealed class SuggestAction(SynchronousCommandLineAction suggest) : SynchronousCommandLineAction
{
    /// <summary>Puts it in the place of the library's.</summary>
    public static void Use(RootCommand root)
    {
        var directive = root.Directives.OfType<SuggestDirective>().Single();
        directive.Action = new SuggestAction((SynchronousCommandLineAction)directive.Action!);
    }

    /// <inheritdoc />
    public override bool ClearsParseErrors => true;

    /// <inheritdoc />
    public override int Invoke(ParseResult parseResult)
    {
        var configuration = parseResult.InvocationConfiguration;
        var output = configuration.Output;
        using var words = new StringWriter();
        configuration.Output = words;
        var code = suggest.Invoke(parseResult);
        configuration.Output = output;

        var offered = words.ToString().Split((string[])["\r\n", "\n"], StringSplitOptions.RemoveEmptyEntries).Where(w => w is not ("/?" or "/h" or "-?")).ToList();
        var verbs = offered.Where(w => w[0] != '-').ToList();
        foreach (var word in verbs.Count > 0 ? verbs : offered)
        {
            output.WriteLine(word);
        }

        return code;
    }
}
