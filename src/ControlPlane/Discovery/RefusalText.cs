namespace MeshConsole.ControlPlane.Discovery;

/// <summary>
/// What a peer says when it refuses, taken apart once: of which resources it speaks, by wire name in quotes or by name and mesh
/// as Kuma writes them, and in which line. A refusal of thousands is thousands of lines.
/// </summary>
internal sealed class RefusalText
{
    private readonly string text;
    private readonly Dictionary<string, string> lines = new(StringComparer.Ordinal);

    /// <summary>Reads the text.</summary>
    public RefusalText(string text)
    {
        this.text = text;
        foreach (var line in text.Split('\n'))
        {
            var parts = line.Split('"');
            string? name = null;
            var mesh = "";
            for (var i = 1; i < parts.Length - 1; i++)
            {
                lines.TryAdd(parts[i], line);
                if (parts[i - 1].EndsWith("name=", StringComparison.Ordinal))
                {
                    name = parts[i];
                }
                else if (parts[i - 1].EndsWith("mesh=", StringComparison.Ordinal))
                {
                    mesh = parts[i];
                }
            }

            if (name is not null)
            {
                lines.TryAdd($"{name}.{mesh}", line);
            }
        }
    }

    /// <summary>Whether it speaks of a resource.</summary>
    public bool Names(string wireName) => lines.ContainsKey(wireName);

    /// <summary>The part that speaks of a resource; all of it when none does.</summary>
    public string About(string wireName)
    {
        if (!lines.TryGetValue(wireName, out var line))
        {
            return text;
        }

        var prefix = $"\"{wireName}\": ";
        var at = line.IndexOf(prefix, StringComparison.Ordinal);
        return at < 0 ? line : line[(at + prefix.Length)..];
    }
}
