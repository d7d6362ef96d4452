using System.Collections.Concurrent;
using System.Collections.Immutable;
using MeshConsole.Shared;

namespace MeshConsole.Web.Demo;

/// <summary>
/// Outages of the demo's zones that a person begins and ends in the console, to see how one looks. There only in the demo.
/// </summary>
internal sealed class PretendedOutages(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, DemoLink> links = new(StringComparer.Ordinal);

    /// <summary>The outages that are on, by zone, and since when (UTC); watch it.</summary>
    public Live<ImmutableSortedDictionary<string, DateTimeOffset>> Running { get; } = new(ImmutableSortedDictionary.Create<string, DateTimeOffset>(StringComparer.Ordinal));

    /// <summary>Names the link of a zone.</summary>
    public void Add(string zone, DemoLink link) => links[zone] = link;

    /// <summary>Whether a zone is one of the demo's, with a link that can be cut.</summary>
    public bool CanCut(string zone) => links.ContainsKey(zone);

    /// <summary>Cuts or mends the link of a zone.</summary>
    /// <returns>Null, or why not.</returns>
    public Refusal? Set(Actor actor, string zone, bool outage)
    {
        if (!actor.IsAdmin)
        {
            return new Refusal(RefusalReason.Forbidden, "Not allowed", "Only an administrator may pretend an outage.");
        }

        if (!links.TryGetValue(zone, out var link))
        {
            return Refusal.NotFound();
        }

        if (outage)
        {
            link.GoDead();
            Running.Update(r => r.ContainsKey(zone) ? r : r.Add(zone, time.GetUtcNow()));
        }
        else
        {
            link.Revive();
            Running.Update(r => r.Remove(zone));
        }

        return null;
    }
}
