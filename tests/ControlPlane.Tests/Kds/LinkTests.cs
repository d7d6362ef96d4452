using System.Diagnostics;
using MeshConsole.ControlPlane.Delivery;
using MeshConsole.ControlPlane.Insights;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Testing;
using MeshConsole.ZoneSimulator;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace MeshConsole.ControlPlane.Tests.Kds;

/// <summary>
/// Links that fail in every way in which a network fails: both sides notice, nothing reads online that nobody can see, and
/// everything comes back by itself.
/// </summary>
public sealed class LinkTests
{
    private const string OnlineInsight = """{"subscriptions":[{"id":"1","controlPlaneInstanceId":"lab-cp","connectTime":"2026-11-01T10:00:00Z","status":{}}]}""";

    /// <summary>A link with the pings of these tests was silent at least so long when it is found dead; a live one answers sooner on any machine.</summary>
    private static readonly TimeSpan QuietOfQuickPings = TimeSpan.FromSeconds(3);

    /// <summary>The pings of a test; those of the product are measured in <see cref="FrozenLink_WithThePingsOfTheProduct_ShowsWithin30SecondsOnBothSides"/>.</summary>
    private static readonly Action<KestrelServerOptions> QuickPings = kestrel =>
    {
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(1);
        kestrel.Limits.Http2.KeepAlivePingTimeout = QuietOfQuickPings;
    };

    /// <summary>Pings that are sent, and never find a link dead within a test.</summary>
    private static readonly Action<KestrelServerOptions> PatientPings = kestrel =>
    {
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(1);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromMinutes(1);
    };

    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BusyMachine = TimeSpan.FromSeconds(15); // other tests may hold the cores; the sum of the settings is tested under S6

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FrozenLink_EverythingInTheZoneIsUnknown_AndRealAgainWhenItThaws()
    {
        var before = DateTimeOffset.UtcNow;
        await using var global = await GlobalNode.StartAsync(kestrel: QuickPings);
        await using var link = LinkProxy.To(global.Port);
        await using var lab = await ZoneNode.StartAsync("lab", $"grpc://127.0.0.1:{link.Port}", Quick);
        await PopulateAsync(lab);
        var states = new States(Site.Global, global.Links);
        await global.WaitAsync(w => Proxies(w).Count() == 3 && w.Count("DataplaneInsight") == 1 && w.Count("ZoneIngressInsight") == 1 && w.Count("ZoneEgressInsight") == 1, "the zone's proxies");
        Assert.All(Proxies(global.World), p => Assert.Equal(StateWord.Online, states.Of(p, global.World).Word));

        link.Freeze();
        await global.Links.Board.UntilAsync(b => !b["lab"].Connected, "the zone offline");
        var noticed = DateTimeOffset.UtcNow;
        await lab.Link.State.UntilAsync(s => !s.Connected, "the zone's own notice");
        Assert.Equal(StateWord.Offline, states.Of(global.World.Find("Zone", "lab")!, global.World).Word);
        Assert.All(Proxies(global.World), p =>
        {
            var state = states.Of(p, global.World);
            Assert.Equal((StateWord.Unknown, StateWord.Online), (state.Word, state.LastKnown));
            Assert.InRange(state.Since!.Value, before, noticed - QuietOfQuickPings); // when it was last heard, not when that was noticed
        });

        link.Thaw();
        await lab.ConnectedAsync();
        await global.Links.Board.UntilAsync(b => b["lab"].Connected, "the zone online");
        Assert.All(Proxies(global.World), p => Assert.Equal(StateWord.Online, states.Of(p, global.World).Word));
        var put = await global.PutAsync(TestKinds.Permission("after"));
        await global.Ledger.Board.UntilAsync(b => b.Of(put.Key)?.State == DeliveryState.Accepted, "a change accepted over the link that came back");
    }

