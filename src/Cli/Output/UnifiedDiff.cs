using DiffPlex.Renderer;

namespace MeshConsole.Cli.Output;

/// <summary>Differences in the unified form that <c>diff -u</c> and <c>patch</c> know.</summary>
internal static class UnifiedDiff
{
    /// <summary>The differences, or the empty string when there are none.</summary>
    public static string Of(string before, string after, string beforeName, string afterName)
    {
        if (before == after)
        {
            return "";
        }

        var diff = UnidiffRenderer.GenerateUnidiff(before.TrimEnd('\n'), after.TrimEnd('\n'), beforeName, afterName);
        return before.Length == 0 ? diff.Replace("\n@@ -1,0 ", "\n@@ -0,0 ", StringComparison.Ordinal) // "no lines" has no first line, says patch
            : after.Length == 0 ? diff.Replace(" +1,0 @@\n", " +0,0 @@\n", StringComparison.Ordinal)
            : diff;
    }
}
