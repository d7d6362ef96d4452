using Xunit;

namespace MeshConsole.Testing;

/// <summary>
/// Recorded facts that lie beside the checkout in <c>../shared</c> (or where the environment variable
/// <c>MESHCONSOLE_SHARED</c> points): not part of the repository, so tests that read them are skipped where it is absent.
/// </summary>
public static class SharedFolder
{
    /// <summary>The folder, or null.</summary>
    public static string? Path { get; } = Find();

    /// <summary>Full path of a file or folder in it; skips the running test when it is not there.</summary>
    public static string Require(params ReadOnlySpan<string> parts)
    {
        var wanted = System.IO.Path.Combine([Path ?? "", .. parts]);
        Assert.SkipWhen(Path is null, "The folder ../shared is not beside this checkout.");
        Assert.SkipUnless(File.Exists(wanted) || Directory.Exists(wanted), $"{System.IO.Path.Combine(parts)} is not in the folder ../shared.");
        return wanted;
    }

    private static string? Find()
    {
        var named = Environment.GetEnvironmentVariable("MESHCONSOLE_SHARED");
        var candidate = string.IsNullOrEmpty(named) ? System.IO.Path.GetFullPath(RepoRoot.Combine("..", "shared")) : named;
        return Directory.Exists(candidate) ? candidate : null;
    }
}
