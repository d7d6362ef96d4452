using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;
using MeshConsole.Testing;
using WireResource = MeshConsole.Protos.Envoy.Discovery.Resource;

namespace MeshConsole.ControlPlane.Tests.Kds;

/// <summary>The statements of the KDS reference that speak of our zone, against a scripted global.</summary>
public sealed class ZoneConformanceTests
{
    private const string Allow = """{"from":[{"targetRef":{"kind":"Mesh"},"default":{"action":"Allow"}}]}""";

    [Fact]
    public async Task S03_S26_OneFeaturesHeader_AndOurNameAsIdentifier()
    {
        await using var global = await ScriptedGlobal.StartAsync();
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        await global.DownAsync();
        Assert.True(global.Script.Headers.TryDequeue(out var headers));
        Assert.Equal(["hash-suffix"], headers["features"].ToArray());
        Assert.Equal(["lab"], headers["client-id"].ToArray());
        Assert.Equal(["v3"], headers["kds-version"].ToArray());
        Assert.Equal(["Bearer token-lab"], headers.Authorization.ToArray());
        var up = await global.UpAsync();
        Assert.Equal("lab", (await up.SubscribeAsync("Dataplane")).ControlPlane.Identifier);
    }

    [Fact]
    public async Task S10_OldGlobal_WithoutHealthCheckAndAdminStreams_IsServed()
    {
        await using var global = await ScriptedGlobal.StartAsync(s =>
        {
            s.Health = null;
            s.Admin = _ => throw new RpcException(new Status(StatusCode.Unimplemented, ""));
        });
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        var down = await global.DownAsync();
        Assert.Null((await down.SendAsync("Mesh", [Wire.Raw("m1", "", Mesh(), (Labels.Origin, "global"))])).ErrorDetail);
        var up = await global.UpAsync();
        await up.SubscribeAsync("Dataplane");
        await zone.ConnectedAsync();
        Assert.NotNull(zone.World.Find("Mesh", "m1"));
        Assert.False(global.Script.Downs.Reader.TryPeek(out _)); // no second connection
    }

    [Fact]
    public void S11_PausesBetweenTries_BeginAtFiveSecondsAndEndAtAMinute()
    {
        var options = new KdsClientOptions { Address = "grpcs://global:5685" };
        Assert.Equal(TimeSpan.FromSeconds(5), options.BackoffBase);
        Assert.Equal(TimeSpan.FromMinutes(1), options.BackoffLimit);
    }

    [Theory]
    [InlineData(true, StatusCode.OK)]
    [InlineData(true, StatusCode.Unavailable)]
    [InlineData(true, StatusCode.Unimplemented)]
    [InlineData(false, StatusCode.OK)]
    [InlineData(false, StatusCode.Cancelled)]
    [InlineData(false, StatusCode.Internal)]
    public async Task S11_S73_EndOfASyncStream_ClosesEverything_AndReconnects(bool downward, StatusCode code)
    {
        await using var global = await ScriptedGlobal.StartAsync();
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        var down = await global.DownAsync();
        var up = await global.UpAsync();
        await down.NextAsync();
        (downward ? down.End : up.End).SetResult(new Status(code, "the end"));
        await global.DownAsync();
        await global.UpAsync();
    }

    [Theory]
    [InlineData(StatusCode.OK)]
    [InlineData(StatusCode.Cancelled)]
    public async Task S73_EndOfAnAdminStream_IsNoticed(StatusCode code)
    {
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var global = await ScriptedGlobal.StartAsync(s => s.Admin = async context =>
        {
            await end.Task.WaitAsync(context.CancellationToken);
            if (code != StatusCode.OK)
            {
                throw new RpcException(new Status(code, ""));
            }
        });
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        await global.DownAsync();
        end.SetResult();
        await global.DownAsync();
    }

