using System.Net;
using System.Net.Sockets;

namespace MeshConsole.Testing;

/// <summary>
/// Ports of this machine that nothing listens on, below the range from which the system hands out ports to others. None is given
/// twice in one process: between the look and the listening lie seconds, in which another test looks too.
/// </summary>
public static class FreePorts
{
    private const int Lowest = 6_000;
    private const int Highest = 31_000;
    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Given = [];

    /// <summary>One free TCP port.</summary>
    public static int Take() => Lowest + TakeOffset(Lowest);

    /// <summary>An offset for <c>--port-offset</c> at which none of <paramref name="basePorts"/> is taken.</summary>
    public static int TakeOffset(params ReadOnlySpan<int> basePorts)
    {
        var (least, most) = (int.MaxValue, 0);
        foreach (var port in basePorts)
        {
            (least, most) = (Math.Min(least, port), Math.Max(most, port));
        }

        for (var attempt = 0; attempt < 1_000; attempt++)
        {
            var offset = Random.Shared.Next(Math.Max(Lowest - least, 0), Highest - most);
            lock (Gate)
            {
                if (AllAreFree(offset, basePorts))
                {
                    foreach (var port in basePorts)
                    {
                        Given.Add(port + offset);
                    }

                    return offset;
                }
            }
        }

        throw new InvalidOperationException("No free range of ports was found in 1,000 tries.");
    }

    private static bool AllAreFree(int offset, ReadOnlySpan<int> basePorts)
    {
        foreach (var port in basePorts)
        {
            if (Given.Contains(port + offset) || !IsFree(port + offset))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var any = new TcpListener(IPAddress.Any, port);
            any.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
