using System.Text;
using CsCheck;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;

namespace MeshConsole.ControlPlane.Tests.Store;

/// <summary>What the store promises on every database; the two classes below run it on each.</summary>
public abstract class ResourceStoreTests : IAsyncLifetime
{
    private StoreFixture fixture = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected abstract Task<StoreFixture> CreateAsync();

    public async ValueTask InitializeAsync() => fixture = await CreateAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (fixture is not null)
        {
            await fixture.DisposeAsync();
        }
    }

    [Fact]
    public async Task Start_EmptyDatabase_MakesTheTablesAndHoldsNothing()
    {
        var store = await fixture.OpenAsync();

        Assert.Equal(0, store.World.Value.Revision);
        Assert.Empty(store.World.Value.Kinds);
        using var context = fixture.Contexts.Create();
        Assert.Empty(await context.Database.GetPendingMigrationsAsync(Cancel));
    }

    [Fact]
    public void Migrations_Model_HasNoPendingChange()
    {
        using var context = fixture.Contexts.Create();
        Assert.False(context.Database.HasPendingModelChanges());
    }

    [Fact]
    public async Task Commit_Put_PublishesWhatItReturns()
    {
        var store = await fixture.OpenAsync();

        var stored = await store.PutAsync(SampleKind.Note.Make("a", "one"));

        Assert.Same(stored, store.World.Value.Find(stored.Key));
        Assert.Equal(1, stored.Revision);
        Assert.Equal(1, store.World.Value.Revision);
        Assert.Equal(stored.CreationTime, stored.ModificationTime);
    }

    [Fact]
    public async Task Commit_SecondPut_KeepsTheCreationTimeAndMovesTheRest()
    {
        var time = new FakeTimeProvider();
        var store = await fixture.OpenAsync(time);
        var first = await store.PutAsync(SampleKind.Note.Make("a", "one"));

        time.Advance(TimeSpan.FromMinutes(1));
        var second = await store.PutAsync(SampleKind.Note.Make("a", "two"));

        Assert.Equal(first.CreationTime, second.CreationTime);
        Assert.Equal(first.ModificationTime + TimeSpan.FromMinutes(1), second.ModificationTime);
        Assert.Equal(2, second.Revision);
    }

    [Fact]
    public async Task Commit_BodyThrows_TellsItsCallerAndStoresNothingOfIt()
    {
        var store = await fixture.OpenAsync();

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => store.CommitAsync<int>(
            StoreTestExtensions.Person,
            t =>
            {
                t.Put(SampleKind.Note.Make("half"), history: true);
                throw new InvalidOperationException("no");
            },
            Cancel));

        Assert.Equal("no", thrown.Message);
        Assert.Equal(0, store.World.Value.Revision);
        store = await fixture.ReopenAsync(store);
        Assert.Empty(store.World.Value.Kinds);
        Assert.Empty(await store.AuditAsync(10, Cancel));
    }

    [Fact]
    public async Task Commit_ManyWaiting_ShareOneGroupAndOneBadBodySparesTheOthers()
    {
        var store = await fixture.OpenAsync();
        var seen = new long[40];
        using var gate = new ManualResetEventSlim();
        var entered = new TaskCompletionSource();
        var first = store.CommitAsync(
            StoreTestExtensions.Person,
            t =>
            {
                entered.TrySetResult();
                gate.Wait(Cancel);
                return t.Put(SampleKind.Note.Make("first"), history: true);
            },
            Cancel);
        await entered.Task;

        var rest = Enumerable.Range(0, seen.Length).Select(i => store.CommitAsync(
            StoreTestExtensions.Person,
            t =>
            {
                seen[i] = store.World.Value.Revision;
                return i == 7 ? throw new FormatException("seven") : t.Put(SampleKind.Note.Make($"n{i}"), history: true);
            },
            Cancel)).ToArray();
        gate.Set();
        await first;
        await Task.WhenAll(rest.Where((_, i) => i != 7));

        await Assert.ThrowsAsync<FormatException>(() => rest[7]);
        Assert.Equal(seen.Length, store.World.Value.Count("Note"));
        Assert.All(seen, revision => Assert.Equal(1, revision)); // all decided before any of them was published
    }

    [Fact]
    public async Task Commit_UnstorableResource_IsRefusedAloneAndTheGroupGoesOn()
    {
        var store = await fixture.OpenAsync();
        using var gate = new ManualResetEventSlim();
        var entered = new TaskCompletionSource();
        var first = store.CommitAsync(
            StoreTestExtensions.Person,
            _ =>
            {
                entered.TrySetResult();
                gate.Wait(Cancel);
                return 0;
            },
            Cancel);
        await entered.Task;

        var good = Enumerable.Range(0, 10).Select(i => store.PutAsync(SampleKind.Note.Make($"n{i}"))).ToArray();
        var bad = store.PutAsync(new Resource { Kind = SampleKind.Note, Mesh = "default", Name = "bad", Spec = null! }, history: false);
        var more = Enumerable.Range(10, 10).Select(i => store.PutAsync(SampleKind.Note.Make($"n{i}"))).ToArray();
        gate.Set();
        await first;
        await Task.WhenAll([.. good, .. more]);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => bad);
        Assert.Equal(20, store.World.Value.Count("Note"));
        Assert.Equal(20, store.World.Value.Revision);
    }

    [Fact]
    public async Task Commit_ManyClients_GiveEveryChangeItsOwnGrowingRevision()
    {
        var store = await fixture.OpenAsync();

        var revisions = await Task.WhenAll(Enumerable.Range(0, 8).Select(client => Task.Run(async () =>
        {
            var mine = new List<long>();
            for (var i = 0; i < 25; i++)
            {
                mine.Add((await store.PutAsync(SampleKind.Note.Make($"c{client}-{i % 5}", $"{i}"))).Revision);
            }

            return mine;
        })));

        Assert.All(revisions, mine => Assert.Equal(mine.Order(), mine));
        Assert.Equal(Enumerable.Range(1, 200).Select(i => (long)i), revisions.SelectMany(r => r).Order());
        var changes = new List<Change>();
        Assert.True(store.Changes.TryReadSince(0, changes));
        Assert.Equal(Enumerable.Range(1, 200).Select(i => (long)i), changes.Select(c => c.Revision));
    }

    [Fact]
    public async Task Commit_ByAPerson_WritesHistoryAndAuditWithTheSameRevisions()
    {
        var store = await fixture.OpenAsync();
        var key = SampleKind.Note.Make("a").Key;
        await store.PutAsync(SampleKind.Note.Make("a", "one"));
        await store.PutAsync(SampleKind.Note.Make("a", "two"));
        await store.DeleteAsync(key);

        var history = await store.HistoryAsync(key, 10, Cancel);
        Assert.Equal(["deleted", "updated", "created"], history.Select(h => h.Operation));
        Assert.Equal([3L, 2L, 1L], history.Select(h => h.Revision));
        Assert.Equal(["""{"text":"two"}""", """{"text":"two"}""", """{"text":"one"}"""], history.Select(h => Encoding.UTF8.GetString(h.Spec!)));
        Assert.All(history, h => Assert.Equal("anna", h.Actor));
        var audit = await store.AuditAsync(10, Cancel);
        Assert.Equal(["deleted Note default/a 3", "updated Note default/a 2", "created Note default/a 1"], audit.Select(a => $"{a.Action} {a.Target} {a.Revision}"));
        Assert.Equal(history.Select(h => h.Revision), (await store.RecentHistoryAsync(10, Cancel)).Select(h => h.Revision));
    }

    [Fact]
    public async Task Commit_WithoutHistory_WritesNeitherHistoryNorAudit()
    {
        var store = await fixture.OpenAsync();
        var stored = await store.PutAsync(SampleKind.Gauge.Make("g", "1"), history: false);
        await store.DeleteAsync(stored.Key, history: false);

        Assert.Empty(await store.HistoryAsync(stored.Key, 10, Cancel));
        Assert.Empty(await store.AuditAsync(10, Cancel));
        Assert.Equal(2, store.World.Value.Revision);
    }

    [Fact]
    public async Task Commit_AuditOnly_IsStoredAtNoRevision()
    {
        var store = await fixture.OpenAsync();
        await store.CommitAsync(
            StoreTestExtensions.Person,
            t =>
            {
                t.AddAudit("signed in", "anna", "from 127.0.0.1");
                return 0;
            },
            Cancel);

        var entry = Assert.Single(await store.AuditAsync(10, Cancel));
        Assert.Equal(("signed in", "anna", "from 127.0.0.1", 0L), (entry.Action, entry.Target, entry.Detail, entry.Revision));
        Assert.Equal(0, store.World.Value.Revision);
    }

    [Fact]
    public async Task Commit_DeleteOfNothing_ChangesNothing()
    {
        var store = await fixture.OpenAsync();

        Assert.Null(await store.DeleteAsync(new ResourceKey("Note", "default", "none")));
        Assert.Equal(0, store.World.Value.Revision);
    }

    [Fact]
    public async Task Commit_OneBody_SeesItsOwnChangesAndIsStoredWhole()
    {
        var store = await fixture.OpenAsync();
        var key = SampleKind.Note.Make("a").Key;

        var last = await store.CommitAsync(
            StoreTestExtensions.Person,
            t =>
            {
                t.Put(SampleKind.Note.Make("a", "one"), history: true);
                Assert.Equal("one", t.World.Find(key).Text());
                t.Delete(key, history: true);
                Assert.Null(t.World.Find(key));
                t.Put(SampleKind.Note.Make("b", "two"), history: true);
                return t.Put(SampleKind.Note.Make("a", "three"), history: true).Revision;
            },
            Cancel);

        Assert.Equal(4, last);
        store = await fixture.ReopenAsync(store);
        Assert.Equal("three", store.World.Value.Find(key).Text());
        Assert.Equal(4, store.World.Value.Revision);
        Assert.Equal(4, (await store.RecentHistoryAsync(10, Cancel)).Count);
    }

    [Fact]
    public async Task History_MoreVersionsThanTheLimit_KeepsTheNewest()
    {
        fixture.Options.HistoryLimit = 3;
        var store = await fixture.OpenAsync();
        for (var i = 1; i <= 8; i++)
        {
            await store.PutAsync(SampleKind.Note.Make("a", $"{i}"));
        }

        await store.PutAsync(SampleKind.Note.Make("b"));

        Assert.Equal([8L, 7L, 6L], (await store.HistoryAsync(SampleKind.Note.Make("a").Key, 100, Cancel)).Select(h => h.Revision));
        Assert.Single(await store.HistoryAsync(SampleKind.Note.Make("b").Key, 100, Cancel));
        Assert.Equal(9, (await store.AuditAsync(100, Cancel)).Count); // the audit trail is not cut
    }

    [Fact]
    public async Task Secrets_AtRest_AreSealedAndNotInTheHistory()
    {
        const string Plain = "plaintext-of-the-diary";
        var store = await fixture.OpenAsync();
        var stored = await store.PutAsync(SampleKind.Diary.Make("d", Plain));
        await store.PutAsync(SampleKind.Diary.Make("d", Plain + "-2"));
        await store.DeleteAsync(SampleKind.Diary.Make("d").Key);
        await store.PutAsync(SampleKind.Diary.Make("e", Plain));

        Assert.Equal(Plain, SampleKind.Diary.Spec(store.World.Value.Find(SampleKind.Diary.Make("e").Key)!).Text);
        using (var context = fixture.Contexts.Create())
        {
            var rows = await context.Resources.AsNoTracking().ToListAsync(Cancel);
            Assert.DoesNotContain(Plain, Encoding.Latin1.GetString(Assert.Single(rows).Spec), StringComparison.Ordinal);
            var history = await context.History.AsNoTracking().OrderBy(h => h.Revision).ToListAsync(Cancel);
            Assert.All(history, h => Assert.Null(h.Spec));
            Assert.Equal(history[0].SpecHash, history[3].SpecHash);
            Assert.NotEqual(history[0].SpecHash, history[1].SpecHash);
        }

        await fixture.CloseAsync(store);
        foreach (var file in Directory.GetFiles(fixture.Folder.Path, "*", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain(Plain, Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, Cancel)), StringComparison.Ordinal);
        }

        store = await fixture.OpenAsync();
        Assert.Equal(stored.Spec.ToString(), store.World.Value.Find(SampleKind.Diary.Make("e").Key)!.Spec.ToString());
    }

    [Fact]
    public async Task Start_WithAnotherSecretKey_SaysSo()
    {
        var store = await fixture.OpenAsync();
        await fixture.CloseAsync(store);
        File.Delete(fixture.Folder.Combine("secret.key"));

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => fixture.OpenAsync());
        Assert.Contains("sealed with another key", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restart_GivesTheSameWorld()
    {
        var store = await fixture.OpenAsync();
        await store.PutAsync(SampleKind.Board.Make("b", "board"));
        await store.PutAsync(new Resource
        {
            Kind = SampleKind.Note,
            Mesh = "other",
            Name = "full",
            Labels = Labels.None.Add("kuma.io/zone", "lab").Add("ü", "ß \"quoted\""),
            Spec = JsonBody.FromText("""{"text":"ä","unknown":{"kept":[1,2.50,null]}}"""),
            Status = JsonBody.FromText("""{"hostnames":[]}"""),
            Wire = [0, 1, 255],
        });
        await store.PutAsync(SampleKind.Note.Make("gone"));
        await store.DeleteAsync(SampleKind.Note.Make("gone").Key);
        var before = store.World.Value;

        store = await fixture.ReopenAsync(store);

        Assert.Equal(StoreFixture.Dump(before), StoreFixture.Dump(store.World.Value));
        Assert.Equal(before.Revision, store.World.Value.Revision);
        Assert.Equal(5, (await store.PutAsync(SampleKind.Note.Make("next"))).Revision);
        Assert.False(store.Changes.TryReadSince(3, []));
        Assert.True(store.Changes.TryReadSince(4, []));
    }

    [Fact]
    public async Task AnySequenceOfCommits_RestartGivesTheSameWorld()
    {
        var store = await fixture.OpenAsync();
        var kinds = new[] { SampleKind.Note, SampleKind.Diary, SampleKind.Gauge };
        var operation = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 5], Gen.Bool, Gen.String[0, 20]);
        var batches = new List<List<(int Kind, int Name, bool Delete, string Text)>>();
        operation.List[1, 6].List[10, 20].Sample(batches.AddRange, iter: 3, threads: 1);
        var model = new Dictionary<ResourceKey, string>();
        foreach (var batch in batches)
        {
            await store.CommitAsync(
                StoreTestExtensions.Person,
                t =>
                {
                    foreach (var (kind, name, delete, text) in batch)
                    {
                        var draft = kinds[kind].Make($"n{name}", Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
                        if (delete)
                        {
                            t.Delete(draft.Key, history: !kinds[kind].Observed);
                            model.Remove(draft.Key);
                        }
                        else
                        {
                            t.Put(draft, history: !kinds[kind].Observed);
                            model[draft.Key] = draft.Spec.ToString();
                        }
                    }

                    return 0;
                },
                Cancel);
        }

        var before = StoreFixture.Dump(store.World.Value);
        store = await fixture.ReopenAsync(store);

        Assert.Equal(before, StoreFixture.Dump(store.World.Value));
        Assert.Equal(
            model.Select(m => $"{m.Key} {m.Value}").Order(StringComparer.Ordinal),
            store.World.Value.Kinds.SelectMany(store.World.Value.List).Select(r => $"{r.Key} {r.Spec}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task World_AfterAChange_SharesUntouchedTables()
    {
        var store = await fixture.OpenAsync();
        await store.PutAsync(SampleKind.Board.Make("b"));
        await store.PutAsync(SampleKind.Note.Make("a"));
        var before = store.World.Value;

        await store.PutAsync(SampleKind.Note.Make("a", "two"));

        Assert.Same(before.Table("Board"), store.World.Value.Table("Board"));
        Assert.NotSame(before.Table("Note"), store.World.Value.Table("Note"));
        Assert.Equal("", before.Find(SampleKind.Note.Make("a").Key).Text());
    }

    [Fact]
    public async Task Dispose_WithWritesWaiting_FinishesThemAndTakesNoMore()
    {
        var store = await fixture.OpenAsync();
        var writes = Enumerable.Range(0, 50).Select(i => store.PutAsync(SampleKind.Note.Make($"n{i}"))).ToArray();

        await fixture.CloseAsync(store);

        await Task.WhenAll(writes);
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.PutAsync(SampleKind.Note.Make("late")));
        Assert.Contains("stopping", refused.Message, StringComparison.Ordinal);
        store = await fixture.OpenAsync();
        Assert.Equal(50, store.World.Value.Count("Note"));
    }

    [Fact]
    public async Task Commit_Cancelled_EndsTheWaitOfItsCallerOnly()
    {
        var store = await fixture.OpenAsync();
        using var gate = new ManualResetEventSlim();
        using var impatient = new CancellationTokenSource();
        var blocked = store.CommitAsync(
            StoreTestExtensions.Person,
            t =>
            {
                gate.Wait(Cancel);
                return t.Put(SampleKind.Note.Make("a"), history: true);
            },
            impatient.Token);

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => blocked);
        gate.Set();

        await store.PutAsync(SampleKind.Note.Make("b"));
        Assert.Equal(2, store.World.Value.Count("Note"));
    }

    [Fact]
    public async Task Commit_LinkBreaksBeforeTheCommit_IsTriedAgain()
    {
        FaultyDatabase? faulty = null;
        var store = await fixture.OpenAsync(real => faulty = new FaultyDatabase(real));
        faulty!.FailNextWrite = true;

        var stored = await store.PutAsync(SampleKind.Note.Make("a"));

        Assert.Equal(1, stored.Revision);
        Assert.False(faulty.FailNextWrite);
    }

    [Fact]
    public async Task Commit_LinkBreaksAfterTheCommit_SaysSoAndShowsWhatIsStoredByItself()
    {
        FaultyDatabase? faulty = null;
        var store = await fixture.OpenAsync(real => faulty = new FaultyDatabase(real));
        var before = await store.PutAsync(SampleKind.Note.Make("a"));
        var known = store.World.Value;
        faulty!.FailAfterNextCommit = true;

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.PutAsync(SampleKind.Note.Make("b")));

        Assert.True(refused.OutcomeUnknown);
        var world = await store.World.NextAsync(known, Cancel);
        Assert.NotNull(world.Find(SampleKind.Note.Make("b").Key));
        Assert.Equal(before.Revision + 1, world.Revision);
        Assert.Equal(3, (await store.PutAsync(SampleKind.Note.Make("c"))).Revision);
    }
}

/// <summary>The suite on SQLite.</summary>
public sealed class SqliteResourceStoreTests : ResourceStoreTests
{
    private protected override Task<StoreFixture> CreateAsync() => Task.FromResult(StoreFixture.Sqlite());
}

/// <summary>The suite on a real PostgreSQL server.</summary>
public sealed class PostgresResourceStoreTests : ResourceStoreTests
{
    private protected override Task<StoreFixture> CreateAsync() => StoreFixture.PostgresAsync();
}
