using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Tests.Kds;

/// <summary>Statements 41 to 59 of the KDS reference: what our global makes of what zones send, and the books it keeps.</summary>
public sealed class ZoneToGlobalConformanceTests : IAsyncLifetime
{
    private const string Dataplane = """{"networking":{"address":"10.0.0.1","inbound":[{"port":80,"tags":{"kuma.io/service":"api"}}]}}""";
    private GlobalNode global = null!;
    private ScriptedZone lab = null!;
    private ScriptedZone.Up up = null!;

    public async ValueTask InitializeAsync()
    {
        global = await GlobalNode.StartAsync();
        lab = new ScriptedZone("lab", global.Address);
        up = lab.OpenUp();
    }

    public async ValueTask DisposeAsync()
    {
        await lab.DisposeAsync();
        await global.DisposeAsync();
    }

    [Fact]
    public async Task S41_OnOpening_GlobalAsksForEveryTypeThatGoesUp()
    {
        string[] expected = [.. TestKinds.All.All.Where(UpView.Travels).Select(k => k.Name)];
        var asked = new List<string>();
        for (var i = 0; i < expected.Length; i++)
        {
            var request = await up.NextAsync();
            asked.Add(request.TypeUrl);
            Assert.Equal("lab", request.Node.Id);
            Assert.Equal(["*"], request.ResourceNamesSubscribe);
            Assert.Empty(request.ResponseNonce);
            Assert.Equal([.. KdsFeatures.Ours.Order()], PeerFacts.Read(request.Node.Metadata).Features.Order());
        }

        Assert.Equal(expected.Order(), asked.Order());
    }

    [Fact]
    public async Task S42_FirstResponse_DeletesOnlyWhatIsThisZonesAndMissing()
    {
        await using var eks = new ScriptedZone("eks", global.Address);
        await up.SendAsync("Dataplane", [Send("lab", "a"), Send("lab", "b")]);
        await eks.OpenUp().SendAsync("Dataplane", [Send("eks", "a")]);
        await lab.DisposeAsync();
        lab = new ScriptedZone("lab", global.Address);
        up = lab.OpenUp();
        var reply = await up.SendAsync("Dataplane", [Send("lab", "b")]);
        Assert.Null(reply.ErrorDetail);
        Assert.Equal("lab", reply.Node.Id);
        Assert.Equal([("eks", "a"), ("lab", "b")], global.World.List("Dataplane").Select(d => (d.Zone!, d.DisplayName)).Order());
        await up.SendAsync("Dataplane", [Send("lab", "c")]); // no longer the first: a difference
        Assert.Equal(3, global.World.Count("Dataplane"));
    }

    [Fact]
    public async Task S43_S78_ZoneClaims_ArePinnedToTheConnection()
    {
        var claims = new Dataplane
        {
            Networking = new()
            {
                Address = "10.0.0.1",
                Inbound = { new Dataplane.Types.Networking.Types.Inbound { Port = 80, Tags = { ["kuma.io/service"] = "api", ["kuma.io/zone"] = "eks" } } },
            },
        };
        var reply = await up.SendAsync("Dataplane", [Wire.Raw("d", "default", Pack(claims), (Labels.Zone, "eks"), (Labels.Origin, "global"))]);
        Assert.Null(reply.ErrorDetail);
        var stored = global.World.List("Dataplane").Single();
        Assert.Equal("lab", stored.Zone);
        Assert.Equal("zone", stored.Origin);
        Assert.Equal("lab", ((DataplaneKind)stored.Kind).Spec(stored).Networking.Inbound[0].Tags["kuma.io/zone"]);
        var ingress = new ZoneIngress
        {
            Networking = new() { Address = "10.0.0.2", Port = 10001, AdvertisedAddress = "192.0.2.1", AdvertisedPort = 10001 },
            AvailableServices = { new ZoneIngress.Types.AvailableService { Mesh = "default", Instances = 1, Tags = { ["kuma.io/service"] = "api", ["kuma.io/zone"] = "eks" } } },
        };
        Assert.Null((await up.SendAsync("ZoneIngress", [Wire.Raw("i", "", Pack(ingress))])).ErrorDetail);
        var resource = global.World.List("ZoneIngress").Single();
        var pinned = ((ZoneIngressKind)resource.Kind).Spec(resource);
        Assert.Equal("lab", pinned.Zone);
        Assert.Equal("lab", pinned.AvailableServices[0].Tags["kuma.io/zone"]);
    }

