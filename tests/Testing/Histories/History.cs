namespace MeshConsole.Testing.Histories;

/// <summary>
/// Records what writers did and what readers saw, in the order in which it happened; <see cref="HistoryChecker"/> judges it.
/// For use by any number of threads, as long as each name has one writer and each site one reader per group of names.
/// </summary>
public sealed class History
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Placement> placements = new(StringComparer.Ordinal);
    private readonly List<WriteEvent> writes = [];
    private readonly List<ReadEvent> reads = [];
    private readonly Dictionary<string, IReadOnlyDictionary<string, int>> ends = new(StringComparer.Ordinal);
    private readonly HashSet<(string Site, string Name)> rejected = [];
    private long ticks;

    /// <summary>A moment later than all before it.</summary>
    public long Tick() => Interlocked.Increment(ref ticks);

    /// <summary>Says where a name is written and to which sites it is carried.</summary>
    public void Place(string name, string origin, params IEnumerable<string> copies)
    {
        lock (gate)
        {
            placements[name] = new Placement(origin, copies.ToHashSet(StringComparer.Ordinal));
        }
    }

    /// <summary>A write is about to be asked for; null deletes.</summary>
    public WriteEvent Begin(string name, int? value)
    {
        lock (gate)
        {
            var write = new WriteEvent(name, value, Tick());
            writes.Add(write);
            return write;
        }
    }

    /// <summary>A write was answered, or will never be.</summary>
    public void End(WriteEvent write, Outcome outcome)
    {
        lock (gate)
        {
            write.Outcome = outcome;
            write.Completed = Tick();
        }
    }

    /// <summary>A reader saw all of these at a site, and nothing else.</summary>
    /// <param name="site">Where.</param>
    /// <param name="began">The tick taken before it was asked for.</param>
    /// <param name="values">Value by name.</param>
    public void Read(string site, long began, IReadOnlyDictionary<string, int> values)
    {
        lock (gate)
        {
            reads.Add(new ReadEvent(site, began, Tick(), values));
        }
    }

    /// <summary>What a site holds when all writers have stopped and everything had its time to arrive.</summary>
    public void AtTheEnd(string site, IReadOnlyDictionary<string, int> values)
    {
        Read(site, Tick(), values);
        lock (gate)
        {
            ends[site] = values;
        }
    }

    /// <summary>Whether every copy is what its origin holds.</summary>
    /// <param name="sites">What each site holds.</param>
    public bool Agree(IReadOnlyDictionary<string, Dictionary<string, int>> sites)
    {
        lock (gate)
        {
            return placements.All(p => p.Value.Copies.All(copy =>
                sites[copy].TryGetValue(p.Key, out var there) == sites[p.Value.Origin].TryGetValue(p.Key, out var right) && there == right));
        }
    }

    /// <summary>A site reported that it does not take a resource: its copy there may be behind.</summary>
    public void Reject(string site, string name)
    {
        lock (gate)
        {
            rejected.Add((site, name));
        }
    }

    /// <summary>How many writes there are of an outcome.</summary>
    public int Count(Outcome outcome)
    {
        lock (gate)
        {
            return writes.Count(w => w.Outcome == outcome);
        }
    }

    /// <summary>How many readings there are.</summary>
    public int ReadCount
    {
        get
        {
            lock (gate)
            {
                return reads.Count;
            }
        }
    }

    /// <summary>Everything that is wrong with it; empty when nothing is.</summary>
    public IReadOnlyList<Violation> Check()
    {
        lock (gate)
        {
            return new HistoryChecker(placements, writes, reads, ends, rejected).Check();
        }
    }
}
