using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using MeshConsole.Testing;

namespace MeshConsole.Cli.Tests;

/// <summary>docs/cli.md and the program agree.</summary>
public sealed class CliDocumentTests
{
    private const string Begin = "<!-- verbs: begin (made by CliDocumentTests; run it with MESHCONSOLE_UPDATE_DOCS=1 to write it anew) -->\n";
    private const string End = "<!-- verbs: end -->";
    private static readonly string Document = RepoRoot.Combine("docs", "cli.md");

    [Fact]
    public async Task Document_Commands_AreUnderstoodAsWritten()
    {
        var text = await File.ReadAllTextAsync(Document, TestContext.Current.CancellationToken);
        using var terminal = new TestTerminal();
        var root = Meshctl.Root(terminal.Terminal());
        var lines = text.Split('\n').Where(l => l.StartsWith("meshctl ", StringComparison.Ordinal)).Select(l => l.Split(" > ")[0]).ToList();

        Assert.True(lines.Count > 30);
        Assert.All(lines, line => Assert.True(root.Parse([.. CommandLineParser.SplitCommandLine(line).Skip(1)]).Errors is [], line));
    }

    [Fact]
    public async Task Document_Verbs_AreThoseOfTheProgram()
    {
        var text = await File.ReadAllTextAsync(Document, TestContext.Current.CancellationToken);
        using var terminal = new TestTerminal();
        var table = new StringBuilder("| verb | what it does | options |\n| --- | --- | --- |\n");
        Describe(Meshctl.Root(terminal.Terminal()), "", table);
        var from = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var to = text.IndexOf(End, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("MESHCONSOLE_UPDATE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(Document, text[..from] + table + text[to..], TestContext.Current.CancellationToken);
            return;
        }

        Assert.Equal(table.ToString(), text[from..to]);
    }

    private static void Describe(Command command, string path, StringBuilder table)
    {
        if (path.Length > 0 && (command.Subcommands.Count == 0 || command.Arguments.Count > 0))
        {
            var arguments = string.Concat(command.Arguments.Select(a => a.Arity.MinimumNumberOfValues == 0 ? $" [{a.Name}]" : $" {a.Name}"));
            var options = string.Join(", ", command.Options.Select(o => $"`{string.Join("`/`", o.Aliases.Order(StringComparer.Ordinal).Prepend(o.Name))}{(o.HelpName is null ? "" : $" {o.HelpName}")}`"));
            table.Append("| `").Append(path).Append(arguments).Append("` | ").Append(Cell(command.Description ?? "")).Append(" | ").Append(Cell(options)).Append(" |\n");
        }

        foreach (var inner in command.Subcommands)
        {
            Describe(inner, path.Length == 0 ? inner.Name : $"{path} {inner.Name}", table);
        }
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