    [Fact]
    public async Task S44_DataplaneOfAnUnknownMesh_IsStored() =>
        Assert.True((await up.SendAsync("Dataplane", [Send("lab", "d", mesh: "unheard-of")])).ErrorDetail is null && global.World.List("Dataplane").Single().Mesh == "unheard-of");

    [Fact]
    public async Task S39_BuiltInGateway_IsStored() =>
        Assert.Null((await up.SendAsync("Dataplane", [Wire.From("lab", TestKinds.Make("Dataplane", "default", "g", """{"networking":{"address":"10.0.0.1","gateway":{"type":"BUILTIN","tags":{"kuma.io/service":"edge"}}}}"""))])).ErrorDetail);

    [Fact]
    public async Task S45_S65_BadResources_AreRefusedByThemselves_AndTheOthersStored()
    {
        await up.SendAsync("MeshTrafficPermission", [Policy("older")]);
        var reply = await up.SendAsync(
            "MeshTrafficPermission",
            [
                Policy("good-1"),
                Policy("good-2"),
                Wire.Raw("no-spec", "default", null),
                Wire.Raw("not-json", "default", new Any { Value = ByteString.CopyFromUtf8("{nonsense") }),
                Wire.Raw("empty", "default", new Any()),
                Wire.Raw("wrong-type", "default", new Any { Value = ByteString.CopyFromUtf8("""{"from":7}""") }),
                new Protos.Envoy.Discovery.Resource { Name = "no-any.default" },
                new Protos.Envoy.Discovery.Resource { Name = "no-meta.default", Resource_ = new Any() },
                new Protos.Envoy.Discovery.Resource { Name = "broken.default", Resource_ = new Any { Value = ByteString.CopyFromUtf8("\u00ff\u00ff") } },
            ]);
        Assert.NotNull(reply.ErrorDetail);
        Assert.Equal(["*"], reply.ResourceNamesSubscribe);
        foreach (var name in (string[])["no-spec", "not-json", "empty", "wrong-type", "no-any", "no-meta", "broken"])
        {
            Assert.Contains($"\"{name}.default\"", reply.ErrorDetail.Message, StringComparison.Ordinal);
        }

        Assert.Equal(["good-1", "good-2", "older"], global.World.List("MeshTrafficPermission").Select(p => p.DisplayName).Order());
        Assert.Null((await up.SendAsync("MeshTrafficPermission", [Policy("after")])).ErrorDetail); // the stream lives
    }

    [Fact]
    public async Task S45_ResourceThatBreaksItsRules_IsRefused_AndItsOlderVersionStays()
    {
        await up.SendAsync("Dataplane", [Send("lab", "d")]);
        var before = global.World.List("Dataplane").Single();
        var reply = await up.SendAsync("Dataplane", [Wire.From("lab", TestKinds.Make("Dataplane", "default", "d", """{"networking":{"inbound":[{"port":70000}]}}"""))]);
        Assert.Contains("networking", reply.ErrorDetail.Message, StringComparison.Ordinal);
        Assert.Same(before, global.World.List("Dataplane").Single());
    }

