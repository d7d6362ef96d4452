namespace MeshConsole.Testing;

/// <summary>A folder of its own for one test, removed at the end.</summary>
public sealed class TempFolder : IDisposable
{
    /// <summary>Makes it.</summary>
    public TempFolder() => Path = Directory.CreateTempSubdirectory("meshconsole-test-").FullName;

    /// <summary>Its full path.</summary>
    public string Path { get; }

    /// <summary>A path below it.</summary>
    public string Combine(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <inheritdoc />
    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Already gone: the test removed it itself.
        }
    }
}
