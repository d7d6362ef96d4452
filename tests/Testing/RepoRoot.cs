namespace MeshConsole.Testing;

/// <summary>The root of the checkout that the running tests were built from.</summary>
public static class RepoRoot
{
    /// <summary>Its full path.</summary>
    public static string Path { get; } = Find();

    /// <summary>A path below the root.</summary>
    public static string Combine(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(directory.FullName, "MeshConsole.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds MeshConsole.sln.");
    }
}