    [Fact]
    public async Task NewerPeer_UnknownMembersAndWords_AreKeptByteForByte_WrongTypesRefusedByThemselves()
    {
        const string Newer = """{"targetRef": {"kind":"Mesh", "sectionName2": ["a", 1.50]},"from":[{"targetRef":{"kind":"Mesh"},"default":{"action":"Allow","since3":{"x":null}}}],  "newMember":{"b":1,"a":2}}""";
        var reply = await up.SendAsync(
            "MeshTrafficPermission",
            [
                Wire.Raw("newer", "default", new Any { Value = ByteString.CopyFromUtf8(Newer) }),
                Wire.Raw("number-for-list", "default", new Any { Value = ByteString.CopyFromUtf8("""{"from":7}""") }),
                Wire.Raw("text-for-object", "default", new Any { Value = ByteString.CopyFromUtf8("""{"targetRef":"Mesh","from":[]}""") }),
            ]);
        Assert.Contains("\"number-for-list.default\"", reply.ErrorDetail.Message, StringComparison.Ordinal);
        Assert.Contains("\"text-for-object.default\"", reply.ErrorDetail.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("newer", reply.ErrorDetail.Message, StringComparison.Ordinal);
        Assert.Equal(Newer, global.World.List("MeshTrafficPermission").Single().Spec.ToString());

        var timeouts = await up.SendAsync(
            "MeshTimeout",
            [
                Wire.Raw("good", "default", new Any { Value = ByteString.CopyFromUtf8("""{"targetRef":{"kind":"Mesh"},"to":[{"targetRef":{"kind":"Mesh"},"default":{"idleTimeout":"1h"}}]}""") }),
                Wire.Raw("no-duration", "default", new Any { Value = ByteString.CopyFromUtf8("""{"targetRef":{"kind":"Mesh"},"to":[{"targetRef":{"kind":"Mesh"},"default":{"idleTimeout":"soon"}}]}""") }),
            ]);
        Assert.Contains("\"no-duration.default\"", timeouts.ErrorDetail.Message, StringComparison.Ordinal);
        Assert.Equal("good", global.World.List("MeshTimeout").Single().Name);

        var mesh = new Mesh().ToByteArray().Concat(new byte[] { 0xFA, 0x3F, 1, 7 }).ToArray(); // field 1023, of which nobody knows
        var dataplane = new Dataplane { Networking = new() { Address = "10.0.0.1", Inbound = { new Dataplane.Types.Networking.Types.Inbound { Port = 80 } } } }.ToByteArray().Concat(mesh).ToArray();
        Assert.Null((await up.SendAsync("Dataplane", [Wire.Raw("newer", "default", new Any { TypeUrl = "type.googleapis.com/kuma.mesh.v1alpha1.Dataplane", Value = ByteString.CopyFrom(dataplane) })])).ErrorDetail);
        Assert.Equal(dataplane, global.World.List("Dataplane").Single().Wire);
    }

    [Fact]
    public async Task S46_StoreOutage_EndsTheStreamWithInternal_AndAcknowledgesNothing()
    {
        Store.FaultyDatabase? database = null;
        await using var failing = await GlobalNode.StartAsync(database: real => database = new Store.FaultyDatabase(real));
        await using var zone = new ScriptedZone("lab", failing.Address);
        var stream = zone.OpenUp();
        await stream.SendAsync("Dataplane", [Send("lab", "before")]);
        database!.Down = true;
        await stream.Call.RequestStream.WriteAsync(
            new Protos.Envoy.Discovery.DeltaDiscoveryResponse { TypeUrl = "Dataplane", Nonce = "x", Resources = { Send("lab", "lost") } }, TestContext.Current.CancellationToken);
        Protos.Envoy.Discovery.DeltaDiscoveryRequest? answer = null;
        var end = await Assert.ThrowsAsync<RpcException>(async () => answer = await stream.NextAsync(r => r.ResponseNonce == "x"));
        Assert.Null(answer);
        Assert.Equal(StatusCode.Internal, end.StatusCode);
        Assert.Equal("stream failed", end.Status.Detail);
        Assert.Equal(["before"], failing.World.List("Dataplane").Select(d => d.DisplayName));
        database.Down = false;
        await using var again = new ScriptedZone("lab", failing.Address);
        Assert.Null((await again.OpenUp().SendAsync("Dataplane", [Send("lab", "before"), Send("lab", "lost")])).ErrorDetail);
        Assert.Equal(2, failing.World.Count("Dataplane"));
    }

    [Fact]
    public async Task UnknownOrWrongType_IsRefused_AndTheStreamLives()
    {
        Assert.NotNull((await up.SendAsync("Nonsense", [])).ErrorDetail);
        Assert.NotNull((await up.SendAsync("Mesh", [Wire.Raw("m", "", Pack(new Mesh()))])).ErrorDetail);
        Assert.Equal(0, global.World.Count("Mesh"));
        Assert.Null((await up.SendAsync("Dataplane", [Send("lab", "d")])).ErrorDetail);
    }

    [Fact]
    public async Task S47_ZoneWithoutHashSuffix_GetsItsNamesPrefixed()
    {
        await using var old = new ScriptedZone("old", global.Address, features: null);
        var stream = old.OpenUp();
        await stream.SendAsync("Dataplane", [Wire.Raw("d", "default", Spec())]);
        Assert.Equal("old.d", global.World.List("Dataplane").Single().Name);
        await stream.SendAsync("Dataplane", [], "d.default");
        Assert.Equal(0, global.World.Count("Dataplane"));
    }

    [Fact]
    public async Task S48_ChangedStatusAlone_IsStored()
    {
        var service = TestKinds.Make("MeshService", "default", "api", """{"ports":[{"port":80}]}""");
        await up.SendAsync("MeshService", [Wire.From("lab", service.With(status: JsonBody.FromText("{}")))]);
        await up.SendAsync("MeshService", [Wire.From("lab", service.With(status: JsonBody.FromText("""{"vips":[{"ip":"241.0.0.1"}]}""")))]);
        Assert.Equal("""{"vips":[{"ip":"241.0.0.1"}]}""", global.World.List("MeshService").Single().Status!.ToString());
    }

    [Fact]
    public async Task S49_SameContentAgain_WritesNothing()
    {
        await up.SendAsync("Dataplane", [Send("lab", "d")]);
        await up.SendAsync("ZoneIngress", [Wire.Raw("i", "", Pack(new ZoneIngress { Networking = new() { Address = "10.0.0.2", Port = 1, AdvertisedAddress = "192.0.2.1", AdvertisedPort = 2 } }))]);
        var before = global.World;
        await lab.DisposeAsync();
        await using var again = new ScriptedZone("lab", global.Address);
        var stream = again.OpenUp();
        await stream.SendAsync("Dataplane", [Send("lab", "d")]);
        await stream.SendAsync("ZoneIngress", [Wire.Raw("i", "", Pack(new ZoneIngress { Networking = new() { Address = "10.0.0.2", Port = 1, AdvertisedAddress = "192.0.2.1", AdvertisedPort = 2 } }))]);
        Assert.Same(before.List("Dataplane").Single(), global.World.List("Dataplane").Single());
        Assert.Same(before.List("ZoneIngress").Single(), global.World.List("ZoneIngress").Single());
    }

    [Fact]
    public async Task S52_S70_ConnectedZone_HasOneOpenSubscription_AtOnce_AndAClosedOneAfter()
    {
        var down = lab.OpenDown();
        await down.SubscribeAsync("Mesh");
        var open = await global.InsightAsync("lab", i => i.Subscriptions.Count == 1 && i.Subscriptions[0].Version is not null && i.Subscriptions[0].Status.Total.ResponsesAcknowledged == 1);
        var subscription = open.Subscriptions[0];
        Assert.Null(subscription.DisconnectTime);
        Assert.Equal("2.14.3", subscription.Version.KumaCp.Version);
        Assert.Equal("lab-cp-1", subscription.ZoneInstanceId);
        Assert.Equal("global-0001", subscription.GlobalInstanceId);
        Assert.Equal("""{"store":{"type":"memory"}}""", subscription.Config);
        Assert.True(subscription.AuthTokenProvided);
        Assert.Equal(1UL, subscription.Status.Stat["Mesh"].ResponsesSent);
        Assert.True(global.Links.Of("lab").Connected);
        await lab.DisposeAsync();
        await global.InsightAsync("lab", i => i.Subscriptions.Count > 0 && i.Subscriptions[0].DisconnectTime is not null);
        await global.Links.Board.UntilAsync(b => b["lab"] is { Connected: false, LastSeen: not null }, "offline");
    }

    /// <summary>What reads the insight alone, as kumactl does, must not call a zone online that left while nothing could be stored.</summary>
    [Fact]
    public async Task ZoneThatLeavesDuringAStoreOutage_IsOfflineInItsInsightSoonAfterwards()
    {
        Store.FaultyDatabase? database = null;
        using var logs = new LogBook();
        await using var failing = await GlobalNode.StartAsync(database: real => database = new Store.FaultyDatabase(real), logs: logs);
        await using (var zone = new ScriptedZone("lab", failing.Address))
        {
            await zone.OpenDown().SubscribeAsync("Mesh");
            await failing.InsightAsync("lab", i => i.Subscriptions.Count > 0 && i.Subscriptions[0].Status.Total.ResponsesAcknowledged == 1); // nothing more is to be written
            database!.Down = true;
        }

        await logs.Lines.UntilAsync(_ => logs.Of("could not be stored").Count > 0, "the try to store it");
        database.Down = false;
        await failing.InsightAsync("lab", i => i.Subscriptions[0].DisconnectTime is not null);
    }

    [Fact]
    public async Task S53_TwelveConnections_LeaveTenSubscriptions_AndOnlyTheLastOpen()
    {
        string? last = null;
        for (var i = 0; i < 12; i++)
        {
            await using var zone = new ScriptedZone("eks", global.Address);
            await zone.OpenDown().SubscribeAsync("Mesh");
            var insight = await global.InsightAsync("eks", n => n.Subscriptions.Count > 0 && n.Subscriptions[^1].Id != last && n.Subscriptions[^1].DisconnectTime is null);
            Assert.Single(insight.Subscriptions, s => s.DisconnectTime is null);
            last = insight.Subscriptions[^1].Id;
            await zone.DisposeAsync();
            await global.InsightAsync("eks", n => n.Subscriptions.Count > 0 && n.Subscriptions[^1].DisconnectTime is not null);
        }

        Assert.Equal(10, global.Insight("eks")!.Subscriptions.Count);
    }

    [Fact]
    public async Task S54_SubscriptionLeftOpenByAKilledGlobal_IsClosedAtTheNextStart()
    {
        using var folder = new Testing.TempFolder();
        await using (var first = await GlobalNode.StartAsync(folder: folder))
        {
            var open = new Protos.Kuma.System.ZoneInsight
            {
                Subscriptions = { new Protos.Kuma.System.KDSSubscription { Id = "1", GlobalInstanceId = "killed", ConnectTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow) } },
            };
            await first.PutAsync(TestKinds.Make("Zone", "", "lab", "{}"));
            await first.PutAsync(new Resource { Kind = TestKinds.All["ZoneInsight"], Name = "lab", Spec = new ZoneInsightKind().Write(open) });
        }

        await using var second = await GlobalNode.StartAsync(folder: folder, instance: "global-0002");
        Assert.NotNull(second.Insight("lab")!.Subscriptions[0].DisconnectTime);
        Assert.False(second.Links.Of("lab").Connected);
    }

