using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MeshConsole.Shared;

/// <summary>The other half: JSON written as YAML for people.</summary>
public static partial class Yaml
{
    /// <summary>
    /// Writes a tree in block style, members in their order, two spaces an indent. What it writes <see cref="Read"/> reads as
    /// the same tree.
    /// </summary>
    public static string Write(JsonNode? node)
    {
        var text = new StringBuilder();
        switch (node)
        {
            case JsonObject { Count: > 0 } map:
                WriteMap(text, map, 0, indentFirst: false);
                break;
            case JsonArray { Count: > 0 } list:
                WriteList(text, list, 0);
                break;
            default:
                text.Append(Inline(node, 0)).Append('\n');
                break;
        }

        return text.ToString();
    }

    private static void WriteMap(StringBuilder text, JsonObject map, int depth, bool indentFirst)
    {
        var indent = indentFirst;
        foreach (var (key, value) in map)
        {
            text.Append(' ', indent ? depth * 2 : 0).Append(PlainOrQuoted(key, 0)).Append(':');
            WriteValue(text, value, depth);
            indent = true;
        }
    }

    private static void WriteList(StringBuilder text, JsonArray list, int depth)
    {
        foreach (var item in list)
        {
            text.Append(' ', depth * 2).Append("- ");
            switch (item)
            {
                case JsonObject { Count: > 0 } map:
                    WriteMap(text, map, depth + 1, indentFirst: false);
                    break;
                case JsonArray { Count: > 0 } inner:
                    text.Length -= 1;
                    text.Append('\n');
                    WriteList(text, inner, depth + 1);
                    break;
                default:
                    text.Append(Inline(item, depth + 1)).Append('\n');
                    break;
            }
        }
    }

    private static void WriteValue(StringBuilder text, JsonNode? value, int depth)
    {
        switch (value)
        {
            case JsonObject { Count: > 0 } map:
                text.Append('\n');
                WriteMap(text, map, depth + 1, indentFirst: true);
                break;
            case JsonArray { Count: > 0 } list:
                text.Append('\n');
                WriteList(text, list, depth + 1);
                break;
            default:
                text.Append(' ').Append(Inline(value, depth + 1)).Append('\n');
                break;
        }
    }

    private static string Inline(JsonNode? node, int depth) => node switch
    {
        null => "null",
        JsonObject => "{}",
        JsonArray => "[]",
        _ when node.GetValueKind() == JsonValueKind.String => PlainOrQuoted(node.GetValue<string>(), depth),
        _ => node.ToJsonString(),
    };

    private static string PlainOrQuoted(string value, int depth)
    {
        if (IsPlain(value))
        {
            return value;
        }

        return depth > 0 && IsBlock(value) ? Block(value, depth) : JsonSerializer.Serialize(value, Json.Compact);
    }

    private static bool IsPlain(string value) =>
        PlainText().IsMatch(value)
        && !value.Contains(": ", StringComparison.Ordinal)
        && !value.Contains(" #", StringComparison.Ordinal)
        && !value.EndsWith(':')
        && value.ToLowerInvariant() is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off" or "y" or "n")
        && !LooksLikeNumber().IsMatch(value);

    // Text of several lines, such as a PEM, stays readable as a literal block.
    private static bool IsBlock(string value) =>
        value.Contains('\n', StringComparison.Ordinal) && value[0] is not (' ' or '\n' or '\t') && value.All(c => c == '\n' || (c >= ' ' && c != 0x7f && !char.IsSurrogate(c) && c is not ('\u0085' or '\u2028' or '\u2029' or '\ufeff')));

    private static string Block(string value, int depth)
    {
        var body = value.TrimEnd('\n');
        var trailing = value.Length - body.Length;
        var text = new StringBuilder(trailing switch { 0 => "|-", 1 => "|", _ => "|+" });
        foreach (var line in body.Split('\n'))
        {
            text.Append('\n');
            if (line.Length > 0)
            {
                text.Append(' ', depth * 2).Append(line);
            }
        }

        text.Append('\n', Math.Max(0, trailing - 1));
        return text.ToString();
    }

    [GeneratedRegex(@"^[A-Za-z0-9_./~^<(][A-Za-z0-9_./~^@%+=:,()<> -]*(?<! )\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainText();

    [GeneratedRegex(@"^([-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)(e[-+]?[0-9]+)?|[-+]?0[xob][0-9a-f_]+|[0-9]+(:[0-9]+)+(\.[0-9]*)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*|[-+]?\.(inf|nan)|~|<<|=)\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex LooksLikeNumber();
}