    /// <summary>Real pings in real time, so it takes as long as it takes; the promise is 30 seconds.</summary>
    [Fact]
    public async Task FrozenLink_WithThePingsOfTheProduct_ShowsWithin30SecondsOnBothSides()
    {
        await using var global = await GlobalNode.StartAsync();
        await using var link = LinkProxy.To(global.Port);
        await using var lab = await ZoneNode.StartAsync("lab", $"grpc://127.0.0.1:{link.Port}");
        await lab.ConnectedAsync();
        await global.InsightAsync("lab", i => i.HealthCheck is not null && i.Subscriptions.Count == 1); // from here on only pings tell

        var began = Stopwatch.GetTimestamp();
        link.Freeze();
        var atGlobal = NoticedAsync(global.Links.Board, b => !b["lab"].Connected);
        var inTheZone = NoticedAsync(lab.Link.State, s => !s.Connected);
        await Task.WhenAll(atGlobal, inTheZone);

        TestContext.Current.SendDiagnosticMessage($"noticed at global after {atGlobal.Result.TotalSeconds:0.0} s, in the zone after {inTheZone.Result.TotalSeconds:0.0} s");
        Assert.InRange(atGlobal.Result, TimeSpan.Zero, Promise + BusyMachine);
        Assert.InRange(inTheZone.Result, TimeSpan.Zero, Promise + BusyMachine);

        async Task<TimeSpan> NoticedAsync<T>(Live<T> live, Func<T, bool> fits)
            where T : class
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            limit.CancelAfter(2 * (Promise + BusyMachine));
            for (var seen = live.Value; !fits(seen);)
            {
                seen = await live.NextAsync(seen, limit.Token);
            }

            return Stopwatch.GetElapsedTime(began);
        }
    }

    [Fact]
    public async Task CutLink_ShowsAtOnce_AndComesBack()
    {
        await using var global = await GlobalNode.StartAsync();
        await using var link = LinkProxy.To(global.Port);
        await using var lab = await ZoneNode.StartAsync("lab", $"grpc://127.0.0.1:{link.Port}");
        await lab.ConnectedAsync();
        await global.Links.Board.UntilAsync(b => b.ContainsKey("lab") && b["lab"].Connected, "the zone online");

        link.Refuses = true;
        link.Cut();
        await global.Links.Board.UntilAsync(b => !b["lab"].Connected, "the zone offline");
        Assert.Equal("it ended its connection", new States(Site.Global, global.Links).Of(global.World.Find("Zone", "lab")!, global.World).Reason);
        var down = await lab.Link.State.UntilAsync(s => !s.Connected && s.Tries > 2, "the zone's tries");
        Assert.Contains("global cannot be reached", down.Problem, StringComparison.Ordinal);

        link.Refuses = false;
        await lab.ConnectedAsync();
        await global.Links.Board.UntilAsync(b => b["lab"].Connected, "the zone online again");
    }

    /// <summary>An end that comes from one side only ends the connection at once, long before a ping would show it.</summary>
    [Fact]
    public async Task HalfClosedLink_EndsTheWholeConnection_AndComesBack()
    {
        await using var global = await GlobalNode.StartAsync(kestrel: PatientPings);
        await using var link = LinkProxy.To(global.Port);
        await using var lab = await ZoneNode.StartAsync("lab", $"grpc://127.0.0.1:{link.Port}", o => new KdsClientOptions
        {
            Address = o.Address,
            TokenFile = o.TokenFile,
            BackoffBase = o.BackoffBase,
            BackoffLimit = o.BackoffLimit,
            PingDelay = TimeSpan.FromHours(1),
        });
        await lab.ConnectedAsync();
        await global.InsightAsync("lab", i => i.Subscriptions.Count == 1);

        link.HalfClose();
        await global.InsightAsync("lab", i => i.Subscriptions.Count == 2 && i.Subscriptions[0].DisconnectTime is not null && i.Subscriptions[1].DisconnectTime is null);
        await lab.ConnectedAsync();
        Assert.Equal(2, link.Accepted);
    }

    [Fact]
    public async Task SlowLink_DeliversEverything()
    {
        await using var global = await GlobalNode.StartAsync(kestrel: PatientPings);
        await using var link = LinkProxy.To(global.Port);
        link.Delay = TimeSpan.FromMilliseconds(150);
        await using var lab = await ZoneNode.StartAsync("lab", $"grpc://127.0.0.1:{link.Port}");
        await lab.ConnectedAsync();

        var put = await global.PutAsync(TestKinds.Permission("p"));
        await global.Ledger.Board.UntilAsync(b => b.Of(put.Key)?.State == DeliveryState.Accepted, "accepted over the slow link");
        Assert.Equal(1, link.Accepted); // slow is not dead
    }

    [Fact]
    public async Task HalfOpenConnection_OfAZoneThatIsBackOnANewOne_NeverMakesItOfflineNorHoldsAnythingUp()
    {
        await using var global = await GlobalNode.StartAsync(kestrel: PatientPings);
        await using var zone = new SimulatedZone("sim-1", global.Address, "token-sim-1");
        zone.Start();
        await global.InsightAsync("sim-1", i => i.Subscriptions.Count == 1 && zone.IsComplete);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var offline = WatchAsync();

        zone.LoseConnection();
        await global.InsightAsync("sim-1", i => i.Subscriptions.Count == 2 && i.Subscriptions[0].DisconnectTime is not null && zone.Connections == 2 && zone.IsComplete);
        var put = await global.PutAsync(TestKinds.Permission("p"));
        await global.Ledger.Board.UntilAsync(b => b.Of(put.Key)?.State == DeliveryState.Accepted, "accepted on the new connection");

        await stop.CancelAsync();
        Assert.Equal(0, await offline);

        async Task<int> WatchAsync()
        {
            var count = 0;
            try
            {
                await foreach (var board in global.Links.Board.WatchAsync(stop.Token))
                {
                    count += board["sim-1"].Connected ? 0 : 1;
                }
            }
            catch (OperationCanceledException)
            {
                // the end of the watch
            }

            return count;
        }
    }

    [Fact]
    public async Task LinkDownForAWhile_SimulatedZone_IsOfflineAndThenBack()
    {
        await using var global = await GlobalNode.StartAsync(kestrel: QuickPings);
        await using var zone = new SimulatedZone("sim-1", global.Address, "token-sim-1");
        zone.Start();
        await global.InsightAsync("sim-1", i => i.Subscriptions.Count == 1 && zone.IsComplete);

        zone.Faults.LinkDown = true;
        await global.Links.Board.UntilAsync(b => !b["sim-1"].Connected, "the zone offline");
        Assert.True(zone.Faults.LinkDown);
        zone.Faults.LinkDown = false;
        await global.Links.Board.UntilAsync(b => b["sim-1"].Connected, "the zone online");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ZoneThatLeaves_InGoodOrderOrNot_IsOneLineOfInformation(bool goodbye)
    {
        using var logs = new LogBook();
        await using var global = await GlobalNode.StartAsync(logs: logs);
        await using var zone = new SimulatedZone("sim-1", global.Address, "token-sim-1");
        zone.Start();
        var first = await global.InsightAsync("sim-1", i => i.Subscriptions.Count == 1 && zone.IsComplete && i.KdsStreams.ZoneToGlobal is not null);

        if (goodbye)
        {
            zone.Leave();
        }
        else
        {
            zone.Drop();
        }

        await global.InsightAsync("sim-1", i => i.Subscriptions.Count == 2 && i.Subscriptions[0].DisconnectTime is not null && zone.Connections == 2 && zone.IsComplete
            && !i.KdsStreams.ZoneToGlobal.Equals(first.KdsStreams.ZoneToGlobal)); // both streams: one that comes late would be a connection of its own
        await zone.DisposeAsync();
        await global.Links.Board.UntilAsync(b => !b["sim-1"].Connected, "the end");
        await logs.Lines.UntilAsync(_ => logs.Of("no longer connected").Count >= 2, "both ends in the log");
        Assert.Equal(2, logs.Of("no longer connected").Count);
        Assert.Equal(2, logs.Of("is connected from").Count);
        Assert.All(logs.Of(""), l => Assert.True(l.Level <= LogLevel.Information, l.Text));
    }

    [Fact]
    public async Task OurZoneThatStops_IsOneLineOfInformation()
    {
        using var logs = new LogBook();
        await using var global = await GlobalNode.StartAsync(logs: logs);
        await using (var lab = await ZoneNode.StartAsync("lab", global.Address))
        {
            await lab.ConnectedAsync();
            await global.InsightAsync("lab", i => i.Subscriptions.Count == 1 && i.KdsStreams is { GlobalToZone: not null, ZoneToGlobal: not null, ConfigDump: not null, Stats: not null, Clusters: not null });
        }

        await global.Links.Board.UntilAsync(b => !b["lab"].Connected, "the end");
        await logs.Lines.UntilAsync(_ => logs.Of("no longer connected").Count > 0, "the end in the log");
        Assert.Single(logs.Of("no longer connected"));
        Assert.All(logs.Of(""), l => Assert.True(l.Level <= LogLevel.Information, l.Text));
    }

    [Theory]
    [InlineData(12, "it ended its connection")]
    [InlineData(21, "its link is dead, nothing was heard of it since 10:00:00 UTC")]
    public void ConnectionThatIsGone_WasEndedByTheZone_OrItsLinkIsDead(int silentSeconds, string expected)
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(new DateTimeOffset(2026, 11, 1, 10, 0, 0, TimeSpan.Zero));
        var session = new ZoneSession(Call("c") with { Pulse = new LinkPulse(clock) }, "global-0001", clock.GetUtcNow());
        clock.Advance(TimeSpan.FromSeconds(silentSeconds));
        session.Left("it ended its connection", clock.GetUtcNow());
        session.Left("it said goodbye", clock.GetUtcNow()); // the first word stands
        Assert.Equal(expected, session.How);
    }

    private static KdsCall Call(string connection) => new("lab", null, connection, null, connection, new HashSet<string>(), IsVersion3: false, Gzip: false);

    /// <summary>The end of one connection and the beginning of the next, at the same moment: what is published last must be what is.</summary>
    [Fact]
    public async Task ConnectionThatEndsWhileAnotherBegins_DoesNotLeaveTheZoneOffline()
    {
        var clock = new PausingClock();
        await using var global = await GlobalNode.StartAsync(time: clock);
        var older = global.Sessions.Open(Call("older"), StreamKind.GlobalToZone);
        older.Session.End(Grpc.Core.StatusCode.Unavailable, "the end");
        StreamLease? newer = null;
        clock.OnSecondLook(() => newer = Task.Run(() => global.Sessions.Open(Call("newer"), StreamKind.GlobalToZone)).GetAwaiter().GetResult());
        older.Dispose();
        using (newer)
        {
            Assert.NotNull(newer);
            Assert.True(global.Links.Of("lab").Connected);
        }
    }

    /// <summary>
    /// A connection that was replaced may still have something on its way into the store; it must not undo what the new one brought.
    /// </summary>
    [Fact]
    public async Task OlderConnection_WithAResponseOnItsWay_StoresNothingMore()
    {
        await using var global = await GlobalNode.StartAsync();
        await using var zone = new SimulatedZone("sim-1", global.Address, "token-sim-1");
        zone.Start();
        zone.Populate(1);
        await global.WaitAsync(w => w.Count("Dataplane") == 1 && w.Count("ZoneIngress") == 1);
        var older = new SyncReceiver(
            TestKinds.All, global.Store, new FromZoneRules("sim-1", hashed: true, ended: new CancellationToken(canceled: true)), new ReceivedForms(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var before = global.World;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => older.ApplyAsync(new Protos.Envoy.Discovery.DeltaDiscoveryResponse { TypeUrl = "Dataplane", Nonce = "1" }, Cancel));
        Assert.Equal(before.List("Dataplane"), global.World.List("Dataplane")); // a complete answer without it would have deleted it
    }

    private static KdsClientOptions Quick(KdsClientOptions options) => new()
    {
        Address = options.Address,
        TokenFile = options.TokenFile,
        BackoffBase = options.BackoffBase,
        BackoffLimit = options.BackoffLimit,
        PingDelay = TimeSpan.FromSeconds(1),
        PingTimeout = QuietOfQuickPings,
    };

    private static IEnumerable<Resource> Proxies(World world) => [.. world.List("Dataplane"), .. world.List("ZoneIngress"), .. world.List("ZoneEgress")];

    /// <summary>A data plane, an ingress and an egress, all online.</summary>
    private static async Task PopulateAsync(ZoneNode zone)
    {
        await zone.PutAsync(TestKinds.Make("Dataplane", "default", "api", """{"networking":{"address":"10.0.0.1","inbound":[{"port":80,"tags":{"kuma.io/service":"api"}}]}}"""));
        await zone.PutAsync(TestKinds.Make("DataplaneInsight", "default", "api", OnlineInsight));
        await zone.PutAsync(TestKinds.Make("ZoneIngress", "", "in", """{"zone":"lab","networking":{"address":"10.0.0.2","port":10001}}"""));
        await zone.PutAsync(TestKinds.Make("ZoneIngressInsight", "", "in", OnlineInsight));
        await zone.PutAsync(TestKinds.Make("ZoneEgress", "", "out", """{"zone":"lab","networking":{"address":"10.0.0.3","port":10002}}"""));
        await zone.PutAsync(TestKinds.Make("ZoneEgressInsight", "", "out", OnlineInsight));
    }

    /// <summary>Lets something happen in the middle of what the present thread does: when it looks at the clock for the second time.</summary>
    private sealed class PausingClock : TimeProvider
    {
        private int thread;
        private int looks;
        private Action? then;

        public void OnSecondLook(Action happens)
        {
            looks = 0;
            then = happens;
            thread = Environment.CurrentManagedThreadId;
        }

        public override DateTimeOffset GetUtcNow()
        {
            if (Environment.CurrentManagedThreadId == thread && ++looks == 2)
            {
                then?.Invoke();
            }

            return base.GetUtcNow();
        }
    }
}