    [Fact]
    public async Task S54_SubscriptionOfAnotherInstanceThatWasKilled_IsClosedWithinTwiceTheIdleTimeout_AndALiveOneIsNot()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(DateTimeOffset.UtcNow);
        var options = new KdsOptions { InsightFlushInterval = TimeSpan.Zero };
        await using var instance = await GlobalNode.StartAsync(options, time: time);
        await using var zone = new ScriptedZone("own", instance.Address);
        await zone.OpenDown().SubscribeAsync("Mesh");
        await instance.InsightAsync("own", i => i.Subscriptions.Count == 1);
        await OpenAsync("lab", "killed", 0);
        await OpenAsync("eks", "alive", 0);
        for (uint look = 1; look <= 4 && instance.Insight("lab")!.Subscriptions[^1].DisconnectTime is null; look++)
        {
            await OpenAsync("eks", "alive", look);
            var before = instance.Insight("own")!.Subscriptions[^1].Generation;
            time.Advance(options.SubscriptionIdleTimeout / 2); // when an instance looks again, and says that it lives
            await instance.InsightAsync("own", i => i.Subscriptions[^1].Generation > before);
        }

        Assert.NotNull(instance.Insight("lab")!.Subscriptions[^1].DisconnectTime); // four looks are twice the idle time-out
        Assert.Null(instance.Insight("lab")!.KdsStreams);
        Assert.Null(instance.Insight("eks")!.Subscriptions[^1].DisconnectTime);
        Assert.Null(instance.Insight("own")!.Subscriptions[^1].DisconnectTime);

