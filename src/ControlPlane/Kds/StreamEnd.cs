namespace MeshConsole.ControlPlane.Kds;

/// <summary>
/// The end of one stream. A write that is cancelled resets its stream with CANCEL: the zone does not learn why it ended, and
/// overlooks it on some streams. So what is being written when the end comes may finish, and only one that the zone does not
/// take off our hands is broken off.
/// </summary>
internal sealed class StreamEnd : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private readonly CancellationTokenSource coming;
    private readonly CancellationTokenSource writes = new();
    private readonly CancellationTokenRegistration registration;

    /// <summary>Comes when any of the tokens is cancelled.</summary>
    public StreamEnd(params CancellationToken[] of)
    {
        coming = CancellationTokenSource.CreateLinkedTokenSource(of);
        registration = coming.Token.UnsafeRegister(static s => ((CancellationTokenSource)s!).CancelAfter(Grace), writes);
    }

    /// <summary>Cancelled at the end: for all that reads and waits.</summary>
    public CancellationToken Coming => coming.Token;

    /// <summary>Cancelled a moment later: for writes, which must not be begun after the end.</summary>
    public CancellationToken OfWrites => writes.Token;

    /// <summary>Brings the end.</summary>
    public Task BringAsync() => coming.CancelAsync();

    /// <inheritdoc />
    public void Dispose()
    {
        registration.Dispose();
        coming.Dispose();
        writes.Dispose();
    }
}
