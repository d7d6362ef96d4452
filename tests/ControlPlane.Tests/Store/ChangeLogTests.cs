using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Tests.Store;

public sealed class ChangeLogTests
{
    [Fact]
    public void TryReadSince_NothingWritten_GivesNothing()
    {
        var log = new ChangeLog(4);
        log.Restart(7);

        Assert.True(TryReadSince(log, 7, out var changes));
        Assert.Empty(changes);
    }

    [Fact]
    public void TryReadSince_BeforeTheStart_IsRefused()
    {
        var log = new ChangeLog(4);
        log.Restart(7);

        Assert.False(TryReadSince(log, 6, out _));
    }

    [Fact]
    public void TryReadSince_SomeWritten_GivesTheNewerOnesOldestFirst()
    {
        var log = new ChangeLog(8);
        log.Append([Change(1), Change(2), Change(5), Change(6)]);

        Assert.True(TryReadSince(log, 2, out var changes));
        Assert.Equal([5, 6], changes.Select(c => c.Revision));
        Assert.True(TryReadSince(log, 4, out changes));
        Assert.Equal([5, 6], changes.Select(c => c.Revision));
        Assert.True(TryReadSince(log, 6, out changes));
        Assert.Empty(changes);
    }

    [Fact]
    public void TryReadSince_MoreWrittenThanHeld_RefusesOnlyWhatFellOut()
    {
        var log = new ChangeLog(4);
        log.Append([.. Enumerable.Range(1, 10).Select(i => Change(i))]);

        Assert.False(TryReadSince(log, 5, out _));
        Assert.True(TryReadSince(log, 6, out var changes));
        Assert.Equal([7, 8, 9, 10], changes.Select(c => c.Revision));
    }

    private static Change Change(long revision) =>
        new(revision, new ResourceKey("Note", "default", "n"), null, null, DateTimeOffset.UnixEpoch, "test");

    private static bool TryReadSince(ChangeLog log, long revision, out List<Change> changes)
    {
        changes = [];
        return log.TryReadSince(revision, changes);
    }
}
