using System.Text;
using System.Text.RegularExpressions;

namespace MeshConsole.Shared.Language;

/// <summary>
/// The part of Go's text templates that names are made with: text, <c>{{ .Field }}</c> and <c>{{ label "key" }}</c>, with
/// <c>{{-</c> and <c>-}}</c> to trim. Conditions, loops and pipes are refused.
/// </summary>
public sealed partial class GoTemplate
{
    private readonly IReadOnlyList<Part> parts;

    private GoTemplate(IReadOnlyList<Part> parts) => this.parts = parts;

    private enum PartKind
    {
        Text,
        Field,
        Label,
    }

    /// <summary>Parses <paramref name="text"/>.</summary>
    /// <returns>The template, or what is wrong.</returns>
    public static (GoTemplate? Template, string? Fault) Parse(string text)
    {
        var parts = new List<Part>();
        var position = 0;
        var trimNext = false;
        while (position < text.Length)
        {
            var open = text.IndexOf("{{", position, StringComparison.Ordinal);
            var literal = open < 0 ? text[position..] : text[position..open];
            literal = trimNext ? literal.TrimStart() : literal;
            if (open < 0)
            {
                parts.Add(new Part(PartKind.Text, literal));
                break;
            }

            var close = text.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0)
            {
                return (null, "unclosed action");
            }

            var action = text[(open + 2)..close];
            if (action.StartsWith("- ", StringComparison.Ordinal))
            {
                literal = literal.TrimEnd();
                action = action[1..];
            }

            trimNext = action.EndsWith(" -", StringComparison.Ordinal);
            action = (trimNext ? action[..^1] : action).Trim();
            parts.Add(new Part(PartKind.Text, literal));
            if (FieldPattern().Match(action) is { Success: true } field)
            {
                parts.Add(new Part(PartKind.Field, field.Groups[1].Value));
            }
            else if (LabelPattern().Match(action) is { Success: true } label)
            {
                parts.Add(new Part(PartKind.Label, label.Groups[1].Value + label.Groups[2].Value));
            }
            else
            {
                return (null, Fault(action));
            }

            position = close + 2;
        }

        return (new GoTemplate(parts), null);
    }

    /// <summary>Puts values into the template.</summary>
    /// <param name="field">The value of a field, or null when there is no such field.</param>
    /// <param name="label">The value of a label, or null when it is not there.</param>
    /// <returns>The text, or what is wrong.</returns>
    public (string? Text, string? Fault) Render(Func<string, string?> field, Func<string, string?> label)
    {
        var text = new StringBuilder();
        foreach (var (kind, value) in parts)
        {
            var found = kind switch
            {
                PartKind.Text => value,
                PartKind.Field => field(value),
                _ => label(value),
            };
            if (found is null)
            {
                return (null, kind == PartKind.Field ? $"can't evaluate field {value}" : $"label {value} not found");
            }

            text.Append(found);
        }

        return (text.ToString(), null);
    }

    private static string Fault(string action)
    {
        if (action.Length == 0)
        {
            return "missing value for command";
        }

        var word = WordPattern().Match(action).Value;
        return word is "if" or "range" or "with" or "else" or "end" or "define" or "template" or "block" || action.Contains('|', StringComparison.Ordinal)
            ? $"\"{action}\" is not supported, only fields and labels are"
            : word.Length > 0 && word != "label" ? $"function \"{word}\" not defined" : $"unexpected \"{action}\" in command";
    }

    [GeneratedRegex(@"^\.([A-Za-z_]\w*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex FieldPattern();

    [GeneratedRegex(@"^label\s+(?:""([^""\\]*)""|`([^`]*)`)\z", RegexOptions.CultureInvariant)]
    private static partial Regex LabelPattern();

    [GeneratedRegex(@"^[A-Za-z_]\w*", RegexOptions.CultureInvariant)]
    private static partial Regex WordPattern();

    private readonly record struct Part(PartKind Kind, string Value);
}
