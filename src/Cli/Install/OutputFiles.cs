using MeshConsole.Shared;

namespace MeshConsole.Cli.Install;

/// <summary>A file that <c>install</c> makes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Text">What is in it.</param>
/// <param name="IsSecret">True when only its owner may read it.</param>
internal sealed record OutputFile(string Name, string Text, bool IsSecret = false);

/// <summary>Writes what <c>install</c> makes into a directory, replacing older files of the same names.</summary>
internal static class OutputFiles
{
    /// <summary>Writes them.</summary>
    /// <returns>The reason they could not be written, or null.</returns>
    public static Refusal? Write(string folder, IEnumerable<OutputFile> files, Terminal terminal)
    {
        try
        {
            Directory.CreateDirectory(folder);
            foreach (var file in files)
            {
                var path = Path.Combine(folder, file.Name);
                File.Delete(path);
                if (file.IsSecret)
                {
                    OwnerFile.Write(path, file.Text);
                }
                else
                {
                    File.WriteAllText(path, file.Text);
                }

                terminal.Error.WriteLine($"Wrote {path}");
            }

            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Refusal(RefusalReason.Invalid, "The files cannot be written", e.Message);
        }
    }
}
