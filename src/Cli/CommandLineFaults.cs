using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;

namespace MeshConsole.Cli;

/// <summary>What is wrong with a command line, in words that say what to write.</summary>
internal static class CommandLineFaults
{
    /// <summary>All faults; none when the line can be run.</summary>
    public static IReadOnlyList<string> Of(ParseResult parsed)
    {
        // A word that the parser did not expect says more than what it misses because of it.
        if (parsed.UnmatchedTokens is { Count: > 0 } unknown)
        {
            return [.. unknown.Select(word => Unknown(word, parsed.CommandResult.Command))];
        }

        if (Misread(parsed) is { Count: > 0 } options)
        {
            return options;
        }

        return [.. parsed.Errors.Select(error => Say(error, parsed)).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>
    /// Options that the parser took for names or values because it does not know them. No name begins with a dash:
    /// <c>delete mesh web --dry-run</c> must not delete.
    /// </summary>
    private static List<string> Misread(ParseResult parsed)
    {
        var command = parsed.CommandResult;
        var faults = new List<string>();
        for (var result = (SymbolResult?)command; result is not null; result = result.Parent)
        {
            foreach (var child in (result as CommandResult)?.Children ?? [])
            {
                faults.AddRange(child switch
                {
                    ArgumentResult argument => argument.Tokens.Where(t => IsOption(t.Value)).Select(t => Unknown(t.Value, command.Command)),
                    OptionResult { Implicit: false } option => option.Tokens.Where(t => t.Value.StartsWith("--", StringComparison.Ordinal) && IsOption(t.Value)).Select(_ => $"{option.IdentifierToken?.Value ?? option.Option.Name} has no value"),
                    _ => [],
                });
            }
        }

        return faults;
    }

    private static string Say(ParseError error, ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        return error.SymbolResult switch
        {
            CommandResult when error.Message.Contains("Required command", StringComparison.Ordinal) => $"{Path(command)} goes on with one of: {string.Join(", ", Verbs(command))}",
            ArgumentResult { Tokens.Count: 0 } argument => $"{argument.Argument.Name} is missing",
            CommandResult when error.Message.Contains("Required argument", StringComparison.Ordinal) => $"{string.Join(" and ", Missing(parsed))} missing",
            OptionResult { Tokens: [var value, ..] } option when option.Option.ValueType == typeof(int?) => $"{option.Option.Name} takes a number, not '{value.Value}'",
            OptionResult option when error.Message.Contains("is required", StringComparison.Ordinal) => $"{option.Option.Name} is missing",
            OptionResult { Tokens: [var value, ..] } option when error.Message.Contains("Must be one of", StringComparison.Ordinal) => $"{option.Option.Name} takes one of {Choices(option.Option)}, not '{value.Value}'",
            CommandResult when error.Message.Split('\'') is [_, ['-', ..] missing, var rest] && rest.Contains("is required", StringComparison.Ordinal) => $"{missing} is missing",
            _ => string.Join(' ', error.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
        };
    }

    private static string Choices(Option option) => string.Join(", ", option.GetCompletions(CompletionContext.Empty).Select(c => c.Label));

    private static IEnumerable<string> Missing(ParseResult parsed) =>
        parsed.CommandResult.Command.Arguments.Where(a => a.Arity.MinimumNumberOfValues > (parsed.GetResult(a)?.Tokens.Count ?? 0)).Select(a => a.Name);

    private static string Unknown(string word, Command command)
    {
        var isOption = IsOption(word);
        if (!isOption && command.Options.Any(o => o.Name == "--file"))
        {
            return Words.Clean($"manifests are named by -f: {Path(command)} -f {word}");
        }

        var known = isOption ? Options(command) : Verbs(command);
        var name = word.Split('=')[0];
        var near = known.Select(k => (Word: k, Distance: Words.Distance(k, name))).Where(k => k.Distance <= Math.Max(1, name.Length / 3)).OrderBy(k => k.Distance).Select(k => k.Word).FirstOrDefault();
        return Words.Clean($"{(isOption ? "unknown option" : Verbs(command).Any() ? "unknown verb" : "one word too many:")} '{name}'{(near is null ? "" : $", did you mean {near}?")}");
    }

    private static bool IsOption(string word) => word.Length > 1 && word[0] == '-';

    private static IEnumerable<string> Verbs(Command command) => command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name);

    private static IEnumerable<string> Options(Command command) =>
        command.Options.SelectMany(o => o.Aliases.Prepend(o.Name)).Concat(command.Parents.OfType<Command>().SelectMany(p => p.Options.Where(o => o.Recursive).Select(o => o.Name)))
            .Where(n => n.StartsWith("--", StringComparison.Ordinal));

    /// <summary>The command as it is typed.</summary>
    public static string Path(Command command) => command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{Path(parent)} {command.Name}" : "meshctl";
}
