using MeshConsole.ControlPlane.Store;
using MeshConsole.Testing;
using Microsoft.Data.Sqlite;

namespace MeshConsole.ControlPlane.Tests.Store;

/// <summary>What holds on SQLite only: one process per data directory, private files.</summary>
public sealed class SqliteStoreTests
{
    [Fact]
    public async Task Start_DataDirectoryInUse_IsRefusedWithAWayOut()
    {
        await using var fixture = StoreFixture.Sqlite();
        var first = await fixture.OpenAsync();

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => fixture.OpenAsync());

        Assert.Contains(fixture.Folder.Path, refused.Message, StringComparison.Ordinal);
        Assert.Contains("--data-dir", refused.Message, StringComparison.Ordinal);
        await first.PutAsync(SampleKind.Note.Make("a"));
        await fixture.CloseAsync(first);
        var second = await fixture.OpenAsync();
        Assert.Equal(1, second.World.Value.Count("Note"));
    }

    [Fact]
    public async Task Start_OnADamagedFile_NamesIt()
    {
        await using var fixture = StoreFixture.Sqlite();
        var file = fixture.Folder.Combine("meshconsole.db");
        await File.WriteAllTextAsync(file, new string('x', 8192), TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => fixture.OpenAsync());

        Assert.Equal($"The store in {file} cannot be opened: SQLite Error 26: 'file is not a database'.", refused.Message);
    }

    [Fact]
    public async Task Database_OfAnOlderVersion_IsUpgradedAndKeepsEverything()
    {
        await using var fixture = StoreFixture.Sqlite();
        await UpgradeTest.RunAsync(fixture, """SELECT name FROM sqlite_master WHERE name = 'Admissions'""");
    }

    [Fact]
    public async Task Files_AreReadableByTheirOwnerOnly()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        await using var fixture = StoreFixture.Sqlite();
        var folder = fixture.Folder.Combine("new", "data");
        var store = await fixture.OpenAsync(dataDirectory: folder);
        await store.PutAsync(SampleKind.Note.Make("a"));

        Assert.All(
            new[] { folder, fixture.Folder.Combine("new") },
            made => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(made)));
        Assert.All(
            Directory.GetFiles(folder).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)),
            file => Assert.Equal((file, UnixFileMode.UserRead | UnixFileMode.UserWrite), (file, File.GetUnixFileMode(file))));
        Assert.Contains(Directory.GetFiles(folder), f => f.EndsWith("-wal", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Commit_DatabaseLockedByAnother_WaitsForIt()
    {
        await using var fixture = StoreFixture.Sqlite();
        var store = await fixture.OpenAsync();
        await using var other = new SqliteConnection($"Data Source={fixture.Folder.Combine("meshconsole.db")}");
        await other.OpenAsync(TestContext.Current.CancellationToken);
        using var command = other.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        command.ExecuteNonQuery();

        var write = store.PutAsync(SampleKind.Note.Make("a"));
        Assert.False(write.IsCompleted);
        command.CommandText = "COMMIT";
        command.ExecuteNonQuery();

        Assert.Equal(1, (await write).Revision);
    }
}
