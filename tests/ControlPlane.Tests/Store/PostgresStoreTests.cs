using System.Collections.Concurrent;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Testing;
using Microsoft.EntityFrameworkCore;

namespace MeshConsole.ControlPlane.Tests.Store;

/// <summary>What holds on PostgreSQL only: several writers on one database, and a server that goes away.</summary>
public sealed class PostgresStoreTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Database_OfAnOlderVersion_IsUpgradedAndKeepsEverything()
    {
        await using var fixture = await StoreFixture.PostgresAsync();
        await UpgradeTest.RunAsync(fixture, """SELECT table_name FROM information_schema.tables WHERE table_name = 'Admissions'""");
    }

    [Fact]
    public async Task Start_TwoAtOnceOnAnEmptyDatabase_BothComeUp()
    {
        await using var fixture = await StoreFixture.PostgresAsync();
        fixture.Options.SecretKeyFile = fixture.Folder.Combine("secret.key");
        SecretBox.FromFile(fixture.Options.SecretKeyFile).Dispose();

        var stores = await Task.WhenAll(fixture.OpenAsync(), fixture.OpenAsync(), fixture.OpenAsync());

        Assert.All(stores, s => Assert.Equal(0, s.World.Value.Revision));
    }

    [Fact]
    public async Task Start_DatabaseMissing_MakesIt()
    {
        await using var fixture = await StoreFixture.PostgresAsync();
        fixture.Options.ConnectionString = fixture.Options.ConnectionString.Replace("Database=test", "Database=new_test", StringComparison.Ordinal);

        var store = await fixture.OpenAsync();

        Assert.Equal(1, (await store.PutAsync(SampleKind.Note.Make("a"))).Revision);
    }

    [Fact]
    public async Task WriteOfAnotherStore_IsPublishedWithoutWritingHere_AlsoWhatWasWrittenWhileTheLinkWasBroken()
    {
        await using var fixture = await StoreFixture.PostgresAsync();
        var writes = await fixture.OpenAsync();
        var reads = await fixture.OpenAsync();
        var notices = new StoreNotices(reads, fixture.Options, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<StoreNotices>.Instance);
        var connected = System.Threading.Channels.Channel.CreateUnbounded<bool>();
        notices.Connected = _ =>
        {
            connected.Writer.TryWrite(true);
            return Task.CompletedTask;
        };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var listening = notices.RunAsync(stop.Token);
        await connected.Reader.ReadAsync(Cancel);

        await writes.PutAsync(SampleKind.Note.Make("a", "1"));
        await ReadsAsync("1");
        await writes.DeleteAsync(SampleKind.Note.Make("a").Key);
        await ReadsAsync(null);

        await using (var connection = new Npgsql.NpgsqlConnection(fixture.Options.ConnectionString))
        {
            await connection.OpenAsync(Cancel);
            await using var cut = new Npgsql.NpgsqlCommand("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'MeshConsole notices' AND datname = current_database()", connection);
            await cut.ExecuteNonQueryAsync(Cancel);
        }

        await writes.PutAsync(SampleKind.Note.Make("a", "2")); // perhaps heard by nobody
        await ReadsAsync("2");
        await connected.Reader.ReadAsync(Cancel);
        Assert.NotNull(notices.ListeningSince);
        await writes.PutAsync(SampleKind.Note.Make("a", "3"));
        await ReadsAsync("3");
        Assert.Equal(StoreFixture.Dump(writes.World.Value), StoreFixture.Dump(reads.World.Value));
        await stop.CancelAsync();
        await Task.WhenAny(listening);

        async Task ReadsAsync(string? text)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            limit.CancelAfter(TimeSpan.FromSeconds(60));
            for (var world = reads.World.Value; world.Find(SampleKind.Note.Make("a").Key).Text() != text;)
            {
                world = await reads.World.NextAsync(world, limit.Token);
            }
        }
    }

    [Fact]
    public async Task TwoStores_ReadModifyWrite_LoseNoUpdate()
    {
        await using var fixture = await StoreFixture.PostgresAsync();
        ResourceStore[] stores = [await fixture.OpenAsync(), await fixture.OpenAsync()];
        var key = SampleKind.Note.Make("counter").Key;

        await Task.WhenAll(Enumerable.Range(0, 4).Select(client => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++)
            {
                await stores[client % 2].CommitAsync(
                    StoreTestExtensions.Person,
                    t => t.Put(SampleKind.Note.Make("counter", $"{int.Parse(t.World.Find(key).Text() ?? "0", null) + 1}"), history: true),
                    Cancel);
            }
        })));

        await Task.WhenAll(stores.Select(s => s.LookAsync()));
        Assert.All(stores, s => Assert.Equal("100", s.World.Value.Find(key).Text()));
        Assert.All(stores, s => Assert.Equal(100, s.World.Value.Revision));
        Assert.Equal(StoreFixture.Dump(stores[0].World.Value), StoreFixture.Dump(stores[1].World.Value));
        Assert.Equal(100, (await stores[0].HistoryAsync(key, 1000, Cancel)).Count);
    }

    [Fact]
    public async Task TwoStores_PutAndDelete_ReachTheOtherAsChanges()
    {
        await using var fixture = await StoreFixture.PostgresAsync();
        var writer = await fixture.OpenAsync();
        var reader = await fixture.OpenAsync();
        await writer.PutAsync(SampleKind.Note.Make("stays"));
        await writer.PutAsync(SampleKind.Note.Make("goes"));
        await reader.LookAsync();
        Assert.Equal(2, reader.World.Value.Count("Note"));

        await writer.DeleteAsync(SampleKind.Note.Make("goes").Key);
        await writer.PutAsync(SampleKind.Note.Make("stays", "new"));
        await writer.PutAsync(SampleKind.Note.Make("comes and goes"));
        await writer.DeleteAsync(SampleKind.Note.Make("comes and goes").Key);
        await reader.LookAsync();

        Assert.Equal(StoreFixture.Dump(writer.World.Value), StoreFixture.Dump(reader.World.Value));
        Assert.Equal(writer.World.Value.Revision, reader.World.Value.Revision);
        var changes = new List<Change>();
        Assert.True(reader.Changes.TryReadSince(2, changes));
        Assert.Equal(["Note default/goes -", "Note default/stays new"], changes.Select(c => $"{c.Key} {c.After.Text() ?? "-"}"));
    }

    [Fact]
    public async Task TwoStores_DeletionsNoLongerOnRecord_TheOtherReadsEverythingAnew()
    {
        await using var fixture = await StoreFixture.PostgresAsync();
        var writer = await fixture.OpenAsync();
        var reader = await fixture.OpenAsync();
        await writer.PutAsync(SampleKind.Note.Make("goes"));
        await reader.LookAsync();
        await writer.DeleteAsync(SampleKind.Note.Make("goes").Key);
        await writer.PutAsync(SampleKind.Note.Make("comes"));
        using (var context = fixture.Contexts.Create())
        {
            await context.Tombstones.ExecuteDeleteAsync(Cancel);
            context.Meta.Add(new MetaRow { Key = "tombstones-from", Value = "2" });
            await context.SaveChangesAsync(Cancel);
        }

        await reader.LookAsync();

        Assert.Equal(StoreFixture.Dump(writer.World.Value), StoreFixture.Dump(reader.World.Value));
        Assert.False(reader.Changes.TryReadSince(1, []));
    }

    [Fact]
    public async Task Commit_DatabasePutBackToAnEarlierState_FollowsItAndNeverCountsBackwards()
    {
        await using var fixture = await StoreFixture.PostgresAsync();
        var store = await fixture.OpenAsync();
        await store.PutAsync(SampleKind.Note.Make("kept"));
        await store.PutAsync(SampleKind.Note.Make("lost"));
        using (var context = fixture.Contexts.Create())
        {
            await context.Resources.Where(r => r.Name == "lost").ExecuteDeleteAsync(Cancel);
            await context.History.Where(r => r.Name == "lost").ExecuteDeleteAsync(Cancel);
            await context.Meta.Where(m => m.Key == "revision").ExecuteUpdateAsync(m => m.SetProperty(r => r.Value, "1"), Cancel);
        }

        var next = await store.PutAsync(SampleKind.Note.Make("next"));

        Assert.Equal(4, next.Revision);
        Assert.Equal(["kept", "next"], store.World.Value.List("Note").Select(r => r.Name));
        Assert.False(store.Changes.TryReadSince(2, []));
        var again = await fixture.OpenAsync();
        Assert.Equal(StoreFixture.Dump(store.World.Value), StoreFixture.Dump(again.World.Value));
    }

    [Fact]
    public async Task Commit_TextThatPostgresCannotHold_IsRefusedAlone()
    {
        await using var fixture = await StoreFixture.PostgresAsync();
        var store = await fixture.OpenAsync();
        var bad = SampleKind.Note.Make("bad").With(labels: Labels.None.Add("k", "nul\0byte"));

        var writes = Enumerable.Range(0, 20).Select(i => i == 10 ? store.PutAsync(bad, history: false) : store.PutAsync(SampleKind.Note.Make($"n{i}"))).ToArray();
        await Task.WhenAll(writes.Where((_, i) => i != 10));

        // JSON escapes the byte in labels, so this one can be stored; in a name it cannot.
        await writes[10];
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.PutAsync(SampleKind.Note.Make("na\0me"), history: false));
        Assert.False(refused.OutcomeUnknown);
        Assert.Equal(20, store.World.Value.Count("Note"));
    }

    [Fact]
    public async Task Commit_ServerRestartedWhileNobodyWrote_Succeeds()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var fixture = await StoreFixture.PostgresAsync(server);
        var store = await fixture.OpenAsync();
        await store.PutAsync(SampleKind.Note.Make("a"));

        await server.CrashAsync();
        await server.StartServerAsync();

        Assert.Equal(2, (await store.PutAsync(SampleKind.Note.Make("b"))).Revision);
        Assert.Equal(2, (await store.AuditAsync(10, Cancel)).Count);
    }

    [Fact]
    public async Task Commit_ServerDown_IsRefusedAndWorksAgainLater()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var fixture = await StoreFixture.PostgresAsync(server);
        var store = await fixture.OpenAsync();
        await server.CrashAsync();

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.PutAsync(SampleKind.Note.Make("a")));
        Assert.False(refused.OutcomeUnknown);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.AuditAsync(1, Cancel));
        Assert.Equal(0, store.World.Value.Revision);

        await server.StartServerAsync();
        Assert.Equal(1, (await store.PutAsync(SampleKind.Note.Make("a"))).Revision);
    }

    [Fact]
    public async Task Commit_ServerCrashesAmidWrites_KeepsEveryAcknowledgedOneAndNothingHalf()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var fixture = await StoreFixture.PostgresAsync(server);
        var store = await fixture.OpenAsync();
        var acknowledged = new ConcurrentBag<string>();
        var refused = new ConcurrentBag<string>();
        using var crashed = new CancellationTokenSource();
        using var enough = new SemaphoreSlim(0);
        var clients = Enumerable.Range(0, 4).Select(client => Task.Run(async () =>
        {
            for (var i = 0; !crashed.IsCancellationRequested; i++)
            {
                var name = $"c{client}-{i}";
                try
                {
                    await store.PutAsync(SampleKind.Note.Make(name));
                    acknowledged.Add(name);
                    enough.Release();
                }
                catch (StoreUnavailableException e) when (!e.OutcomeUnknown)
                {
                    refused.Add(name);
                }
                catch (StoreUnavailableException)
                {
                    // Nobody knows: may be there or not.
                }
            }
        })).ToArray();
        for (var i = 0; i < 200; i++)
        {
            await enough.WaitAsync(Cancel);
        }

        await server.CrashAsync();
        await crashed.CancelAsync();
        await Task.WhenAll(clients);
        await server.StartServerAsync();
        await store.PutAsync(SampleKind.Note.Make("after"));

        PostgresServer.ForgetLinks();
        var again = await fixture.OpenAsync();
        Assert.Equal(StoreFixture.Dump(again.World.Value), StoreFixture.Dump(store.World.Value));
        Assert.All(acknowledged, name => Assert.NotNull(again.World.Value.Find("Note", "default", name)));
        Assert.All(refused, name => Assert.Null(again.World.Value.Find("Note", "default", name)));
        using var context = fixture.Contexts.Create();
        var stored = await context.Resources.CountAsync(Cancel);
        Assert.Equal(stored, await context.History.CountAsync(Cancel));
        Assert.Equal(stored, await context.Audit.CountAsync(Cancel));
    }
}
