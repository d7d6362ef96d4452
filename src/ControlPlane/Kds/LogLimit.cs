using System.Diagnostics.CodeAnalysis;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>
/// Keeps a log readable when peers try again and again: each key may be told once a minute. What is remembered is bounded;
/// keys beyond that share one line a minute, since whoever invents names must not fill the log with them.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="most">How many keys are told apart.</param>
internal sealed class LogLimit(TimeProvider time, int most = 1024)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    private readonly Lock gate = new();
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private readonly Entry others = new();

    /// <summary>Whether it is to be told now.</summary>
    /// <param name="key">What is told about.</param>
    /// <param name="untold">How often it was not told since the last time.</param>
    public bool MayTell(string key, out int untold)
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            if (!TryFind(key, now, out var entry))
            {
                entry = others;
            }

            if (entry.Told is { } told && now - told < Pause)
            {
                entry.Untold++;
                untold = entry.Untold;
                return false;
            }

            untold = entry.Untold;
            entry.Told = now;
            entry.Untold = 0;
            return true;
        }
    }

    private bool TryFind(string key, DateTimeOffset now, [NotNullWhen(true)] out Entry? entry)
    {
        if (entries.TryGetValue(key, out entry))
        {
            return true;
        }

        if (entries.Count >= most)
        {
            foreach (var (old, _) in entries.Where(e => now - e.Value.Told >= Pause).ToList())
            {
                entries.Remove(old);
            }

            if (entries.Count >= most)
            {
                return false;
            }
        }

        entries[key] = entry = new Entry();
        return true;
    }

    private sealed class Entry
    {
        public DateTimeOffset? Told { get; set; }

        public int Untold { get; set; }
    }
}
