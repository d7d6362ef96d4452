using System.Net;
using System.Net.Sockets;

namespace MeshConsole.Testing;

/// <summary>Ports of this machine that nothing listens on.</summary>
public static class FreePorts
{
    /// <summary>
    /// <paramref name="count"/> different free TCP ports. They are held together before they are let go, so that no two are
    /// the same; another program may still take one meanwhile.
    /// </summary>
    public static int[] Take(int count)
    {
        var held = new List<TcpListener>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                var listener = new TcpListener(IPAddress.Loopback, 0);
                listener.Start();
                held.Add(listener);
            }

            return [.. held.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (var listener in held)
            {
                listener.Dispose();
            }
        }
    }

    /// <summary>One free TCP port.</summary>
    public static int Take() => Take(1)[0];

    /// <summary>
    /// An offset for <c>--port-offset</c> at which none of <paramref name="basePorts"/> is taken, below the range from which
    /// the system hands out ports to others.
    /// </summary>
    public static int TakeOffset(params ReadOnlySpan<int> basePorts)
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            var offset = Random.Shared.Next(1_000, 25_000);
            var free = true;
            foreach (var port in basePorts)
            {
                free &= IsFree(port + offset);
            }

            if (free)
            {
                return offset;
            }
        }

        throw new InvalidOperationException("No free range of ports was found in 200 tries.");
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