    [Fact]
    public async Task S13_HealthChecks_FollowTheIntervalOfGlobal()
    {
        await using var global = await ScriptedGlobal.StartAsync(s => s.Health = _ => Task.FromResult(new ZoneHealthCheckResponse { Interval = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(50)) }));
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        for (var i = 0; i < 4; i++)
        {
            await global.Script.Pings.Reader.ReadAsync(ScriptedGlobal.Limit());
        }
    }

    [Fact]
    public async Task S13_WithoutAnInterval_OurZonePingsEveryFiveMinutes()
    {
        var time = new SteppedClock(DateTimeOffset.UtcNow.AddHours(1)); // ahead: the deadline of a call is taken from it and kept by the system's clock
        await using var global = await ScriptedGlobal.StartAsync();
        await using var zone = await ZoneNode.StartAsync("lab", global.Address, o => new KdsClientOptions { Address = o.Address, TokenFile = o.TokenFile, TokenFileInterval = TimeSpan.FromHours(1) }, time: time);
        await global.Script.Pings.Reader.ReadAsync(ScriptedGlobal.Limit());

        await time.PassAsync(TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken); // nothing waits that long but the next ping
        await global.Script.Pings.Reader.ReadAsync(ScriptedGlobal.Limit());
    }

    [Fact]
    public async Task S34_KdsSyncDisabledLater_RemovesAPolicyFromGlobal()
    {
        await using var global = await ScriptedGlobal.StartAsync();
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        await zone.PutAsync(TestKinds.Permission("own", labels: (Labels.Origin, "zone")));
        var up = await global.UpAsync();
        var first = await up.SubscribeAsync("MeshTrafficPermission");
        await zone.PutAsync(TestKinds.Permission("own", labels: [(Labels.Origin, "zone"), (Labels.KdsSync, "disabled")]));
        var removal = await up.NextAsync("MeshTrafficPermission");
        Assert.Empty(removal.Resources);
        Assert.Equal([Assert.Single(first.Resources).Name], removal.RemovedResources);
    }

    [Fact]
    public async Task S65_RequestWithoutNode_AndResourcesWithoutSpec_DoNotStopTheZone()
    {
        await using var global = await ScriptedGlobal.StartAsync();
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        var down = await global.DownAsync();
        var up = await global.UpAsync();
        var reply = await down.SendAsync("MeshTrafficPermission", [new WireResource { Name = "no-any.default" }, new WireResource { Name = "no-meta.default", Resource_ = new Any() }, Policy("good")]);
        Assert.Contains("\"no-any.default\"", reply.ErrorDetail.Message, StringComparison.Ordinal);
        Assert.Contains("\"no-meta.default\"", reply.ErrorDetail.Message, StringComparison.Ordinal);
        Assert.Equal(["good"], zone.World.List("MeshTrafficPermission").Select(p => p.Name));
        await up.SendRawAsync(new Protos.Envoy.Discovery.DeltaDiscoveryRequest { TypeUrl = "Dataplane" });
        var again = await global.DownAsync(); // it gave up that connection, and lives
        Assert.Null((await again.SendAsync("MeshTrafficPermission", [Policy("good"), Policy("more")])).ErrorDetail);
        Assert.Equal(2, zone.World.Count("MeshTrafficPermission"));
    }

    [Fact]
    public async Task S66_RequestsOfOurZone_AlwaysNameTheNode_AlsoWhenTheyAcknowledgeOrRefuse()
    {
        await using var global = await ScriptedGlobal.StartAsync();
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        var down = await global.DownAsync();
        for (var i = TestKinds.All.All.Count(ZoneView.Travels); i > 0; i--)
        {
            Assert.Equal("lab", (await down.NextAsync()).Node.Id);
        }

        Assert.Equal("lab", (await down.SendAsync("MeshTrafficPermission", [Policy("p")])).Node.Id);
        var refusal = await down.SendAsync("MeshTrafficPermission", [Wire.Raw("bad", "default", null, (Labels.Origin, "global"))]);
        Assert.NotNull(refusal.ErrorDetail);
        Assert.Equal("lab", refusal.Node.Id);
    }

    [Fact]
    public async Task S67_ObjectOfAZoneThatCannotBeEncoded_StaysThere_AndEverythingElseGoesUp()
    {
        await using var global = await ScriptedGlobal.StartAsync();
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        var up = await global.UpAsync();
        await up.SubscribeAsync("Dataplane");
        await up.SubscribeAsync("MeshTrafficPermission");
        await zone.PutAsync(TestKinds.Make("Dataplane", "default", "broken", """{"networking":7}""", (Labels.Origin, "zone")));
        await zone.PutAsync(TestKinds.Make("Dataplane", "default", "good", """{"networking":{"address":"10.0.0.1"}}""", (Labels.Origin, "zone")));
        var sent = await up.NextAsync("Dataplane");
        Assert.Equal(["good"], sent.Resources.Select(r => Wire.Read(r).Meta.Labels[Labels.DisplayName]));
        await up.AckAsync(sent);
        await zone.PutAsync(TestKinds.Permission("own", labels: (Labels.Origin, "zone")));
        Assert.Single((await up.NextAsync("MeshTrafficPermission")).Resources);
    }

    [Fact]
    public async Task ChangedTokenFile_IsShownAtOnce_OnTheSameConnection()
    {
        var shown = System.Threading.Channels.Channel.CreateUnbounded<string>();
        await using var global = await ScriptedGlobal.StartAsync(s => s.Health = context =>
        {
            shown.Writer.TryWrite(context.RequestHeaders.GetValue("authorization") ?? "");
            return Task.FromResult(new ZoneHealthCheckResponse());
        });
        using var folder = new Testing.TempFolder();
        await using var zone = await ZoneNode.StartAsync(
            "lab", global.Address, o => new KdsClientOptions { Address = o.Address, TokenFile = o.TokenFile, TokenFileInterval = TimeSpan.FromMilliseconds(20) }, folder);
        Assert.Equal("Bearer token-lab", await shown.Reader.ReadAsync(ScriptedGlobal.Limit()));
        await global.DownAsync();
        await File.WriteAllTextAsync(folder.Combine("token"), "token-new", TestContext.Current.CancellationToken);
        while (await shown.Reader.ReadAsync(ScriptedGlobal.Limit()) != "Bearer token-new")
        {
        }

        Assert.False(global.Script.Downs.Reader.TryPeek(out _)); // no second connection
    }

    /// <summary>Whoever puts a wrong file there must read it in the log, and not lose the connection that works.</summary>
    [Fact]
    public async Task TokenFileThatHoldsNoToken_IsTold_AndTheLastOneUsedOn()
    {
        var shown = System.Threading.Channels.Channel.CreateUnbounded<string>();
        await using var global = await ScriptedGlobal.StartAsync(s => s.Health = context =>
        {
            shown.Writer.TryWrite(context.RequestHeaders.GetValue("authorization") ?? "");
            return Task.FromResult(new ZoneHealthCheckResponse());
        });
        using var folder = new Testing.TempFolder();
        using var logs = new LogBook();
        await using var zone = await ZoneNode.StartAsync(
            "lab", global.Address, o => new KdsClientOptions { Address = o.Address, TokenFile = o.TokenFile, TokenFileInterval = TimeSpan.FromMilliseconds(20) }, folder, logs: logs);
        await global.DownAsync();
        Assert.Equal("Bearer token-lab", await shown.Reader.ReadAsync(ScriptedGlobal.Limit()));
        await File.WriteAllTextAsync(folder.Combine("token"), "two\nlines", TestContext.Current.CancellationToken);
        Assert.Equal("Bearer token-lab", await shown.Reader.ReadAsync(ScriptedGlobal.Limit()));
        Assert.Single(logs.Of("holds no token"));
        Assert.False(global.Script.Downs.Reader.TryPeek(out _)); // no second connection
    }

    [Fact]
    public async Task TokenFileThatNeverHeldAToken_IsTheReasonWhyTheZoneIsNotConnected()
    {
        await using var global = await ScriptedGlobal.StartAsync();
        using var folder = new Testing.TempFolder();
        await File.WriteAllTextAsync(folder.Combine("wrong"), "tökén", TestContext.Current.CancellationToken);
        await using var zone = await ZoneNode.StartAsync("lab", global.Address, o => new KdsClientOptions { Address = o.Address, TokenFile = folder.Combine("wrong"), BackoffBase = o.BackoffBase, BackoffLimit = o.BackoffLimit });
        var state = await zone.Link.State.UntilAsync(s => s.NextTry is not null, "a failed try");
        Assert.Equal($"The token file {folder.Combine("wrong")} holds no token: it must hold one line of plain letters, digits and signs.", state.Problem);
    }

    [Fact]
    public async Task KindTooLargeForGlobal_IsToldInTheZone_AndEverythingElseGoesUp()
    {
        await using var global = await ScriptedGlobal.StartAsync();
        using var logs = new LogBook();
        await using var zone = await ZoneNode.StartAsync(
            "lab", global.Address, o => new KdsClientOptions { Address = o.Address, TokenFile = o.TokenFile, MaxMessageBytes = 20_000 }, logs: logs);
        for (var i = 0; i < 100; i++)
        {
            await zone.PutAsync(TestKinds.Permission($"own-{i}", labels: [(Labels.Origin, "zone"), ("note", new string('x', 60))]));
        }

        await zone.PutAsync(TestKinds.Make("Dataplane", "default", "d", """{"networking":{"address":"10.0.0.1"}}""", (Labels.Origin, "zone")));
        var up = await global.UpAsync();
        await up.AskAsync("MeshTrafficPermission");
        Assert.Single((await up.SubscribeAsync("Dataplane")).Resources);
        await logs.Lines.UntilAsync(_ => logs.Of("All MeshTrafficPermission of this zone together are too large for global").Count > 0, "the error");
    }

    /// <summary>An empty first answer deletes what the peer may delete; that must not be more than what can come from it.</summary>
    [Fact]
    public async Task AnswerForAKindThatDoesNotComeFromGlobal_IsRefused_AndDeletesNothing()
    {
        await using var global = await ScriptedGlobal.StartAsync();
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        await zone.PutAsync(TestKinds.Make("Zone", "", "lab", "{}"));
        var down = await global.DownAsync();
        var reply = await down.SendAsync("Zone", []);
        Assert.Equal("Zone does not come from global", reply.ErrorDetail?.Message);
        Assert.NotNull(zone.World.Find("Zone", "lab"));
        Assert.Null((await down.SendAsync("MeshTrafficPermission", [Policy("p")])).ErrorDetail); // the stream lives
    }

    [Fact]
    public async Task S74_HealthCheckThatIsNeverAnswered_HasADeadline()
    {
        await using var global = await ScriptedGlobal.StartAsync(s => s.Health = async context =>
        {
            await Task.Delay(System.Threading.Timeout.InfiniteTimeSpan, context.CancellationToken);
            return new ZoneHealthCheckResponse();
        });
        await using var zone = await ZoneNode.StartAsync("lab", global.Address, o => new KdsClientOptions
        {
            Address = o.Address,
            TokenFile = o.TokenFile,
            BackoffBase = o.BackoffBase,
            BackoffLimit = o.BackoffLimit,
            HealthCheckDeadline = TimeSpan.FromMilliseconds(200),
        });
        await global.DownAsync();
        await global.DownAsync(); // noticed, and connected anew
    }

    [Fact]
    public async Task S16_ZoneAsksForEveryTypeThatComesDown_WithItsMetadata()
    {
        await using var global = await ScriptedGlobal.StartAsync();
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        var down = await global.DownAsync();
        string[] expected = [.. TestKinds.All.All.Where(ZoneView.Travels).Select(k => k.Name)];
        var asked = new List<string>();
        for (var i = 0; i < expected.Length; i++)
        {
            var request = await down.NextAsync();
            Assert.Equal("lab", request.Node.Id);
            Assert.Equal(["*"], request.ResourceNamesSubscribe);
            Assert.Empty(request.InitialResourceVersions);
            var facts = PeerFacts.Read(request.Node.Metadata);
            Assert.Contains(KdsFeatures.HashSuffix, facts.Features);
            Assert.Equal("lab-0001", facts.InstanceId);
            Assert.Contains("\"store\"", facts.Config, StringComparison.Ordinal);
            asked.Add(request.TypeUrl);
        }

        Assert.Equal(expected.Order(), asked.Order());
    }

    [Fact]
    public async Task S31_StatusOfGlobal_IsNeverTaken_AndOursKept()
    {
        await using var global = await ScriptedGlobal.StartAsync();
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        var down = await global.DownAsync();
        await down.SendAsync("MeshMultiZoneService", [Service("80", """{"vips":[{"ip":"1.1.1.1"}]}""")]);
        var stored = zone.World.List("MeshMultiZoneService").Single();
        Assert.Null(stored.Status);
        await zone.PutAsync(stored.With(status: JsonBody.FromText("""{"vips":[{"ip":"242.0.0.1"}]}""")));
        var before = zone.World.List("MeshMultiZoneService").Single();
        await down.SendAsync("MeshMultiZoneService", [Service("80", "{}")]);
        Assert.Same(before, zone.World.List("MeshMultiZoneService").Single());
        await down.SendAsync("MeshMultiZoneService", [Service("81", "{}")]);
        var after = zone.World.List("MeshMultiZoneService").Single();
        Assert.Contains("81", after.Spec.ToString(), StringComparison.Ordinal);
        Assert.Equal("""{"vips":[{"ip":"242.0.0.1"}]}""", after.Status!.ToString());

        static WireResource Service(string port, string status)
        {
            var resource = Wire.Raw(
                "m-hash",
                "default",
                new Any { Value = ByteString.CopyFromUtf8($$$$"""{"selector":{"meshService":{"matchLabels":{"a":"b"}}},"ports":[{"port":{{{{port}}}}}]}""") },
                (Labels.Origin, "global"));
            var kuma = Wire.Read(resource);
            kuma.Status = new Any { Value = ByteString.CopyFromUtf8(status) };
            resource.Resource_.Value = kuma.ToByteString();
            return resource;
        }
    }

    [Fact]
    public async Task S30_ResourceWithoutOrigin_OfATypeZonesMayOwn_IsPassedOverInSilence()
    {
        await using var global = await ScriptedGlobal.StartAsync();
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        var down = await global.DownAsync();
        Assert.Null((await down.SendAsync("MeshTrafficPermission", [Wire.Raw("p", "default", Json(Allow))])).ErrorDetail);
        Assert.Equal(0, zone.World.Count("MeshTrafficPermission"));
        Assert.Null((await down.SendAsync("Mesh", [Wire.Raw("m", "", Mesh())])).ErrorDetail); // what only global provides needs no label
        Assert.Equal(1, zone.World.Count("Mesh"));
    }

    [Fact]
    public async Task S45_BadResources_AreRefused_AndTheOthersStored_AndFixesArrive()
    {
        await using var global = await ScriptedGlobal.StartAsync();
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        var down = await global.DownAsync();
        var reply = await down.SendAsync("MeshTrafficPermission", [Policy("good"), Wire.Raw("bad", "default", Json("{broken"), (Labels.Origin, "global")), Wire.Raw("none", "default", null, (Labels.Origin, "global"))]);
        Assert.Contains("MeshTrafficPermission \"bad.default\":", reply.ErrorDetail.Message, StringComparison.Ordinal);
        Assert.Contains("MeshTrafficPermission \"none.default\":", reply.ErrorDetail.Message, StringComparison.Ordinal);
        Assert.Equal("lab", reply.Node.Id);
        Assert.Equal(["good"], zone.World.List("MeshTrafficPermission").Select(p => p.Name));
        Assert.Null((await down.SendAsync("MeshTrafficPermission", [Policy("bad")])).ErrorDetail);
        Assert.Equal(["bad", "good"], zone.World.List("MeshTrafficPermission").Select(p => p.Name));
    }

    [Fact]
    public async Task FirstResponse_IsComplete_AndLaterOnesAreNot()
    {
        await using var global = await ScriptedGlobal.StartAsync();
        using var folder = new Testing.TempFolder();
        await using (var before = await ZoneNode.StartAsync("lab", global.Address, folder: folder))
        {
            var stream = await global.DownAsync();
            await stream.SendAsync("MeshTrafficPermission", [Policy("a"), Policy("b")]);
            await stream.SendAsync("MeshTrafficPermission", [Policy("c")]);
            await stream.SendAsync("MeshTrafficPermission", [], "a.default");
            Assert.Equal(["b", "c"], before.World.List("MeshTrafficPermission").Select(p => p.Name));
            await before.PutAsync(TestKinds.Permission("own", labels: (Labels.Origin, "zone")));
        }

        await using var after = await ZoneNode.StartAsync("lab", global.Address, folder: folder);
        var down = await global.DownAsync();
        await down.SendAsync("MeshTrafficPermission", [Policy("b")]);
        Assert.Equal(["b", "own"], after.World.List("MeshTrafficPermission").Select(p => p.Name));
    }

    [Fact]
    public async Task S62_SecretOfTheZone_IsKept_AndOtherSecretsArrive()
    {
        await using var global = await ScriptedGlobal.StartAsync();
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        await zone.PutAsync(TestKinds.Make("Secret", "default", "s", """{"data":"em9uZQ=="}""", (Labels.Origin, "zone")));
        var own = zone.World.List("Secret").Single();
        var down = await global.DownAsync();
        var reply = await down.SendAsync("Secret", [Secret("s"), Secret("t")]);
        Assert.StartsWith("user error", reply.ErrorDetail.Message);
        Assert.Contains("type=\"Secret\" name=\"s\" mesh=\"default\"", reply.ErrorDetail.Message, StringComparison.Ordinal);
        Assert.Same(own, zone.World.Find(own.Key));
        Assert.NotNull(zone.World.Find("Secret", "default", "t"));
        Assert.Null((await down.SendAsync("Secret", [], "s.default", "t.default")).ErrorDetail);
        Assert.Same(own, zone.World.Find(own.Key));
        Assert.Equal(1, zone.World.Count("Secret"));

        static WireResource Secret(string name) => Wire.Raw(
            name, "default", new Any { TypeUrl = "type.googleapis.com/kuma.system.v1alpha1.Secret", Value = new Protos.Kuma.System.Secret { Data = ByteString.CopyFromUtf8("global") }.ToByteString() }, (Labels.Origin, "global"));
    }

    [Fact]
    public async Task S63_FederatingZone_LosesMeshesThatGlobalDoesNotKnow_AndKeepsItsPolicies()
    {
        await using var global = await ScriptedGlobal.StartAsync();
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        await zone.PutAsync(TestKinds.Make("Mesh", "", "old", "{}"));
        await zone.PutAsync(TestKinds.Permission("own"));
        await zone.PutAsync(TestKinds.Permission("labelled", labels: (Labels.Origin, "zone")));
        var down = await global.DownAsync();
        await down.SendAsync("Mesh", [Wire.Raw("new", "", Mesh(), (Labels.Origin, "global"))]);
        await down.SendAsync("MeshTrafficPermission", []);
        Assert.Equal(["new"], zone.World.List("Mesh").Select(m => m.Name));
        Assert.Equal(["labelled", "own"], zone.World.List("MeshTrafficPermission").Select(m => m.Name));
    }

    [Fact]
    public async Task S68_HashedNameThatIsTaken_IsRefused_WithoutReconnecting()
    {
        await using var global = await ScriptedGlobal.StartAsync();
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        await zone.PutAsync(TestKinds.Permission("crafted", labels: (Labels.Origin, "zone")));
        var down = await global.DownAsync();
        var reply = await down.SendAsync("MeshTrafficPermission", [Policy("crafted"), Policy("other")]);
        Assert.NotNull(reply.ErrorDetail);
        Assert.Equal(["crafted", "other"], zone.World.List("MeshTrafficPermission").Select(p => p.Name));
        Assert.Null((await down.SendAsync("MeshTrafficPermission", [Policy("third")])).ErrorDetail); // same stream
    }

    [Fact]
    public async Task S50_ZoneSendsOnlyItsOwn_WithoutGraceLabel_AndInsightsWithoutGeneration()
    {
        await using var global = await ScriptedGlobal.StartAsync();
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        await zone.PutAsync(TestKinds.Permission("synced", labels: (Labels.Origin, "global")));
        await zone.PutAsync(TestKinds.Permission("hidden", labels: [(Labels.Origin, "zone"), (Labels.KdsSync, "disabled")]));
        await zone.PutAsync(TestKinds.Permission("own", labels: [(Labels.Origin, "zone"), (Labels.DeletionGracePeriodStartedAt, "now")]));
        await zone.PutAsync(new Resource
        {
            Kind = TestKinds.All["DataplaneInsight"],
            Mesh = "default",
            Name = "d",
            Spec = JsonBody.FromText("""{"subscriptions":[{"id":"1","generation":7}]}"""),
        });
        var up = await global.UpAsync();
        var sent = Wire.Read(Assert.Single((await up.SubscribeAsync("MeshTrafficPermission")).Resources));
        Assert.Equal("own", sent.Meta.Labels[Labels.DisplayName]);
        Assert.Equal("lab", sent.Meta.Labels[Labels.Zone]);
        Assert.Equal("zone", sent.Meta.Labels[Labels.Origin]);
        Assert.False(sent.Meta.Labels.ContainsKey(Labels.DeletionGracePeriodStartedAt));
        Assert.Equal(KdsName.Hash("default", "own", Labels.None.SetItem(Labels.Zone, "lab")), sent.Meta.Name);
        var insight = Wire.Read(Assert.Single((await up.SubscribeAsync("DataplaneInsight")).Resources));
        Assert.Equal(0u, DataplaneInsight.Parser.ParseFrom(insight.Spec.Value).Subscriptions[0].Generation);
        await zone.PutAsync(zone.World.List("DataplaneInsight").Single().With(spec: JsonBody.FromText("""{"subscriptions":[{"id":"1","generation":8}]}""")));
        await zone.PutAsync(TestKinds.Make("Dataplane", "default", "marker", """{"networking":{"address":"10.0.0.1"}}""", (Labels.Origin, "zone")));
        Assert.Equal("marker", Wire.Read((await up.SubscribeAsync("Dataplane")).Resources.Single()).Meta.Labels[Labels.DisplayName]); // and no insight before it
    }

    [Fact]
    public async Task S72_ZoneWithoutOwnResources_AnswersEveryType()
    {
        await using var global = await ScriptedGlobal.StartAsync();
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        var up = await global.UpAsync();
        foreach (var kind in TestKinds.All.All.Where(UpView.Travels))
        {
            Assert.Empty((await up.SubscribeAsync(kind.Name)).Resources);
        }
    }

    [Fact]
    public async Task ProxyRequests_AreAnswered_AlsoForUnknownProxies_AndSeveralAtATime()
    {
        var answers = System.Threading.Channels.Channel.CreateUnbounded<XDSConfigResponse>();
        var ask = System.Threading.Channels.Channel.CreateUnbounded<XDSConfigRequest>();
        var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var global = await ScriptedGlobal.StartAsync(s => s.Configs = async (responses, requests) =>
        {
            var writing = Task.Run(async () =>
            {
                await foreach (var request in ask.Reader.ReadAllAsync())
                {
                    await requests.WriteAsync(request);
                }
            });
            while (await responses.MoveNext(CancellationToken.None))
            {
                await answers.Writer.WriteAsync(responses.Current);
            }

            await writing;
        });
        await using var zone = await ZoneNode.StartAsync("lab", global.Address, answers: async (query, _) =>
        {
            if (query.Proxy.Name == "slow")
            {
                await hold.Task;
            }

            return query.IncludeEndpoints ? "with"u8.ToArray() : "without"u8.ToArray();
        });
        await zone.PutAsync(TestKinds.Make("Dataplane", "default", "slow", """{"networking":{"address":"10.0.0.1"}}"""));
        await zone.PutAsync(TestKinds.Make("Dataplane", "default", "quick", """{"networking":{"address":"10.0.0.1"}}"""));
        foreach (var name in (string[])["slow", "quick", "missing"])
        {
            ask.Writer.TryWrite(new XDSConfigRequest { RequestId = name, ResourceType = "Dataplane", ResourceMesh = "default", ResourceName = name, IncludeEds = name == "quick" });
        }

        var got = new Dictionary<string, XDSConfigResponse>();
        while (got.Count < 3)
        {
            var answer = await answers.Reader.ReadAsync(ScriptedGlobal.Limit());
            got[answer.RequestId] = answer;
            if (got.Count == 2)
            {
                Assert.False(got.ContainsKey("slow"));
                hold.SetResult();
            }
        }

        Assert.Equal("with", got["quick"].Config.ToStringUtf8());
        Assert.Equal("without", got["slow"].Config.ToStringUtf8());
        Assert.Contains("missing does not exist", got["missing"].Error, StringComparison.Ordinal);
        ask.Writer.Complete();
    }

    [Fact]
    public async Task RefusedZone_KnowsWhy()
    {
        await using var global = await GlobalNode.StartAsync();
        using var folder = new Testing.TempFolder();
        await File.WriteAllTextAsync(folder.Combine("bad"), "forged", TestContext.Current.CancellationToken);
        await using var zone = await ZoneNode.StartAsync("lab", global.Address, o => new KdsClientOptions { Address = o.Address, TokenFile = folder.Combine("bad"), BackoffBase = o.BackoffBase, BackoffLimit = o.BackoffLimit });
        var state = await zone.Link.State.UntilAsync(s => s.NextTry is not null, "a refusal");
        Assert.Equal("global refuses this zone: the token is not good for zone lab", state.Problem);
    }

    private static Any Mesh() => new() { TypeUrl = "type.googleapis.com/kuma.mesh.v1alpha1.Mesh" };

    private static Any Json(string text) => new() { Value = ByteString.CopyFromUtf8(text) };

    private static WireResource Policy(string name) => Wire.Raw(name, "default", Json(Allow), (Labels.Origin, "global"));
}
