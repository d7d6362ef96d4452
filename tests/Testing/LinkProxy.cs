using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace MeshConsole.Testing;

/// <summary>
/// A TCP relay between two programs of this machine, to stand for the network between them: it passes everything on, or drops,
/// delays, resets and half closes on demand.
/// </summary>
public sealed class LinkProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly int target;
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<Connection, Task> connections = new();
    private readonly Task accepting;
    private volatile TaskCompletionSource open = Opened();
    private int accepted;

    private LinkProxy(int target)
    {
        this.target = target;
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        accepting = AcceptAsync();
    }

    /// <summary>The port to dial instead of the target's.</summary>
    public int Port { get; }

    /// <summary>How many connections were made through it so far.</summary>
    public int Accepted => Volatile.Read(ref accepted);

    /// <summary>Each piece is held this long before it is passed on.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Resets every new connection at once, as a port does on which nobody listens.</summary>
    public bool Refuses { get; set; }

    /// <summary>Starts to relay.</summary>
    /// <param name="target">Port of this machine to which everything goes.</param>
    public static LinkProxy To(int target) => new(target);

    /// <summary>
    /// From now on nothing goes through, in either direction, and neither side is told: no data, no end, no reset. New
    /// connections come into being and stay silent too.
    /// </summary>
    public void Freeze() => open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Everything goes through again, beginning with what was held.</summary>
    public void Thaw() => open.TrySetResult();

    /// <summary>Resets all present connections in both directions; new ones are relayed.</summary>
    public void Cut()
    {
        foreach (var connection in connections.Keys)
        {
            connection.Reset();
        }
    }

    /// <summary>Ends the direction from the dialling side to the target in good order; the other direction goes on.</summary>
    public void HalfClose()
    {
        foreach (var connection in connections.Keys)
        {
            connection.Server.Shutdown(SocketShutdown.Send);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        listener.Stop();
        Cut();
        Thaw();
        await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(connections.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.Dispose();
    }

    private static TaskCompletionSource Opened()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }

    private async Task AcceptAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            var client = await listener.AcceptSocketAsync(stopping.Token).ConfigureAwait(false);
            Interlocked.Increment(ref accepted);
            if (Refuses)
            {
                client.Close(0);
                continue;
            }

            var connection = new Connection(client);
            connections[connection] = RelayAsync(connection);
        }
    }

    private async Task RelayAsync(Connection connection)
    {
        await Task.Yield();
        try
        {
            await open.Task.WaitAsync(stopping.Token).ConfigureAwait(false);
            await connection.Server.ConnectAsync(IPAddress.Loopback, target, stopping.Token).ConfigureAwait(false);
            await Task.WhenAll(
                ResetAtFailureAsync(connection, PumpAsync(connection.Client, connection.Server)),
                ResetAtFailureAsync(connection, PumpAsync(connection.Server, connection.Client))).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            connection.Reset();
        }
        finally
        {
            connection.Dispose();
            connections.TryRemove(connection, out _);
        }
    }

    /// <summary>One side is gone without a goodbye: the other one learns it in the same way, at once, and not when it next has something to say.</summary>
    private static async Task ResetAtFailureAsync(Connection connection, Task pump)
    {
        try
        {
            await pump.ConfigureAwait(false);
        }
        catch
        {
            connection.Reset();
            throw;
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            int read;
            try
            {
                read = await from.ReceiveAsync(buffer, stopping.Token).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                await open.Task.WaitAsync(stopping.Token).ConfigureAwait(false); // a reset does not get through either
                throw;
            }

            if (Delay > TimeSpan.Zero)
            {
                await Task.Delay(Delay, stopping.Token).ConfigureAwait(false);
            }

            await open.Task.WaitAsync(stopping.Token).ConfigureAwait(false);
            if (read == 0)
            {
                to.Shutdown(SocketShutdown.Send);
                return;
            }

            for (var sent = 0; sent < read;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), stopping.Token).ConfigureAwait(false);
            }
        }
    }

    private sealed class Connection(Socket client) : IDisposable
    {
        public Socket Client => client;

        public Socket Server { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        public void Reset()
        {
            client.Close(0);
            Server.Close(0);
        }

        public void Dispose()
        {
            client.Dispose();
            Server.Dispose();
        }
    }
}
