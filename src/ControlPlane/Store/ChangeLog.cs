using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Store;

/// <summary>One change of one resource.</summary>
/// <param name="Revision">Store revision.</param>
/// <param name="Key">What changed.</param>
/// <param name="Before">As it was, or null when it was created.</param>
/// <param name="After">As it is, or null when it was deleted.</param>
/// <param name="Time">When it was committed (UTC).</param>
/// <param name="Actor">Who did it.</param>
public sealed record Change(long Revision, ResourceKey Key, Resource? Before, Resource? After, DateTimeOffset Time, string Actor)
{
    /// <summary>Stands for the actor of what another replica wrote; the audit trail names the person.</summary>
    public const string OtherReplica = "mesh-system:replica";
}

/// <summary>
/// The newest changes in a ring: answers "what changed since revision N" without reading the store. A reader that fell out
/// of the ring compares whole worlds instead.
/// </summary>
public sealed class ChangeLog(int capacity = 16384)
{
    private readonly Change[] ring = new Change[capacity];
    private readonly Lock gate = new();
    private long written;
    private long oldestExclusive;

    /// <summary>
    /// Adds to <paramref name="into"/> every change with a revision above <paramref name="revision"/>, oldest first.
    /// </summary>
    /// <returns>False when some of them are no longer held; then nothing is added.</returns>
    public bool TryReadSince(long revision, ICollection<Change> into)
    {
        lock (gate)
        {
            if (revision < oldestExclusive)
            {
                return false;
            }

            var count = (int)Math.Min(written, ring.Length);
            var first = written - count;
            var start = count;
            while (start > 0 && ring[(first + start - 1) % ring.Length].Revision > revision)
            {
                start--;
            }

            for (var i = start; i < count; i++)
            {
                into.Add(ring[(first + i) % ring.Length]);
            }

            return true;
        }
    }

    /// <summary>Forgets everything: what was changed up to <paramref name="revision"/> is not known change by change.</summary>
    internal void Restart(long revision)
    {
        lock (gate)
        {
            Array.Clear(ring);
            written = 0;
            oldestExclusive = revision;
        }
    }

    internal void Append(IReadOnlyList<Change> changes)
    {
        lock (gate)
        {
            foreach (var change in changes)
            {
                var slot = written % ring.Length;
                if (written >= ring.Length)
                {
                    oldestExclusive = ring[slot].Revision;
                }

                ring[slot] = change;
                written++;
            }
        }
    }
}
