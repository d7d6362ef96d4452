using System.Text.RegularExpressions;

namespace MeshConsole.Cli.Manifests;

/// <summary>
/// Fills <c>{{ key }}</c> in manifests. Words that begin with a dot or hold more than a name, such as <c>{{ .DisplayName }}</c> of a
/// HostnameGenerator, are templates of the mesh itself and stay; so do lines that are comments.
/// </summary>
internal sealed partial class Variables(IReadOnlyDictionary<string, string> values)
{
    /// <summary>Reads <c>key=value</c> words; the last value of a key counts.</summary>
    /// <param name="words">The words.</param>
    /// <param name="wrong">The first word that is none, or null.</param>
    public static Variables? Parse(IEnumerable<string> words, out string? wrong)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var word in words)
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !Key().IsMatch(word[..equals]))
            {
                wrong = word;
                return null;
            }

            values[word[..equals]] = word[(equals + 1)..];
        }

        wrong = null;
        return new Variables(values);
    }

    /// <summary>Fills the text; adds every key that has no value to <paramref name="missing"/>.</summary>
    public string Fill(string text, ISet<string> missing) => Placeholder().Replace(text, match =>
    {
        if (IsInComment(text, match.Index))
        {
            return match.Value;
        }

        var key = match.Groups["key"].Value;
        if (values.TryGetValue(key, out var value))
        {
            return value;
        }

        missing.Add(key);
        return match.Value;
    });

    private static bool IsInComment(string text, int index)
    {
        var start = text.LastIndexOf('\n', Math.Max(0, index - 1)) + 1;
        return text.AsSpan(start, index - start).TrimStart().StartsWith("#");
    }

    [GeneratedRegex(@"\{\{\s*(?<key>[A-Za-z_][A-Za-z0-9_.-]*)\s*\}\}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_.-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Key();
}
