namespace MeshConsole.Cli;

/// <summary>Files that their owner alone may read (mode 0600): tokens, keys, the configuration.</summary>
internal static class OwnerFile
{
    /// <summary>Writes a file that is not there yet; its mode is right from the first moment.</summary>
    /// <exception cref="IOException">It is there, or cannot be written.</exception>
    public static void Write(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(path, options);
        writer.Write(text);
    }
}
