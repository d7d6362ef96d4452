using MeshConsole.ControlPlane.Store;

namespace MeshConsole.ControlPlane.Hosting;

/// <summary>
/// Remembers in the data directory which instance ran here, so that the next one can close what it left open when it was
/// killed. Held for as long as the process lives; the system lets go of it however the process ends.
/// </summary>
internal sealed class InstanceFile : IDisposable
{
    private readonly FileStream? file;

    private InstanceFile(FileStream? file, string? previous)
    {
        this.file = file;
        Previous = previous;
    }

    /// <summary>The instance that ran here before and is gone; null when there was none, or it still runs.</summary>
    public string? Previous { get; }

    /// <summary>Reads who was here, and writes who is.</summary>
    /// <param name="dataDir">The data directory; made when it is missing.</param>
    /// <param name="instanceId">This instance.</param>
    public static InstanceFile Take(string dataDir, string instanceId)
    {
        SecureFile.MakeDirectory(dataDir);
        var path = Path.Combine(dataDir, "instance");
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            return new InstanceFile(null, null); // it runs still, in this very directory: nothing of it is ours to close
        }

        using var reader = new StreamReader(file, leaveOpen: true);
        var previous = reader.ReadToEnd().Trim();
        file.SetLength(0);
        using (var writer = new StreamWriter(file, leaveOpen: true))
        {
            writer.WriteLine(instanceId);
        }

        file.Flush(flushToDisk: true);
        return new InstanceFile(file, previous.Length == 0 ? null : previous);
    }

    public void Dispose() => file?.Dispose();
}
