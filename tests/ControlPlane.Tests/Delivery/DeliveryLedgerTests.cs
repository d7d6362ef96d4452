using MeshConsole.ControlPlane.Delivery;
using MeshConsole.ControlPlane.Store;
using MeshConsole.ControlPlane.Tests.Kds;
using MeshConsole.Shared;
using MeshConsole.Testing;

namespace MeshConsole.ControlPlane.Tests.Delivery;

public sealed class DeliveryLedgerTests
{
    private static readonly IReadOnlyDictionary<ResourceKey, string> NoRefusals = new Dictionary<ResourceKey, string>();
    private static readonly IReadOnlySet<ResourceKey> Clear = new HashSet<ResourceKey>();
    private readonly DeliveryLedger ledger = new(TimeProvider.System, capacity: 100);

    [Fact]
    public void Change_GoesFromPendingOverSentToAccepted_ZoneByZone()
    {
        Register(1, "a");
        Assert.Equal(DeliveryState.Pending, Of(1).State);
        ledger.Sent("lab", "Note", 1);
        Assert.Equal(DeliveryState.Sent, Of(1).Zones["lab"].State);
        Assert.Equal(DeliveryState.Pending, Of(1).Zones["eks"].State);
        ledger.Answered("lab", "Note", 1, NoRefusals, Clear);
        Assert.Equal(DeliveryState.Accepted, Of(1).Zones["lab"].State);
        Assert.NotNull(Of(1).Zones["lab"].SettledAt);
        Assert.Equal(DeliveryState.Pending, Of(1).State);
        ledger.Answered("eks", "Note", 1, NoRefusals, Clear);
        Assert.Equal(DeliveryState.Accepted, Of(1).State);
    }

    [Fact]
    public void Answer_SettlesOnlyWhatItWasMadeFrom()
    {
        Register(1, "a");
        Register(2, "b");
        ledger.Answered("lab", "Note", 1, NoRefusals, Clear);
        Assert.Equal(DeliveryState.Pending, Of(2).Zones["lab"].State);
    }

    [Fact]
    public void Refusal_IsKeptWithItsReason_AndClearedByALaterAcceptance()
    {
        Register(1, "a");
        Register(2, "b");
        ledger.Answered("lab", "Note", 2, new Dictionary<ResourceKey, string> { [Key("a")] = "no" }, Clear);
        Assert.Equal((DeliveryState.Rejected, "no"), (Of(1).Zones["lab"].State, Of(1).Zones["lab"].Reason));
        Assert.Equal(DeliveryState.Accepted, Of(2).Zones["lab"].State);
        ledger.Cleared("lab", Key("a"));
        Assert.Equal(DeliveryState.Accepted, Of(1).Zones["lab"].State);
    }

    [Fact]
    public void UnclearRefusal_StaysOpen()
    {
        Register(1, "a");
        ledger.Answered("lab", "Note", 1, NoRefusals, new HashSet<ResourceKey> { Key("a") });
        Assert.Equal(DeliveryState.Sent, Of(1).Zones["lab"].State);
        ledger.Answered("lab", "Note", 1, NoRefusals, Clear);
        Assert.Equal(DeliveryState.Accepted, Of(1).Zones["lab"].State);
    }

    [Fact]
    public void LostConnection_MakesWhatWasSentPendingAgain()
    {
        Register(1, "a");
        ledger.Sent("lab", "Note", 1);
        ledger.Disconnected("lab");
        Assert.Equal(DeliveryState.Pending, Of(1).Zones["lab"].State);
    }

    [Fact]
    public void Withheld_IsNotCalledAccepted()
    {
        Register(1, "a");
        ledger.Withheld("lab", 1, "label kuma.io/kds-sync is disabled");
        ledger.Answered("lab", "Note", 1, NoRefusals, Clear);
        Assert.Equal(DeliveryState.Withheld, Of(1).Zones["lab"].State);
    }

    [Fact]
    public void OldestChanges_FallOut()
    {
        for (var i = 1; i <= 150; i++)
        {
            Register(i, $"n{i}");
        }

        Assert.Equal(100, ledger.Board.Value.ByRevision.Count);
        Assert.Null(ledger.Board.Value.Of(Key("n1")));
        Assert.NotNull(ledger.Board.Value.Of(Key("n150")));
        ledger.Answered("lab", "Note", 150, NoRefusals, Clear);
        Assert.All(ledger.Board.Value.ByRevision.Values, d => Assert.Equal(DeliveryState.Accepted, d.Zones["lab"].State));
    }

