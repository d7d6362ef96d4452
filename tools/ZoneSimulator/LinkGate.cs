using System.Net.Sockets;

namespace MeshConsole.ZoneSimulator;

/// <summary>Whether bytes pass a link.</summary>
internal sealed class LinkGate
{
    private volatile TaskCompletionSource opened = Passed();

    public bool IsOpen
    {
        get => opened.Task.IsCompleted;
        set
        {
            if (value)
            {
                opened.TrySetResult();
            }
            else if (opened.Task.IsCompleted)
            {
                opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    public Task PassAsync(CancellationToken cancellationToken) => opened.Task.WaitAsync(cancellationToken);

    private static TaskCompletionSource Passed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }
}

/// <summary>
/// The zone's end of a connection, which can go dead: then nothing passes it any more and its socket stays open, as when the
/// machine behind it lost its power. The socket goes only with <see cref="Bury"/>.
/// </summary>
internal sealed class LinkStream(Socket socket, LinkGate link) : Stream
{
    private readonly NetworkStream inner = new(socket, ownsSocket: true);
    private readonly LinkGate own = new();

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>From now on it is dead.</summary>
    public void Die() => own.IsOpen = false;

    /// <summary>Closes the socket.</summary>
    public void Bury() => inner.Dispose();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        await PassAsync(cancellationToken).ConfigureAwait(false);
        return read;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await PassAsync(cancellationToken).ConfigureAwait(false);
        await inner.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && own.IsOpen)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task PassAsync(CancellationToken cancellationToken)
    {
        await link.PassAsync(cancellationToken).ConfigureAwait(false);
        await own.PassAsync(cancellationToken).ConfigureAwait(false);
    }
}
