using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace MeshConsole.Web.Demo;

/// <summary>
/// The network between a zone of the demo and global: a relay on loopback that can go dead as a network does. While it is dead
/// nothing passes, neither data nor the end of a connection, and nobody is told.
/// </summary>
internal sealed class DemoLink : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly int target;
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<Task, byte> relays = new();
    private readonly Task accepting;
    private volatile TaskCompletionSource passes = Passing();

    /// <summary>Starts to relay to a port of this machine.</summary>
    public DemoLink(int target)
    {
        this.target = target;
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        accepting = AcceptAsync();
    }

    /// <summary>The port that stands for the target's.</summary>
    public int Port { get; }

    /// <summary>Nothing passes from now on.</summary>
    public void GoDead()
    {
        if (passes.Task.IsCompleted)
        {
            passes = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Everything passes again, beginning with what was held.</summary>
    public void Revive() => passes.TrySetResult();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Stop();
        await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(relays.Keys);
        listener.Dispose();
        stopping.Dispose();
    }

    private static TaskCompletionSource Passing()
    {
        var passing = new TaskCompletionSource();
        passing.SetResult();
        return passing;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var relay = RelayAsync(await listener.AcceptSocketAsync(stopping.Token));
            relays[relay] = 0;
            _ = relay.ContinueWith(done => relays.TryRemove(done, out _), TaskScheduler.Default);
        }
    }

    private async Task RelayAsync(Socket zone)
    {
        using var near = zone;
        using var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        try
        {
            await passes.Task.WaitAsync(ending.Token);
            await far.ConnectAsync(IPAddress.Loopback, target, ending.Token);
            Task[] pumps = [PumpAsync(near, far, ending.Token), PumpAsync(far, near, ending.Token)];
            await Task.WhenAny(pumps); // an end in one direction is the end: both sides speak HTTP/2, which has no half
            await ending.CancelAsync();
            await Task.WhenAll(pumps);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // One side is gone, or the demo ends; closing both sockets tells the other.
        }
    }

    private async Task PumpAsync(Socket from, Socket to, CancellationToken cancellationToken)
    {
        var buffer = new byte[32 * 1024];
        while (true)
        {
            int read;
            try
            {
                read = await from.ReceiveAsync(buffer, cancellationToken);
            }
            catch (SocketException)
            {
                await passes.Task.WaitAsync(cancellationToken); // a reset does not pass a dead link either
                throw;
            }

            await passes.Task.WaitAsync(cancellationToken);
            if (read == 0)
            {
                return;
            }

            for (var sent = 0; sent < read;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), cancellationToken);
            }
        }
    }
}