    [Fact]
    public void Sum_IsTheRevisionUpToWhichNothingIsOpen()
    {
        Register(1, "a");
        Register(2, "b");
        Register(3, "c");
        ledger.Answered("lab", "Note", 2, new Dictionary<ResourceKey, string> { [Key("b")] = "no" }, Clear);
        Assert.Equal(2, ledger.Sum("lab").Revision);
        Assert.Equal([(2L, "no")], ledger.Sum("lab").Rejected);
        Assert.Equal(0, ledger.Sum("eks").Revision);
    }

    [Fact]
    public async Task AfterARestart_WhatZonesHadAnswered_IsStillKnown()
    {
        using var folder = new TempFolder();
        Resource accepted;
        Resource rejected;
        Resource open;
        await using (var global = await GlobalNode.StartAsync(folder: folder))
        {
            await using var lab = new ScriptedZone("lab", global.Address);
            var down = lab.OpenDown();
            await down.SubscribeAsync("MeshTrafficPermission");
            accepted = await global.PutAsync(TestKinds.Permission("accepted"));
            await down.AckAsync(await down.NextAsync("MeshTrafficPermission"));
            await global.Ledger.Board.UntilAsync(b => b.Of(accepted.Key)?.State == DeliveryState.Accepted, "accepted");
            rejected = await global.PutAsync(TestKinds.Permission("rejected"));
            await down.NackAsync(await down.NextAsync("MeshTrafficPermission"), "not here");
            await global.Ledger.Board.UntilAsync(b => b.Of(rejected.Key)?.State == DeliveryState.Rejected, "rejected");
            open = await global.PutAsync(TestKinds.Permission("open"));
            await down.NextAsync("MeshTrafficPermission");
            await global.WriteDeliverySumsAsync();
        }

        await using var again = await GlobalNode.StartAsync(folder: folder, instance: "global-0002");
        var board = again.Ledger.Board.Value;
        Assert.Equal(DeliveryState.Accepted, board.Of(accepted.Key)!.Zones["lab"].State);
        Assert.Equal((DeliveryState.Rejected, "not here"), (board.Of(rejected.Key)!.Zones["lab"].State, board.Of(rejected.Key)!.Zones["lab"].Reason));
        Assert.Equal(DeliveryState.Pending, board.Of(open.Key)!.Zones["lab"].State);
        await using var back = new ScriptedZone("lab", again.Address);
        await back.OpenDown().SubscribeAsync("MeshTrafficPermission");
        await again.Ledger.Board.UntilAsync(b => b.Of(open.Key)!.Zones["lab"].State == DeliveryState.Accepted, "the open one accepted");
    }

    [Fact]
    public async Task SumThatCouldNotBeStored_IsStoredLater_WithoutAnythingMovingAgain()
    {
        var pause = TimeSpan.FromSeconds(5);
        var clock = new SteppedClock(DateTimeOffset.UtcNow);
        using var logs = new LogBook();
        Store.FaultyDatabase? database = null;
        await using var global = await GlobalNode.StartAsync(time: clock, logs: logs, database: real => database = new Store.FaultyDatabase(real));
        await using var lab = new ScriptedZone("lab", global.Address);
        var down = lab.OpenDown();
        await down.SubscribeAsync("MeshTrafficPermission");
        var put = await global.PutAsync(TestKinds.Permission("p"));
        await down.AckAsync(await down.NextAsync("MeshTrafficPermission"));
        await global.Ledger.Board.UntilAsync(b => b.Of(put.Key)?.State == DeliveryState.Accepted, "accepted");
        database!.Down = true;
        await clock.PassAsync(pause, TestContext.Current.CancellationToken);
        await logs.Lines.UntilAsync(_ => logs.Of("What zones have answered could not be stored").Count > 0, "the failure");
        database.Down = false;
        await clock.PassAsync(pause, TestContext.Current.CancellationToken);
        await global.WaitAsync(w => w.Find("ZoneDelivery", "lab")?.Spec.ToString().Contains(put.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal) == true, "the sum");
    }

    private static ResourceKey Key(string name) => new("Note", "default", name);

    private MeshConsole.ControlPlane.Delivery.Delivery Of(long revision) => ledger.Board.Value.Of(revision)!;

    private void Register(long revision, string name)
    {
        var resource = SampleKind.Note.Make(name);
        ledger.Register([new Change(revision, resource.Key, null, resource, DateTimeOffset.UtcNow, "somebody")], _ => ["lab", "eks"]);
    }
}
