using System.Net;
using System.Net.Sockets;

namespace MeshConsole.ControlPlane.Access;

/// <summary>
/// Slows down guessing: after five failures for one name from one address each further try waits, doubling up to a quarter
/// of an hour; the same after fifty failures from one address, whatever the names. In memory and bounded; a restart forgets.
/// </summary>
internal sealed class SignInThrottle(TimeProvider time, int capacity = 10_000)
{
    private const int FreeTriesPerName = 5;
    private const int FreeTriesPerAddress = 50;
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(30);
    private readonly Dictionary<(string Name, string Address), Tries> tries = [];
    private readonly Lock gate = new();

    /// <summary>
    /// Counts a try as failed until <see cref="Succeeded"/> says otherwise, so that tries at the same time count too.
    /// </summary>
    /// <returns>How long to wait; zero when the try may go on.</returns>
    public TimeSpan Begin(string name, IPAddress? address)
    {
        var from = KeyOf(address);
        var now = time.GetUtcNow();
        lock (gate)
        {
            var wait = Max(WaitOf((name, from), now), WaitOf(("", from), now));
            if (wait > TimeSpan.Zero)
            {
                return wait;
            }

            Count((name, from), FreeTriesPerName, now);
            Count(("", from), FreeTriesPerAddress, now);
            return TimeSpan.Zero;
        }
    }

    /// <summary>Forgets the failures of that name at that address.</summary>
    public void Succeeded(string name, IPAddress? address)
    {
        var from = KeyOf(address);
        lock (gate)
        {
            tries.Remove((name, from));
            if (tries.TryGetValue(("", from), out var all))
            {
                tries[("", from)] = all with { Failures = Math.Max(0, all.Failures - 1) };
            }
        }
    }

    /// <summary>True when the next try of that name at that address has to wait.</summary>
    public bool IsHeld(string name, IPAddress? address)
    {
        lock (gate)
        {
            return WaitOf((name, KeyOf(address)), time.GetUtcNow()) > TimeSpan.Zero;
        }
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <summary>An IPv6 host owns its /64, so that is what counts.</summary>
    private static string KeyOf(IPAddress? address)
    {
        if (address is null)
        {
            return "";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4().ToString();
        }

        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes(), 0, 8) : address.ToString();
    }

    private TimeSpan WaitOf((string Name, string Address) key, DateTimeOffset now) =>
        tries.TryGetValue(key, out var known) && known.HeldUntil > now ? known.HeldUntil - now : TimeSpan.Zero;

    private void Count((string Name, string Address) key, int free, DateTimeOffset now)
    {
        var known = tries.TryGetValue(key, out var found) && now - found.Last < Memory ? found : new Tries(0, now, now);
        var failures = known.Failures + 1;
        var wait = failures < free ? TimeSpan.Zero : Doubled(failures - free);
        if (!tries.ContainsKey(key) && tries.Count >= capacity)
        {
            MakeRoom(now);
        }

        tries[key] = new Tries(failures, now, now + wait);
    }

    private static TimeSpan Doubled(int times)
    {
        var wait = FirstWait * Math.Pow(2, Math.Min(times, 16));
        return wait < LongestWait ? wait : LongestWait;
    }

    private void MakeRoom(DateTimeOffset now)
    {
        foreach (var (key, _) in tries.Where(t => now - t.Value.Last >= Memory).ToList())
        {
            tries.Remove(key);
        }

        if (tries.Count >= capacity)
        {
            foreach (var (key, _) in tries.OrderBy(t => t.Value.Failures).ThenBy(t => t.Value.Last).Take(capacity / 10).ToList())
            {
                tries.Remove(key);
            }
        }
    }

    private sealed record Tries(int Failures, DateTimeOffset Last, DateTimeOffset HeldUntil);
}
