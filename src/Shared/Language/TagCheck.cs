using System.Text.RegularExpressions;

namespace MeshConsole.Shared.Language;

/// <summary>Checks of tag maps: plain tags, and selectors with <c>*</c>.</summary>
public static partial class TagCheck
{
    /// <summary>Tags of a thing or of MeshSubset: no <c>*</c>.</summary>
    public static void Tags(IReadOnlyDictionary<string, string>? tags, string path, ViolationList at) => Check(tags, path, selector: false, at);

    /// <summary>Tags that select: <c>/</c> and a lone <c>*</c> are allowed in values.</summary>
    public static void Selector(IReadOnlyDictionary<string, string>? tags, string path, ViolationList at) => Check(tags, path, selector: true, at);

    private static void Check(IReadOnlyDictionary<string, string>? tags, string path, bool selector, ViolationList at)
    {
        foreach (var (key, value) in (tags ?? new Dictionary<string, string>()).OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            var field = FieldPath.Key(path, key);
            if (key.Length == 0)
            {
                at.Add(field, "tag name must be non-empty");
            }
            else
            {
                at.AddIf(!KeyPattern().IsMatch(key), field, "tag name must consist of alphanumeric characters, dots, dashes, slashes, colons and underscores");
            }

            if (value.Length == 0)
            {
                at.Add(field, "tag value must be non-empty");
            }
            else if (selector)
            {
                at.AddIf(
                    value != "*" && !SelectorValuePattern().IsMatch(value),
                    field,
                    "tag value must consist of alphanumeric characters, dots, dashes, slashes, colons and underscores or be \"*\"");
            }
            else
            {
                at.AddIf(!ValuePattern().IsMatch(value), field, "tag value must consist of alphanumeric characters, dots, dashes, colons and underscores");
            }
        }
    }

    [GeneratedRegex(@"^[a-zA-Z0-9.\-_:/]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex KeyPattern();

    [GeneratedRegex(@"^[a-zA-Z0-9.\-_:]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex ValuePattern();

    [GeneratedRegex(@"^[a-zA-Z0-9.\-_:/]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex SelectorValuePattern();
}
