using DiffPlex.Renderer;

namespace MeshConsole.Cli.Output;

/// <summary>Differences in the unified form that <c>diff -u</c> and <c>patch</c> know.</summary>
internal static class UnifiedDiff
{
    /// <summary>The differences, or the empty string when there are none.</summary>
    public static string Of(string before, string after, string beforeName, string afterName) =>
        before == after ? "" : UnidiffRenderer.GenerateUnidiff(before.TrimEnd('\n'), after.TrimEnd('\n'), beforeName, afterName);
}
