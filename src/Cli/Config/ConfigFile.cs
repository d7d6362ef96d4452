using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MeshConsole.Cli.Client;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Config;

/// <summary>
/// The control planes that meshctl knows and which one is current: a YAML file below the user's configuration directory,
/// readable by its owner alone since it may hold tokens.
/// </summary>
internal sealed record ConfigFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Where it lies.</summary>
    public required string Path { get; init; }

    /// <summary>Name of the current control plane, or empty.</summary>
    public string Current { get; init; } = "";

    /// <summary>All control planes, in the order added.</summary>
    public ImmutableArray<ControlPlaneEntry> ControlPlanes { get; init; } = [];

    /// <summary>Where it lies unless said otherwise: <c>$XDG_CONFIG_HOME/meshctl/config.yaml</c>, else <c>~/.config/meshctl/config.yaml</c>.</summary>
    public static string DefaultPath(Func<string, string?> environment)
    {
        var folder = environment("XDG_CONFIG_HOME");
        if (string.IsNullOrEmpty(folder) || !System.IO.Path.IsPathRooted(folder))
        {
            folder = System.IO.Path.Combine(environment("HOME") ?? System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile), ".config");
        }

        return System.IO.Path.Combine(folder, "meshctl", "config.yaml");
    }

    /// <summary>Reads it; a file that is not there is an empty one.</summary>
    public static Result<ConfigFile> Load(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new ConfigFile { Path = path };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Refusal(RefusalReason.Invalid, "The configuration cannot be read", e.Message);
        }

        var documents = Yaml.Read(text);
        if (!documents.Ok)
        {
            return new Refusal(RefusalReason.Invalid, "The configuration cannot be read", $"{path}: {documents.Refusal.Detail}");
        }

        var root = documents.Value is [var first, ..] ? first : [];
        return new ConfigFile
        {
            Path = path,
            Current = root.String("current") ?? "",
            ControlPlanes = [.. root.Objects("controlPlanes").Select(ControlPlaneEntry.Read)],
        };
    }

    /// <summary>True when others on this machine can read the tokens in it.</summary>
    public bool IsOpenToOthers => !OperatingSystem.IsWindows()
        && ControlPlanes.Any(c => c.Token.Length > 0)
        && File.Exists(Path)
        && (File.GetUnixFileMode(Path) & ~(OwnerOnly | UnixFileMode.UserExecute)) != 0;

    /// <summary>The control plane of that name, or null.</summary>
    public ControlPlaneEntry? Find(string name) => ControlPlanes.FirstOrDefault(c => c.Name == name);

    /// <summary>With this control plane added, in place of one of the same name.</summary>
    public ConfigFile With(ControlPlaneEntry entry) => this with
    {
        ControlPlanes = Find(entry.Name) is { } old ? ControlPlanes.Replace(old, entry) : ControlPlanes.Add(entry),
    };

    /// <summary>Without the control plane of that name; when it was current, none is.</summary>
    public ConfigFile Without(string name) => this with
    {
        ControlPlanes = [.. ControlPlanes.Where(c => c.Name != name)],
        Current = Current == name ? "" : Current,
    };

    /// <summary>The text of the file; <paramref name="masked"/> leaves tokens out.</summary>
    public string ToYaml(bool masked) => Yaml.Write(new JsonObject
    {
        ["current"] = Current,
        ["controlPlanes"] = new JsonArray([.. ControlPlanes.Select(c => (masked && c.Token.Length > 0 ? c with { Token = "*****" } : c).Write())]),
    });

    /// <summary>Writes it, whole or not at all, for the owner alone.</summary>
    /// <returns>The reason it could not be written, or null.</returns>
    public Refusal? Save()
    {
        var temporary = $"{Path}.{Guid.NewGuid():N}.tmp";
        try
        {
            var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else
            {
                Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
            }

            OwnerFile.Write(temporary, ToYaml(masked: false));
            File.Move(temporary, Path, overwrite: true);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            return new Refusal(RefusalReason.Invalid, "The configuration cannot be written", e.Message);
        }
    }
}
