using System.Threading.Channels;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>"Look again": any number of calls of <see cref="Set"/> end one wait.</summary>
internal sealed class Signal
{
    private readonly Channel<bool> channel = Channel.CreateBounded<bool>(new BoundedChannelOptions(1)
    {
        FullMode = BoundedChannelFullMode.DropWrite,
        SingleReader = true,
    });

    public void Set() => channel.Writer.TryWrite(true);

    /// <summary>Returns when it is set or when <paramref name="timeout"/> has passed.</summary>
    public async Task WaitAsync(TimeSpan? timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        if (timeout is not { } limit)
        {
            await channel.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        var timer = time.CreateTimer(static s => ((Signal)s!).Set(), this, limit < TimeSpan.Zero ? TimeSpan.Zero : limit, Timeout.InfiniteTimeSpan);
        await using (timer.ConfigureAwait(false))
        {
            await channel.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
