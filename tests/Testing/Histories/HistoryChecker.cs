namespace MeshConsole.Testing.Histories;

/// <summary>How a history can be wrong.</summary>
public enum Fault
{
    /// <summary>A value was seen that nobody wrote, that was refused, or before anybody asked for it.</summary>
    NotWritten,

    /// <summary>A resource was seen at a site to which it is not carried.</summary>
    WrongPlace,

    /// <summary>A site showed an older state than it had shown before.</summary>
    WentBack,

    /// <summary>The site at which it is written showed less than it had acknowledged, or than it had already sent to others.</summary>
    Forgotten,

    /// <summary>At the end, a site does not hold what the site of origin holds.</summary>
    Apart,
}

/// <summary>One thing that is wrong with a history.</summary>
/// <param name="Fault">What kind.</param>
/// <param name="Site">Where it was seen.</param>
/// <param name="Name">Which resource.</param>
/// <param name="Text">The details.</param>
public sealed record Violation(Fault Fault, string Site, string Name, string Text)
{
    /// <inheritdoc />
    public override string ToString() => $"{Fault} at {Site}: {Name}: {Text}";
}

/// <summary>
/// Judges a history. The states of a name are the list "not there, after its first write, after its second, …" without the
/// refused ones; a site may show any of them, may leave some out, but may never walk backwards. A reading at the site of
/// origin that began after a write was acknowledged, or after another site showed it, must show that write or a later one.
/// </summary>
internal sealed class HistoryChecker(
    IReadOnlyDictionary<string, Placement> placements,
    IReadOnlyList<WriteEvent> writes,
    IReadOnlyList<ReadEvent> reads,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> ends,
    IReadOnlySet<(string Site, string Name)> rejected)
{
    private readonly Dictionary<(Fault Fault, string Site, string Name), Violation> found = [];
    private readonly Dictionary<string, List<WriteEvent>> states = [];
    private readonly Dictionary<(string Site, string Name), int> positions = [];
    private readonly Dictionary<string, List<(long At, int Position)>> shown = [];

    public IReadOnlyList<Violation> Check()
    {
        foreach (var name in placements.Keys)
        {
            states[name] = [new WriteEvent(name, null, 0) { Completed = 0, Outcome = Outcome.Acknowledged }];
            shown[name] = [];
        }

        foreach (var write in writes.Where(w => w.Outcome != Outcome.Refused))
        {
            states[write.Name].Add(write);
        }

        foreach (var read in reads.OrderBy(r => r.Ended))
        {
            foreach (var name in read.Values.Keys.Where(n => !placements.TryGetValue(n, out var at) || !at.Allows(read.Site)))
            {
                Add(placements.ContainsKey(name) ? Fault.WrongPlace : Fault.NotWritten, read.Site, name, $"it shows {read.Values[name]}, which does not belong there");
            }

            foreach (var (name, placement) in placements)
            {
                if (placement.Allows(read.Site))
                {
                    Follow(read, name, placement);
                }
            }
        }

        foreach (var (name, placement) in placements)
        {
            CheckEnd(name, placement);
        }

        return [.. found.Values];
    }

    private static string Show(int? value) => value is { } number ? number.ToString(System.Globalization.CultureInfo.InvariantCulture) : "nothing";

    /// <summary>Walks on to the earliest state that fits: whatever fits later readings fits them from there too.</summary>
    private void Follow(ReadEvent read, string name, Placement placement)
    {
        int? value = read.Values.TryGetValue(name, out var number) ? number : null;
        var list = states[name];
        var position = positions.GetValueOrDefault((read.Site, name));
        var floor = read.Site == placement.Origin ? Math.Max(position, Least(name, read.Began)) : position;
        for (var i = floor; i < list.Count; i++)
        {
            if (list[i].Value == value && list[i].Invoked < read.Ended)
            {
                positions[(read.Site, name)] = i;
                var seen = shown[name];
                if (seen.Count == 0 || seen[^1].Position < i)
                {
                    seen.Add((read.Ended, i));
                }

                return;
            }
        }

        if (value is not null && !list.Any(w => w.Value == value && w.Invoked < read.Ended))
        {
            var refused = writes.Any(w => w.Name == name && w.Value == value && w.Outcome == Outcome.Refused);
            Add(Fault.NotWritten, read.Site, name, $"it shows {Show(value)}, which {(refused ? "was refused" : "nobody had written")}");
        }
        else if (list.FindIndex(position, w => w.Value == value && w.Invoked < read.Ended) >= 0)
        {
            Add(Fault.Forgotten, read.Site, name, $"it shows {Show(value)} though {Show(list[floor].Value)} was acknowledged or seen elsewhere before");
        }
        else
        {
            Add(Fault.WentBack, read.Site, name, $"it went from {Show(list[position].Value)} back to {Show(value)}");
        }
    }

    /// <summary>The state that the site of origin has at least reached at a moment.</summary>
    private int Least(string name, long moment)
    {
        var acknowledged = states[name].FindLastIndex(w => w.Outcome == Outcome.Acknowledged && w.Completed < moment);
        var elsewhere = shown[name].FindLast(s => s.At < moment).Position;
        return Math.Max(acknowledged, elsewhere);
    }

    private void CheckEnd(string name, Placement placement)
    {
        if (!ends.TryGetValue(placement.Origin, out var origin))
        {
            return;
        }

        int? right = origin.TryGetValue(name, out var number) ? number : null;
        foreach (var site in placement.Copies.Where(s => ends.ContainsKey(s) && !rejected.Contains((s, name))))
        {
            int? there = ends[site].TryGetValue(name, out var copy) ? copy : null;
            if (there != right)
            {
                Add(Fault.Apart, site, name, $"it ends with {Show(there)}; {placement.Origin} ends with {Show(right)}");
            }
        }
    }

    /// <summary>The first of each kind for each name and site: one mistake shows in every later reading.</summary>
    private void Add(Fault fault, string site, string name, string text) => found.TryAdd((fault, site, name), new Violation(fault, site, name, text));
}
