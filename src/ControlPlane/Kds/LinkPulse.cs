using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>
/// When a connection was last heard: every byte counts, answers to pings too, of which the streams above know nothing. So a
/// link that is found dead tells when it was really last alive, and not when that was noticed.
/// </summary>
internal sealed class LinkPulse(TimeProvider time)
{
    private long heard = time.GetUtcNow().UtcTicks;

    /// <summary>When something last arrived (UTC).</summary>
    public DateTimeOffset LastHeard => new(Volatile.Read(ref heard), TimeSpan.Zero);

    /// <summary>Watches what arrives on a connection, below its TLS.</summary>
    public static Func<ConnectionDelegate, ConnectionDelegate> Watch(TimeProvider time) => next => async connection =>
    {
        var pulse = new LinkPulse(time);
        var transport = connection.Transport;
        connection.Features.Set(pulse);
        connection.Transport = new Pipe(new Reader(transport.Input, pulse), transport.Output);
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            connection.Transport = transport;
        }
    };

    private void Hear() => Volatile.Write(ref heard, time.GetUtcNow().UtcTicks);

    private sealed record Pipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class Reader(PipeReader inner, LinkPulse pulse) : PipeReader
    {
        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            var read = inner.ReadAsync(cancellationToken);
            return read.IsCompletedSuccessfully ? new ValueTask<ReadResult>(Heard(read.Result)) : WaitAsync(read);
        }

        public override bool TryRead(out ReadResult result)
        {
            var any = inner.TryRead(out result);
            if (any)
            {
                Heard(result);
            }

            return any;
        }

        public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

        private async ValueTask<ReadResult> WaitAsync(ValueTask<ReadResult> read) => Heard(await read.ConfigureAwait(false));

        private ReadResult Heard(ReadResult result)
        {
            if (!result.Buffer.IsEmpty)
            {
                pulse.Hear();
            }

            return result;
        }
    }
}
