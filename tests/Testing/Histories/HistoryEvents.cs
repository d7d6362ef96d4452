namespace MeshConsole.Testing.Histories;

/// <summary>What is known of a write after it was asked for.</summary>
public enum Outcome
{
    /// <summary>It has not been answered yet; at the end of a run the same as <see cref="Unknown"/>.</summary>
    Open,

    /// <summary>The writer was told that it is done: it must never be lost.</summary>
    Acknowledged,

    /// <summary>The writer was told that it is not done: it must never be seen.</summary>
    Refused,

    /// <summary>The connection died before an answer came: it may be done or not, but the same everywhere.</summary>
    Unknown,
}

/// <summary>One write to a resource.</summary>
/// <param name="Name">The resource. It is written at one site only, one write after the other.</param>
/// <param name="Value">Its new value, different from every other of this name; null when it is deleted.</param>
/// <param name="Invoked">When it was asked for, as a tick of <see cref="History"/>.</param>
public sealed record WriteEvent(string Name, int? Value, long Invoked)
{
    /// <summary>When it was answered; <see cref="long.MaxValue"/> while it is not.</summary>
    public long Completed { get; internal set; } = long.MaxValue;

    /// <summary>How it was answered.</summary>
    public Outcome Outcome { get; internal set; }
}

/// <summary>What one reader saw at one site: everything that is there.</summary>
/// <param name="Site">Where.</param>
/// <param name="Began">When it was asked for, as a tick of <see cref="History"/>.</param>
/// <param name="Ended">When the answer was there.</param>
/// <param name="Values">Value by name; what is not in it is not there.</param>
public sealed record ReadEvent(string Site, long Began, long Ended, IReadOnlyDictionary<string, int> Values);

/// <summary>Where a resource may be.</summary>
/// <param name="Origin">The site at which it is written.</param>
/// <param name="Copies">The sites to which it is carried.</param>
public sealed record Placement(string Origin, IReadOnlySet<string> Copies)
{
    /// <summary>Whether a site may show it.</summary>
    public bool Allows(string site) => site == Origin || Copies.Contains(site);
}
