using MeshConsole.ControlPlane.Delivery;
using MeshConsole.ControlPlane.Insights;
using MeshConsole.Shared;
using MeshConsole.Testing;
using MeshConsole.ZoneSimulator;

namespace MeshConsole.ControlPlane.Tests.Kds;

/// <summary>Zones that misbehave, and both sides dying at random points: what was acknowledged is never lost, and one bad peer never touches the others.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task SilentAndSlowZones_DoNotHoldUpTheOthers()
    {
        await using var global = await GlobalNode.StartAsync();
        await using var fleet = await Fleet.StartAsync(global, 5);
        fleet[0].Faults.Silent = true;
        fleet[1].Faults.ReadDelay = TimeSpan.FromSeconds(30);
        var put = await global.PutAsync(TestKinds.Permission("p"));
        var board = await global.Ledger.Board.UntilAsync(b => b.Of(put.Key)?.Count(DeliveryState.Accepted) == 3 && b.Of(put.Key)!.Zones["sim-1"].State == DeliveryState.Sent, "three acceptances");
        Assert.Equal(DeliveryState.Sent, board.Of(put.Key)!.Zones["sim-1"].State);
        Assert.NotEqual(DeliveryState.Accepted, board.Of(put.Key)!.Zones["sim-2"].State);
        Assert.NotEqual(DeliveryState.Accepted, board.Of(put.Key)!.State); // not called delivered while two have not answered
    }

    [Fact]
    public async Task RejectedResource_IsNamed_AndEverythingElseIsLive()
    {
        await using var global = await GlobalNode.StartAsync();
        await using var fleet = await Fleet.StartAsync(global, 3);
        fleet[0].Faults.RejectName = "bad";
        var bad = await global.PutAsync(TestKinds.Permission("bad"));
        var good = await global.PutAsync(TestKinds.Permission("good"));
        var board = await global.Ledger.Board.UntilAsync(b => b.Of(bad.Key)?.State == DeliveryState.Rejected && b.Of(good.Key)?.State == DeliveryState.Accepted, "both answers");
        Assert.Contains("refused on purpose", board.Of(bad.Key)!.Zones["sim-1"].Reason, StringComparison.Ordinal);
        Assert.Equal(DeliveryState.Accepted, board.Of(bad.Key)!.Zones["sim-2"].State);
        fleet[0].Faults.RejectName = null;
        await global.PutAsync(TestKinds.Permission("bad", action: "Deny"));
        await global.Ledger.Board.UntilAsync(b => b.Of(bad.Key)?.State == DeliveryState.Accepted, "the fix accepted");
    }

    /// <summary>Also what lay there before the zone was known: what a zone does not have must be seen somewhere.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RefusedResource_OlderThanTheZone_IsTold_AndAcceptedWithoutAChangeOnceTheZoneTakesIt(bool afterARestartOfGlobal)
    {
        using var folder = new TempFolder();
        var port = FreePorts.Take();
        var global = await GlobalNode.StartAsync(folder: folder, port: port);
        var bad = await global.PutAsync(TestKinds.Permission("bad"));
        var good = await global.PutAsync(TestKinds.Permission("good"));
        await using var zone = new SimulatedZone("sim-1", global.Address, "token-sim-1");
        zone.Faults.RejectName = "bad";
        zone.Start();
        await global.Ledger.Board.UntilAsync(b => b.Of(bad.Key)?.Zones.GetValueOrDefault("sim-1")?.State == DeliveryState.Rejected, "the rejection");
        Assert.Contains("refused on purpose", global.Ledger.Board.Value.Of(bad.Key)!.Zones["sim-1"].Reason, StringComparison.Ordinal);
        Assert.NotEqual(DeliveryState.Rejected, global.Ledger.Board.Value.Of(good.Key)?.State);
        if (afterARestartOfGlobal)
        {
            await global.WriteDeliverySumsAsync();
            await global.DisposeAsync();
            global = await GlobalNode.StartAsync(folder: folder, port: port);
            Assert.Equal(DeliveryState.Rejected, global.Ledger.Board.Value.Of(bad.Key)?.State);
        }

        await using (global)
        {
            zone.Faults.RejectName = null; // as after an upgrade of the zone
            zone.Drop();
            await global.Ledger.Board.UntilAsync(b => b.Of(bad.Key)?.State == DeliveryState.Accepted, "the acceptance");
        }
    }

    [Fact]
    public async Task RejectedKind_StopsNoOther()
    {
        await using var global = await GlobalNode.StartAsync();
        await using var fleet = await Fleet.StartAsync(global, 1);
        fleet[0].Faults.RejectKind = "MeshTrafficPermission";
        var refused = await global.PutAsync(TestKinds.Permission("p"));
        var taken = await global.PutAsync(TestKinds.Make("MeshTimeout", "default", "t", """{"targetRef":{"kind":"Mesh"},"to":[{"targetRef":{"kind":"Mesh"},"default":{"connectionTimeout":"5s"}}]}"""));
        await global.Ledger.Board.UntilAsync(b => b.Of(refused.Key)?.State == DeliveryState.Rejected && b.Of(taken.Key)?.State == DeliveryState.Accepted, "both answers");
    }

    /// <summary>What a zone says of times is its own; what we say of the link is by our clock.</summary>
    [Theory]
    [InlineData(-86400)]
    [InlineData(86400)]
    public async Task ZoneWithAWrongClock_IsOnline_AndOfflineByOurClock(int skew)
    {
        await using var global = await GlobalNode.StartAsync();
        await using var zone = new SimulatedZone("sim-1", global.Address, "token-sim-1");
        zone.Faults.ClockSkew = TimeSpan.FromSeconds(skew);
        zone.Populate(1);
        var began = DateTimeOffset.UtcNow;
        zone.Start();
        var states = new States(Site.Global, global.Links);
        await global.WaitAsync(w => w.Count("Dataplane") == 1 && w.Count("DataplaneInsight") == 1);
        var dataplane = global.World.List("Dataplane").Single();
        Assert.Equal(StateWord.Online, states.Of(dataplane, global.World).Word);
        await zone.DisposeAsync();
        await global.Links.Board.UntilAsync(b => !b["sim-1"].Connected, "the end");
        var state = states.Of(dataplane, global.World);
        Assert.Equal(StateWord.Unknown, state.Word);
        Assert.InRange(state.Since!.Value, began, DateTimeOffset.UtcNow);
    }

    [Fact]
    public async Task WrongOrigin_IsStoredAsTheConnectionsOwn()
    {
        await using var global = await GlobalNode.StartAsync();
        await using var fleet = await Fleet.StartAsync(global, 2);
        fleet[0].Faults.ClaimsZone = "sim-2";
        fleet[0].Populate(3);
        fleet[1].Populate(2);
        await global.WaitAsync(w => w.Count("Dataplane") == 5 && w.Count("ZoneIngress") == 2);
        Assert.Equal(3, global.World.List("Dataplane").Count(d => d.Zone == "sim-1"));
        Assert.Equal(2, global.World.List("Dataplane").Count(d => d.Zone == "sim-2"));
    }

    [Fact]
    public async Task LinkCutAndBack_StatesFollow_AndWhatWasOpenIsPendingAgain()
    {
        await using var global = await GlobalNode.StartAsync();
        await using var fleet = await Fleet.StartAsync(global, 1);
        fleet[0].Faults.Silent = true;
        var put = await global.PutAsync(TestKinds.Permission("p"));
        await global.Ledger.Board.UntilAsync(b => b.Of(put.Key)?.Zones["sim-1"].State == DeliveryState.Sent, "sent");
        await fleet[0].DisposeAsync();
        await global.Ledger.Board.UntilAsync(b => b.Of(put.Key)?.Zones["sim-1"].State == DeliveryState.Pending, "pending again");
        Assert.False(global.Links.Of("sim-1").Connected);
        await using var again = new SimulatedZone("sim-1", global.Address, "token-sim-1");
        again.Start();
        await global.Ledger.Board.UntilAsync(b => b.Of(put.Key)?.State == DeliveryState.Accepted, "accepted by the first answer");
    }

    [Fact]
    public async Task ReconnectStorm_Settles_WithoutAWriteOrALoss()
    {
        await using var global = await GlobalNode.StartAsync();
        for (var i = 0; i < 200; i++)
        {
            await global.PutAsync(TestKinds.Permission($"p{i}"));
        }

        await using var fleet = await Fleet.StartAsync(global, 10);
        foreach (var zone in fleet.All)
        {
            zone.Populate(20);
        }

        await global.WaitAsync(w => w.Count("Dataplane") == 200 && w.Count("DataplaneInsight") == 200);
        var before = global.World.List("Dataplane").ToList();
        for (var round = 0; round < 3; round++)
        {
            foreach (var zone in fleet.All)
            {
                zone.Drop();
            }

            await fleet.CompleteAsync(global, round + 2);
        }

        Assert.All(fleet.All, z => Assert.Equal(200, z.Of("MeshTrafficPermission").Count));
        Assert.Equal(before, global.World.List("Dataplane")); // the same instances: nothing was rewritten
        Assert.All(fleet.All, z => Assert.Empty(z.Refusals));
    }

    [Fact]
    public async Task DyingGlobal_LosesNothingThatWasAcknowledged_AndNoZoneGoesBack()
    {
        var random = new Random(20261125);
        using var folder = new TempFolder();
        var port = FreePorts.Take();
        var global = await GlobalNode.StartAsync(folder: folder, port: port);
        await using var lab = await ZoneNode.StartAsync("lab", global.Address);
        await using var history = new History(lab);
        var acknowledged = new Dictionary<string, int>();
        for (var round = 0; round < 4; round++)
        {
            for (var i = 0; i < random.Next(20, 60); i++)
            {
                var name = $"p{random.Next(10)}";
                var n = acknowledged.GetValueOrDefault(name) + 1;
                await global.PutAsync(Numbered(name, n));
                acknowledged[name] = n;
            }

            await global.DisposeAsync(); // at whatever point the zone is
            global = await GlobalNode.StartAsync(folder: folder, port: port, instance: $"global-{round}");
        }

        await using (global)
        {
            foreach (var (name, n) in acknowledged)
            {
                Assert.Equal(n, NumberOf(global.World.Find("MeshTrafficPermission", "default", name)!));
            }

            await lab.WaitAsync(
                w => acknowledged.All(a => w.List("MeshTrafficPermission").SingleOrDefault(p => p.DisplayName == a.Key) is { } p && NumberOf(p) == a.Value),
                "everything that was acknowledged");
            Assert.Empty(history.Violations(acknowledged));
        }
    }

    [Fact]
    public async Task DyingZone_ComesBackComplete_AndNeverGoesBack()
    {
        var random = new Random(20261126);
        await using var global = await GlobalNode.StartAsync();
        using var folder = new TempFolder();
        var acknowledged = new Dictionary<string, int>();
        for (var round = 0; round < 4; round++)
        {
            await using var lab = await ZoneNode.StartAsync("lab", global.Address, folder: folder);
            await using var history = new History(lab);
            for (var i = 0; i < random.Next(20, 60); i++)
            {
                var name = $"p{random.Next(10)}";
                var n = acknowledged.GetValueOrDefault(name) + 1;
                await global.PutAsync(Numbered(name, n));
                acknowledged[name] = n;
            }

            if (round == 3)
            {
                await lab.WaitAsync(w => acknowledged.All(a => w.List("MeshTrafficPermission").SingleOrDefault(p => p.DisplayName == a.Key) is { } p && NumberOf(p) == a.Value));
            }

            Assert.Empty(history.Violations(acknowledged));
        }
    }

    private static Resource Numbered(string name, int n) => TestKinds.Make(
        "MeshTrafficPermission",
        "default",
        name,
        """{"targetRef":{"kind":"Mesh"},"from":[{"targetRef":{"kind":"Mesh"},"default":{"action":"Allow"}}],"n":NUMBER}""".Replace("NUMBER", n.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));

    private static int NumberOf(Resource policy) => policy.Spec.Parse().GetProperty("n").GetInt32();

    /// <summary>Watches a zone's store: no resource may go back to an older state, and nothing may appear that was not written.</summary>
    private sealed class History : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly List<(string Name, int N)> seen = [];
        private readonly Task watching;

        public History(ZoneNode zone) => watching = Task.Run(async () =>
        {
            await foreach (var world in zone.Store.World.WatchAsync(stop.Token))
            {
                lock (seen)
                {
                    foreach (var policy in world.List("MeshTrafficPermission"))
                    {
                        seen.Add((policy.DisplayName, NumberOf(policy)));
                    }
                }
            }
        });

        public List<string> Violations(Dictionary<string, int> written)
        {
            var newest = new Dictionary<string, int>();
            var found = new List<string>();
            lock (seen)
            {
                foreach (var (name, n) in seen)
                {
                    if (n < newest.GetValueOrDefault(name))
                    {
                        found.Add($"{name} went from {newest[name]} back to {n}");
                    }

                    if (n > written.GetValueOrDefault(name))
                    {
                        found.Add($"{name} is {n}, which nobody wrote");
                    }

                    newest[name] = n;
                }
            }

            return found;
        }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stop.Dispose();
        }
    }

    private sealed class Fleet : IAsyncDisposable
    {
        public List<SimulatedZone> All { get; } = [];

        public SimulatedZone this[int index] => All[index];

        public static async Task<Fleet> StartAsync(GlobalNode global, int count)
        {
            var fleet = new Fleet();
            for (var i = 1; i <= count; i++)
            {
                var zone = new SimulatedZone($"sim-{i}", global.Address, $"token-sim-{i}");
                fleet.All.Add(zone);
                zone.Start();
            }

            await fleet.CompleteAsync(global, 1);
            return fleet;
        }

        /// <summary>Waits until every zone connected so often and its first answers are acknowledged.</summary>
        public async Task CompleteAsync(GlobalNode global, int connections)
        {
            foreach (var zone in All)
            {
                await global.InsightAsync(
                    zone.Name,
                    i => zone.Connections >= connections && zone.IsComplete && i.Subscriptions.Count > 0 && i.Subscriptions[^1].DisconnectTime is null
                        && i.Subscriptions[^1].Status.Total.ResponsesAcknowledged >= (ulong)SimulatedZone.DefaultTypes.Count);
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var zone in All)
            {
                await zone.DisposeAsync();
            }
        }
    }
}
