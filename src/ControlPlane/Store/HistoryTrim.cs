using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Store;

/// <summary>
/// Decides when the history of a key is cut: at its first write after the start, then once in so many writes that at most a
/// tenth more than the limit stands there. Cutting at each write would cost as much as the write.
/// </summary>
internal sealed class HistoryTrim(int limit)
{
    private readonly int step = Math.Max(1, limit / 10);
    private readonly Dictionary<ResourceKey, int> untilNext = [];

    public int Limit => limit;

    /// <summary>Counts one version more for each of <paramref name="rows"/>, and returns the keys to cut now.</summary>
    public List<ResourceKey> Count(List<HistoryRow> rows)
    {
        var due = new List<ResourceKey>();
        foreach (var key in rows.Select(r => new ResourceKey(r.Kind, r.Mesh, r.Name)))
        {
            var left = untilNext.GetValueOrDefault(key) - 1;
            untilNext[key] = left > 0 ? left : step;
            if (left <= 0)
            {
                due.Add(key);
            }
        }

        return due;
    }
}