        async Task OpenAsync(string name, string id, uint generation)
        {
            var insight = new Protos.Kuma.System.ZoneInsight
            {
                Subscriptions = { new Protos.Kuma.System.KDSSubscription { Id = id, GlobalInstanceId = id, Generation = generation, ConnectTime = Timestamp.FromDateTimeOffset(time.GetUtcNow()) } },
                KdsStreams = new() { GlobalToZone = new() { GlobalInstanceId = id } },
            };
            await instance.PutAsync(TestKinds.Make("Zone", "", name, "{}"));
            await instance.PutAsync(new Resource { Kind = TestKinds.All["ZoneInsight"], Name = name, Spec = new ZoneInsightKind().Write(insight) });
        }
    }

    [Fact]
    public async Task S58_S59_S71_ProxyRequests_AreAnswered_Late_Unknown_AndNever()
    {
        var clock = new Testing.SteppedClock(DateTimeOffset.UtcNow);
        var limit = TimeSpan.FromSeconds(3);
        await using var impatient = await GlobalNode.StartAsync(new KdsOptions { ProxyRequestTimeout = limit }, time: clock);
        await using var zone = new ScriptedZone("lab", impatient.Address);
        await zone.OpenUp().SendAsync("Dataplane", [Send("lab", "api-1")]);
        var proxy = impatient.World.List("Dataplane").Single();
        Assert.Contains("zone is offline", (await impatient.Proxies.ConfigAsync(proxy, true, TestContext.Current.CancellationToken)).Refusal!.Detail, StringComparison.Ordinal);
        using var stream = zone.OpenConfigs();
        await impatient.InsightAsync("lab", i => i.KdsStreams?.ConfigDump is not null);
        var asking = impatient.Proxies.ConfigAsync(proxy, true, TestContext.Current.CancellationToken);
        Assert.True(await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        var request = stream.ResponseStream.Current;
        Assert.Equal(("Dataplane", "api-1", "default", true), (request.ResourceType, request.ResourceName, request.ResourceMesh, request.IncludeEds));
        await stream.RequestStream.WriteAsync(new XDSConfigResponse { RequestId = "unknown", Config = ByteString.CopyFromUtf8("?") }, TestContext.Current.CancellationToken);
        await stream.RequestStream.WriteAsync(new XDSConfigResponse { RequestId = request.RequestId, Config = ByteString.CopyFromUtf8("{}") }, TestContext.Current.CancellationToken);
        Assert.Equal("{}"u8.ToArray(), (await asking).Value);
        var never = impatient.Proxies.ConfigAsync(proxy, false, TestContext.Current.CancellationToken);
        await clock.PassAsync(limit, TestContext.Current.CancellationToken);
        Assert.Equal(RefusalReason.Unavailable, (await never).Refusal!.Reason);
        Assert.True(await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        await stream.RequestStream.WriteAsync(new XDSConfigResponse { RequestId = stream.ResponseStream.Current.RequestId, Error = "late" }, TestContext.Current.CancellationToken);
        var failing = impatient.Proxies.ConfigAsync(proxy, false, TestContext.Current.CancellationToken);
        Assert.True(await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        await stream.RequestStream.WriteAsync(new XDSConfigResponse { RequestId = stream.ResponseStream.Current.RequestId, Error = "no Envoy here" }, TestContext.Current.CancellationToken);
        Assert.Equal("could not send XDSConfigRequest: no Envoy here", (await failing).Refusal!.Detail);
    }

    [Theory]
    [InlineData("memory", "lab-proxy", "lab-proxy")]
    [InlineData("kubernetes", "web", "web.demo")]
    public async Task S59_NameOfAProxyInItsZone_FollowsTheZonesStore(string storeType, string display, string expected)
    {
        var down = lab.OpenDown();
        await down.SendAsync(new Protos.Envoy.Discovery.DeltaDiscoveryRequest
        {
            Node = new Protos.Envoy.Core.Node { Id = "lab", Metadata = (PeerFacts.None with { Config = $$$"""{"store":{"type":"{{{storeType}}}"}}""" }).Write() },
            TypeUrl = "Mesh",
        });
        await down.NextAsync("Mesh");
        await global.InsightAsync("lab", i => i.Subscriptions.LastOrDefault()?.Config.Length > 0);
        await up.SendAsync("Dataplane", [Wire.From("lab", TestKinds.Make("Dataplane", "default", display, Dataplane, (Labels.Namespace, "demo")))]);
        Assert.Equal(expected, global.Proxies.NameInZone(global.World.List("Dataplane").Single()));
    }

    [Fact]
    public async Task S66_RequestsOfOurGlobal_AlwaysNameTheNode()
    {
        for (var i = TestKinds.All.All.Count(UpView.Travels); i > 0; i--)
        {
            Assert.Equal("lab", (await up.NextAsync()).Node.Id);
        }

        Assert.Equal("lab", (await up.SendAsync("Dataplane", [Send("lab", "d")])).Node.Id);
        var refusal = await up.SendAsync("Dataplane", [Wire.Raw("bad", "default", null)]);
        Assert.NotNull(refusal.ErrorDetail);
        Assert.Equal("lab", refusal.Node.Id);
    }

    [Fact]
    public async Task S68_NameHeldByAnotherZone_IsRefused_AndTheRestStored()
    {
        await using var eks = new ScriptedZone("eks", global.Address);
        await eks.OpenUp().SendAsync("Dataplane", [Wire.Raw("taken", "default", Spec())]);
        await global.PutAsync(TestKinds.Permission("global-one"));
        var reply = await up.SendAsync("Dataplane", [Wire.Raw("taken", "default", Spec()), Wire.Raw("free", "default", Spec())]);
        Assert.Contains("the name is taken by zone eks", reply.ErrorDetail.Message, StringComparison.Ordinal);
        Assert.Equal("eks", global.World.Find("Dataplane", "default", "taken")!.Zone);
        Assert.Equal("lab", global.World.Find("Dataplane", "default", "free")!.Zone);
        var policy = await up.SendAsync("MeshTrafficPermission", [Wire.Raw("global-one", "default", new Any { Value = ByteString.CopyFromUtf8("""{"from":[{"targetRef":{"kind":"Mesh"},"default":{"action":"Deny"}}]}""") })]);
        Assert.Contains("the name is taken by global", policy.ErrorDetail.Message, StringComparison.Ordinal);
        Assert.Null((await up.SendAsync("Dataplane", [], "taken.default")).ErrorDetail);
        Assert.NotNull(global.World.Find("Dataplane", "default", "taken")); // nor may it be deleted from there
    }

    [Fact]
    public async Task ZoneDeletedWhileConnected_EndsItsConnection_AndComesBackAnew()
    {
        var down = lab.OpenDown();
        await down.SubscribeAsync("Mesh");
        await up.SendAsync("Dataplane", [Send("lab", "d")]);
        await global.DeleteAsync("Zone", "", "lab");
        Assert.Equal(StatusCode.Unavailable, (await down.EndAsync()).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await up.EndAsync()).StatusCode);
        await using var again = new ScriptedZone("lab", global.Address);
        await again.OpenUp().SendAsync("Dataplane", [Send("lab", "d")]);
        Assert.NotNull(global.World.Find("Zone", "lab"));
    }

    /// <summary>One commit of more changes than are kept one by one: that a zone is gone is not missed in it.</summary>
    [Fact]
    public async Task ZoneDeletedInAHugeCommit_EndsItsConnectionToo()
    {
        var down = lab.OpenDown();
        await down.SubscribeAsync("Mesh");
        await global.Store.CommitAsync(Actor.System, t =>
        {
            t.Delete(new ResourceKey("Zone", "", "lab"), history: false);
            for (var i = 0; i < 17_000; i++)
            {
                t.Put(TestKinds.Make("Config", "", $"c{i}", "{}"), history: false);
            }

            return true;
        }, TestContext.Current.CancellationToken);
        Assert.Equal(StatusCode.Unavailable, (await down.EndAsync()).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await up.EndAsync()).StatusCode);
    }

    private static Any Pack(IMessage message) => new() { TypeUrl = "type.googleapis.com/" + message.Descriptor.FullName, Value = message.ToByteString() };

    private static Any Spec() => new()
    {
        TypeUrl = "type.googleapis.com/kuma.mesh.v1alpha1.Dataplane",
        Value = ByteString.CopyFrom(TestKinds.All["Dataplane"].ToWire(TestKinds.Make("Dataplane", "default", "x", Dataplane)).Value.Span),
    };

    private static Protos.Envoy.Discovery.Resource Send(string zone, string name, string mesh = "default") => Wire.From(zone, TestKinds.Make("Dataplane", mesh, name, Dataplane));

    private static Protos.Envoy.Discovery.Resource Policy(string name) => Wire.From("lab", TestKinds.Permission(name));
}
