using System.Globalization;

namespace MeshConsole.ControlPlane.Store;

/// <summary>
/// Keeps a second process away from a data directory. The system lets go of it when the process ends, however it ends.
/// </summary>
internal sealed class ProcessLock : IDisposable
{
    private readonly FileStream file;

    private ProcessLock(FileStream file) => this.file = file;

    /// <summary>Takes the lock that <paramref name="path"/> stands for.</summary>
    /// <param name="path">The lock file; made when it is missing, and left behind.</param>
    /// <param name="guarded">What it guards, for the message.</param>
    /// <exception cref="StoreUnavailableException">Another process holds it.</exception>
    public static ProcessLock Take(string path, string guarded)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new StoreUnavailableException($"The data directory {guarded} is in use by another MeshConsole process. Stop that one, or give this one a directory of its own with --data-dir.", e);
        }

        file.SetLength(0);
        file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"));
        file.Flush();
        return new ProcessLock(file);
    }

    public void Dispose() => file.Dispose();
}
