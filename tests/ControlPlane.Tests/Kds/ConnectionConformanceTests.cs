using Grpc.Core;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.Shared;
using Microsoft.Extensions.Time.Testing;
using Dataplane = MeshConsole.Protos.Kuma.Mesh.Dataplane;

namespace MeshConsole.ControlPlane.Tests.Kds;

/// <summary>Statements 1 to 15 of the KDS reference, and what was learnt about connections on the wire.</summary>
public sealed class ConnectionConformanceTests
{
    [Fact]
    public async Task S01_CallsWithoutClientId_AreRefused_AndMakeNoZone()
    {
        await using var global = await GlobalNode.StartAsync();
        await using var nobody = new ScriptedZone("", global.Address, token: null);
        var health = await Assert.ThrowsAsync<RpcException>(() => nobody.PingAsync());
        Assert.Equal(StatusCode.InvalidArgument, health.StatusCode);
        Assert.Equal("\"client-id\" is not present in metadata", health.Status.Detail);
        Assert.NotEqual(StatusCode.OK, (await nobody.OpenDown().EndAsync()).StatusCode);
        Assert.NotEqual(StatusCode.OK, (await nobody.OpenUp().EndAsync()).StatusCode);
        Assert.Equal(0, global.World.Count("Zone"));
    }

    [Theory]
    [InlineData("zone-ping-health,hash-suffix")]
    [InlineData("zone-ping-health, hash-suffix")]
    [InlineData("hash-suffix")]
    public async Task S02_S79_Features_JoinedOrNot_AreSeen(string features)
    {
        await using var global = await GlobalNode.StartAsync();
        await using var lab = new ScriptedZone("lab", global.Address, features: features);
        await lab.OpenUp().SendAsync("Dataplane", [Wire.Raw("d-hashed", "default", Any(), (Labels.DisplayName, "d"))]);
        Assert.Equal("d-hashed", global.World.List("Dataplane").Single().Name); // no prefix: hash-suffix was seen
    }

    [Fact]
    public async Task S02_Features_AsTwoFields_AreSeen()
    {
        await using var global = await GlobalNode.StartAsync();
        await using var lab = new ScriptedZone("lab", global.Address, features: "zone-ping-health", headers: ("features", "hash-suffix"));
        await lab.OpenUp().SendAsync("Dataplane", [Wire.Raw("d-hashed", "default", Any())]);
        Assert.Equal("d-hashed", global.World.List("Dataplane").Single().Name);
    }

    [Fact]
    public async Task S04_GzipClient_IsUnderstood_AndAnsweredInGzip()
    {
        await using var global = await GlobalNode.StartAsync();
        for (var i = 0; i < 50; i++)
        {
            await global.PutAsync(TestKinds.Permission($"p{i}"));
        }

        await using var lab = new ScriptedZone("lab", global.Address, headers: ("grpc-internal-encoding-request", "gzip"));
        var response = await lab.OpenDown().SubscribeAsync("MeshTrafficPermission");
        Assert.Equal(50, response.Resources.Count);
        Assert.Equal("gzip", lab.Encodings[^1]);
    }

    [Fact]
    public async Task S05_MessageOf9MiB_IsAccepted_InBothDirections()
    {
        await using var global = await GlobalNode.StartAsync();
        await using var zone = await ZoneNode.StartAsync("lab", global.Address);
        await zone.ConnectedAsync();
        var text = new string('x', 9_900_000);
        await global.PutAsync(TestKinds.Make("GlobalSecret", "", "large", $$"""{"data":"{{Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(text))}}"}"""));
        await zone.WaitAsync(w => w.Find("GlobalSecret", "large") is not null);
        await zone.PutAsync(TestKinds.Make("MeshTrafficPermission", "default", "large", $$$"""{"from":[{"targetRef":{"kind":"Mesh"},"default":{"action":"Allow"}}],"note":"{{{text}}}"}""", (Labels.Origin, "zone"), (Labels.Zone, "lab")));
        await global.WaitAsync(w => w.Count("MeshTrafficPermission") == 1);
    }

    [Fact]
    public async Task S06_Pings_AsCloseAsAGoClientSendsThem_AreAnswered_WithoutGoAway()
    {
        await using var global = await GlobalNode.StartAsync();
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(System.Net.IPAddress.Loopback, global.Port, TestContext.Current.CancellationToken);
        await using var stream = socket.GetStream();
        await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await stream.WriteAsync(Frame(type: 4, []), TestContext.Current.CancellationToken);
        const int TenMinutes = 40; // one every 15 s, here all at once
        for (byte i = 0; i < TenMinutes; i++)
        {
            await stream.WriteAsync(Frame(type: 6, [i, 0, 0, 0, 0, 0, 0, 0]), TestContext.Current.CancellationToken);
        }

        var header = new byte[9];
        for (var answered = 0; answered < TenMinutes;)
        {
            await stream.ReadExactlyAsync(header, TestContext.Current.CancellationToken).AsTask().WaitAsync(Waiting.Limit, TestContext.Current.CancellationToken);
            await stream.ReadExactlyAsync(new byte[(header[0] << 16) | (header[1] << 8) | header[2]], TestContext.Current.CancellationToken);
            Assert.NotEqual(7, header[3]); // GOAWAY
            answered += header is [_, _, _, 6, 1, ..] ? 1 : 0;
        }

        static byte[] Frame(byte type, byte[] payload) => [0, 0, (byte)payload.Length, type, 0, 0, 0, 0, 0, .. payload];
    }

    [Fact]
    public void S06_OurZone_PingsAGoServerNoCloserThanItAllows_AndNoticesADeadLinkWithin30Seconds()
    {
        var options = new KdsClientOptions { Address = "grpc://global:5685" };
        Assert.True(options.PingDelay >= TimeSpan.FromSeconds(15));
        Assert.True(options.PingDelay + options.PingTimeout <= TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task S07_Tls_IsVerifiedAsAsked()
    {
        var (certificate, ca) = TestCertificates.Create();
        var (_, otherCa) = TestCertificates.Create();
        await using var global = await GlobalNode.StartAsync(certificate: certificate);
        Assert.StartsWith("grpcs://", global.Address);
        using var folder = new Testing.TempFolder();
        await File.WriteAllTextAsync(folder.Combine("ca.pem"), ca.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.Combine("other.pem"), otherCa.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await Connects(o => Copy(o, caFile: folder.Combine("ca.pem")), true);
        await Connects(o => Copy(o, caFile: folder.Combine("other.pem")), false);
        await Connects(o => Copy(o), false); // the system does not know our authority
        await Connects(o => Copy(o, skip: true), true);
        await Connects(o => Copy(o, fingerprint: certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256)), true);
        await Connects(o => Copy(o, fingerprint: ca.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256)), false); // not presented
        await Connects(o => Copy(o, fingerprint: new string('A', 64)), false);

        static KdsClientOptions Copy(KdsClientOptions o, string? caFile = null, string? fingerprint = null, bool skip = false) => new()
        {
            Address = o.Address,
            TokenFile = o.TokenFile,
            BackoffBase = o.BackoffBase,
            BackoffLimit = o.BackoffLimit,
            CaFile = caFile,
            CaFingerprint = fingerprint,
            SkipVerify = skip,
        };

        async Task Connects(Func<KdsClientOptions, KdsClientOptions> change, bool expected)
        {
            await using var zone = await ZoneNode.StartAsync("lab", global.Address, change);
            var state = await zone.Link.State.UntilAsync(s => s.Connected || s.NextTry is not null, "a connection or its failure");
            Assert.True(state.Connected == expected, state.Problem);
        }
    }

    [Theory]
    [InlineData("1.0.0", false)]
    [InlineData("9.9.9", false)]
    [InlineData("2.13.1", true)]
    [InlineData("2.17.0", false)]
    [InlineData("0.0.0-preview.v123", true)]
    [InlineData("what?", true)]
    public async Task S08_AnyVersion_IsAccepted_AndMarked(string version, bool fits)
    {
        await using var global = await GlobalNode.StartAsync();
        await using var lab = new ScriptedZone("lab", global.Address);
        var down = lab.OpenDown();
        await down.SendAsync(new Protos.Envoy.Discovery.DeltaDiscoveryRequest
        {
            Node = new Protos.Envoy.Core.Node { Id = "lab", Metadata = (PeerFacts.None with { Version = version }).Write() },
            TypeUrl = "Mesh",
        });
        await down.NextAsync("Mesh");
        var insight = await global.InsightAsync("lab", i => i.Subscriptions.Count > 0 && i.Subscriptions[^1].Version is not null);
        Assert.Equal(fits, insight.Subscriptions[^1].Version.KumaCp.KumaCpGlobalCompatible);
        Assert.Equal(version, insight.Subscriptions[^1].Version.KumaCp.Version);
    }

    [Fact]
    public async Task S09_AnyOrderOfCalls_MakesTheZoneOnce_AndFailsNone()
    {
        await using var global = await GlobalNode.StartAsync();
        await using var lab = new ScriptedZone("lab", global.Address);
        var up = lab.OpenUp();
        var admin = lab.OpenClusters();
        var stats = lab.OpenStats();
        var config = lab.OpenConfigs();
        var health = lab.PingAsync();
        var down = lab.OpenDown();
        await up.NextAsync();
        await health;
        await down.SubscribeAsync("Mesh");
        await global.InsightAsync("lab", i => i.KdsStreams is { Clusters: not null, Stats: not null, ConfigDump: not null, GlobalToZone: not null, ZoneToGlobal: not null });
        Assert.Equal(1, global.World.Count("Zone"));
        Assert.True(((ZoneKind)TestKinds.All["Zone"]).Spec(global.World.Find("Zone", "lab")!).Enabled);
        admin.Dispose();
        stats.Dispose();
        config.Dispose();
    }

    [Fact]
    public async Task S12_HealthCheck_WithoutAStore_IsAnswered_WithTheInterval()
    {
        Store.FaultyDatabase? database = null;
        await using var global = await GlobalNode.StartAsync(
            new KdsOptions { HealthCheckInterval = TimeSpan.FromSeconds(10) }, database: real => database = new Store.FaultyDatabase(real));
        await using var lab = new ScriptedZone("lab", global.Address);
        await using var known = new ScriptedZone("known", global.Address);
        await known.PingAsync();
        database!.Down = true;
        Assert.Equal(TimeSpan.FromSeconds(10), (await lab.PingAsync()).Interval.ToTimeSpan()); // its Zone cannot be made
        Assert.Equal(TimeSpan.FromSeconds(10), (await known.PingAsync()).Interval.ToTimeSpan());
        Assert.Null(global.World.Find("Zone", "lab"));
        database.Down = false;
        await lab.PingAsync();
        Assert.NotNull(global.World.Find("Zone", "lab"));
    }

    [Fact]
    public async Task S13_HealthCheck_TellsTheInterval_AndIsKept()
    {
        await using var global = await GlobalNode.StartAsync(new KdsOptions { HealthCheckInterval = TimeSpan.FromSeconds(10) });
        await using var lab = new ScriptedZone("lab", global.Address);
        var answer = await lab.PingAsync();
        Assert.Equal(TimeSpan.FromSeconds(10), answer.Interval.ToTimeSpan());
        await global.InsightAsync("lab", i => i.HealthCheck?.Time is not null);
    }

    [Fact]
    public async Task S14_S15_ZoneThatStopsPinging_IsCut_OnlyWithTheFeature_AndNotWhenFresh()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var global = await GlobalNode.StartAsync(new KdsOptions { HealthCheckTimeout = TimeSpan.FromMinutes(1) }, time: time);
        await using var pings = new ScriptedZone("lab", global.Address);
        await using var silent = new ScriptedZone("eks", global.Address, features: "hash-suffix");
        var down = pings.OpenDown();
        var up = pings.OpenUp();
        using var clusters = pings.OpenClusters();
        var other = silent.OpenDown();
        await down.SubscribeAsync("Mesh");
        await up.NextAsync();
        await other.SubscribeAsync("Mesh");
        await global.InsightAsync("lab", i => i.KdsStreams?.Clusters is not null);
        Advance(TimeSpan.FromSeconds(50));
        await down.AskAsync("Zone"); // still served
        await down.NextAsync("Zone");
        Advance(TimeSpan.FromSeconds(40));
        var end = await down.EndAsync();
        Assert.Equal(StatusCode.Cancelled, end.StatusCode);
        Assert.Equal("stream canceled - zone hc failed", end.Status.Detail);
        Assert.Equal(StatusCode.Cancelled, (await up.EndAsync()).StatusCode);
        var admin = await Assert.ThrowsAsync<RpcException>(() => clusters.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(StatusCode.Cancelled, admin.StatusCode);
        await using var again = new ScriptedZone("lab", global.Address);
        var fresh = again.OpenDown();
        await fresh.SubscribeAsync("Mesh");
        Advance(TimeSpan.FromSeconds(45));
        await fresh.AskAsync("Dataplane");
        await fresh.NextAsync("Dataplane");
        await other.AskAsync("Dataplane");
        await other.NextAsync("Dataplane");

        void Advance(TimeSpan by)
        {
            for (var passed = TimeSpan.Zero; passed < by; passed += TimeSpan.FromSeconds(5))
            {
                time.Advance(TimeSpan.FromSeconds(5));
            }
        }
    }

    [Theory]
    [InlineData("forged", StatusCode.PermissionDenied)]
    [InlineData("token-eks", StatusCode.PermissionDenied)]
    [InlineData(null, StatusCode.Unauthenticated)]
    public async Task WrongToken_IsRefusedWithTheReason_AndOthersDoNotNotice(string? token, StatusCode code)
    {
        await using var global = await GlobalNode.StartAsync();
        await using var good = new ScriptedZone("eks", global.Address);
        var served = good.OpenDown();
        await served.SubscribeAsync("Mesh");
        await using var bad = new ScriptedZone("lab", global.Address, token: token);
        var end = await bad.OpenDown().EndAsync();
        Assert.Equal(code, end.StatusCode);
        Assert.Contains("zone lab", end.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(end.Status.Detail, global.Links.Of("lab").Refusal!.Reason);
        await bad.OpenDown().EndAsync();
        Assert.Equal(1, global.Links.Of("lab").Refusal!.Count); // a second call of the same connection is no second try
        await using var again = new ScriptedZone("lab", global.Address, token: token);
        await again.OpenDown().EndAsync();
        Assert.Equal(2, global.Links.Of("lab").Refusal!.Count);
        Assert.Null(global.World.Find("Zone", "lab"));
        await global.PutAsync(TestKinds.Make("Mesh", "", "m1", "{}"));
        Assert.Equal(["m1."], Wire.Names(await served.NextAsync("Mesh")));
    }

    [Fact]
    public async Task KumaZoneWithoutToken_IsLetInFromListedNetworksOnly()
    {
        await using var global = await GlobalNode.StartAsync();
        await global.PutAsync(TestKinds.Make("Zone", "", "kuma", """{"enabled":true}"""));
        Assert.True((await global.Admission.AllowAsync(Actor.System, "kuma", ["192.0.2.0/24"], TestContext.Current.CancellationToken)).Ok);
        await using (var outside = new ScriptedZone("kuma", global.Address, token: null))
        {
            Assert.Equal(StatusCode.Unauthenticated, (await outside.OpenDown().EndAsync()).StatusCode);
        }

        Assert.True((await global.Admission.AllowAsync(Actor.System, "kuma", ["127.0.0.0/8"], TestContext.Current.CancellationToken)).Ok);
        await using var inside = new ScriptedZone("kuma", global.Address, token: null);
        await inside.OpenDown().SubscribeAsync("Mesh");
        Assert.False((await global.InsightAsync("kuma", i => i.Subscriptions.Count > 0)).Subscriptions[^1].AuthTokenProvided);
        Assert.False((await global.Admission.AllowAsync(Actor.System, "kuma", ["nonsense"], TestContext.Current.CancellationToken)).Ok);
    }

    [Fact]
    public async Task ConnectionThatWouldNotBeLetInAnyMore_IsEnded_AndOthersStay()
    {
        await using var global = await GlobalNode.StartAsync();
        await global.PutAsync(TestKinds.Make("Zone", "", "kuma", """{"enabled":true}"""));
        await global.Admission.AllowAsync(Actor.System, "kuma", ["127.0.0.0/8"], TestContext.Current.CancellationToken);
        await using var kuma = new ScriptedZone("kuma", global.Address, token: null);
        await using var other = new ScriptedZone("lab", global.Address);
        var down = kuma.OpenDown();
        var stays = other.OpenDown();
        await down.SubscribeAsync("Mesh");
        await stays.SubscribeAsync("Mesh");
        await global.Admission.ForbidAsync(Actor.System, "kuma", TestContext.Current.CancellationToken);
        var end = await down.EndAsync();
        Assert.Equal(StatusCode.Unauthenticated, end.StatusCode);
        Assert.Contains("presented no zone token", end.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(end.Status.Detail, global.Links.Of("kuma").Refusal!.Reason);
        await global.PutAsync(TestKinds.Make("Mesh", "", "m1", "{}"));
        Assert.Equal(["m1."], Wire.Names(await stays.NextAsync("Mesh")));
    }

    /// <summary>Whoever revokes a token ends the connections that show it, also the one that is just coming in with it.</summary>
    [Fact]
    public async Task TokenRevokedWhileItsConnectionComesIn_EndsIt()
    {
        GlobalNode? node = null;
        var looks = 0;
        await using var global = node = await GlobalNode.StartAsync(tokens: async (_, _) =>
        {
            if (Interlocked.Increment(ref looks) > 1)
            {
                return "the token was revoked";
            }

            await node!.PutAsync(TestKinds.Make("GlobalSecret", "", "zone-token-revocations", """{"data":"eA=="}"""));
            return null;
        });
        await global.PutAsync(TestKinds.Make("Zone", "", "lab", "{}"));
        await using var lab = new ScriptedZone("lab", global.Address);
        var end = await lab.OpenDown().EndAsync();
        Assert.Equal((StatusCode.PermissionDenied, "the token was revoked"), (end.StatusCode, end.Status.Detail));
    }

    [Fact]
    public async Task ZoneToken_ThatEndsWhileTheZoneIsConnected_EndsTheConnectionAtThatMoment()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var ends = DateTimeOffset.FromUnixTimeSeconds((time.GetUtcNow() + TimeSpan.FromMinutes(3)).ToUnixTimeSeconds());
        await using var global = await GlobalNode.StartAsync(time: time, tokens: Check);
        await using var lab = new ScriptedZone("lab", global.Address, token: Jwt("a", ends));
        await using var eks = new ScriptedZone("eks", global.Address, token: Jwt("b", ends.AddYears(1)));
        var down = lab.OpenDown();
        var up = lab.OpenUp();
        var other = eks.OpenDown();
        await down.SubscribeAsync("Mesh");
        await up.NextAsync();
        await other.SubscribeAsync("Mesh");
        time.SetUtcNow(ends.AddMilliseconds(-1));
        await down.NothingMoreAsync("Nonsense"); // still served
        time.SetUtcNow(ends);
        var end = await down.EndAsync();
        Assert.Equal(StatusCode.PermissionDenied, end.StatusCode);
        Assert.Equal("the token expired", end.Status.Detail);
        Assert.Equal(StatusCode.PermissionDenied, (await up.EndAsync()).StatusCode);
        Assert.Equal("the token expired", global.Links.Of("lab").Refusal!.Reason);
        await other.NothingMoreAsync("Nonsense");

        ValueTask<string?> Check(string zone, string token) =>
            ValueTask.FromResult(MeshConsole.ControlPlane.Access.Tokens.EndOf(token) > time.GetUtcNow() ? null : "the token expired");
    }

    [Fact]
    public async Task NewToken_ShownInAHealthCheck_KeepsTheConnection_WhenTheOldOneIsRevoked()
    {
        var revoked = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();
        await using var global = await GlobalNode.StartAsync(tokens: (_, token) => ValueTask.FromResult(revoked.ContainsKey(token) ? "the token was revoked" : null));
        using var folder = new Testing.TempFolder();
        await using var zone = await ZoneNode.StartAsync("lab", global.Address, o => new KdsClientOptions
        {
            Address = o.Address,
            TokenFile = o.TokenFile,
            BackoffBase = o.BackoffBase,
            BackoffLimit = o.BackoffLimit,
            TokenFileInterval = TimeSpan.FromMilliseconds(20),
        }, folder);
        await zone.ConnectedAsync();
        var first = await global.InsightAsync("lab", i => i.HealthCheck is not null && i.Subscriptions.Count == 1);
        await File.WriteAllTextAsync(folder.Combine("token"), "token-new", TestContext.Current.CancellationToken);
        await global.InsightAsync("lab", i => i.HealthCheck is not null && i.HealthCheck.Time > first.HealthCheck.Time); // it showed the new one
        revoked["token-lab"] = true;
        await global.PutAsync(TestKinds.Make("GlobalSecret", "", "zone-token-revocations", """{"data":"eA=="}"""));
        await zone.WaitAsync(w => w.Find("GlobalSecret", "zone-token-revocations") is not null);
        Assert.Single(global.Insight("lab")!.Subscriptions);
        Assert.True(global.Links.Of("lab").Connected);
        revoked["token-new"] = true;
        await global.PutAsync(TestKinds.Make("GlobalSecret", "", "zone-token-revocations", """{"data":"eQ=="}"""));
        await global.Links.Board.UntilAsync(b => !b["lab"].Connected, "cut: the new token is the one that counts");
    }

    [Fact]
    public async Task S64_EndOfOneSyncStream_EndsAllFive_WithACodeThatZonesNotice()
    {
        await using var global = await GlobalNode.StartAsync();
        await using var lab = new ScriptedZone("lab", global.Address);
        var down = lab.OpenDown();
        var up = lab.OpenUp();
        using var clusters = lab.OpenClusters();
        await down.SubscribeAsync("Mesh");
        await up.NextAsync();
        await global.InsightAsync("lab", i => i.KdsStreams?.Clusters is not null);
        await down.SendAsync(new Protos.Envoy.Discovery.DeltaDiscoveryRequest { TypeUrl = "Mesh" }); // breaks the rules: no node
        var first = await down.EndAsync();
        var second = await up.EndAsync();
        var third = await Assert.ThrowsAsync<RpcException>(() => clusters.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.All(new[] { first, second, third }, end => Assert.False(end.StatusCode is StatusCode.OK or StatusCode.Cancelled or StatusCode.Unimplemented, $"{end.Status} {end.InnerException}"));

        await global.Links.Board.UntilAsync(b => !b["lab"].Connected, "offline");
    }

    /// <summary>
    /// Also amid a write: a write that is cancelled resets its stream with CANCEL, which real zones overlook on some streams, and
    /// which tells nobody why.
    /// </summary>
    [Fact]
    public async Task S64_EndWhileGlobalWrites_TellsTheReasonEveryTime()
    {
        await using var global = await GlobalNode.StartAsync();
        for (var i = 0; i < 100; i++)
        {
            await using var zone = new ScriptedZone($"zone-{i}", global.Address);
            var up = zone.OpenUp();
            await up.NextAsync(); // the others are on their way
            global.Sessions.End(zone.Name, StatusCode.PermissionDenied, "the reason");
            var end = await up.EndAsync();
            Assert.Equal((StatusCode.PermissionDenied, "the reason"), (end.StatusCode, end.Status.Detail));
        }
    }

    [Fact]
    public async Task S65_RequestWithoutNode_CostsOnlyThatZone()
    {
        await using var global = await GlobalNode.StartAsync();
        await using var evil = new ScriptedZone("evil", global.Address);
        await using var good = new ScriptedZone("good", global.Address);
        var served = good.OpenDown();
        await served.SubscribeAsync("Mesh");
        var down = evil.OpenDown();
        await down.SendAsync(new Protos.Envoy.Discovery.DeltaDiscoveryRequest { TypeUrl = "Mesh" });
        Assert.Equal(StatusCode.InvalidArgument, (await down.EndAsync()).StatusCode);
        await global.PutAsync(TestKinds.Make("Mesh", "", "m1", "{}"));
        Assert.Equal(["m1."], Wire.Names(await served.NextAsync("Mesh")));
    }

    [Fact]
    public async Task S69_SecondConnectionOfAZone_ReplacesTheFirstVisibly_AndAFlapIsHeldOff()
    {
        using var logs = new LogBook();
        await using var global = await GlobalNode.StartAsync(logs: logs);
        await using var a = new ScriptedZone("lab", global.Address);
        await using var b = new ScriptedZone("lab", global.Address);
        await using var c = new ScriptedZone("lab", global.Address);
        await using var d = new ScriptedZone("lab", global.Address);
        var first = a.OpenDown();
        await first.SubscribeAsync("Mesh");
        var second = b.OpenDown();
        await second.SubscribeAsync("Mesh");
        var ended = await first.EndAsync();
        Assert.Equal(StatusCode.Unavailable, ended.StatusCode);
        Assert.Contains("taken over by a newer connection", ended.Status.Detail, StringComparison.Ordinal);
        var third = c.OpenDown();
        await third.SubscribeAsync("Mesh");
        Assert.Equal(StatusCode.Unavailable, (await second.EndAsync()).StatusCode);
        var fourth = await d.OpenDown().EndAsync(); // the third change within a minute
        Assert.Equal(StatusCode.Unavailable, fourth.StatusCode);
        Assert.Contains("two control planes claim to be zone lab", fourth.Status.Detail, StringComparison.Ordinal);
        Assert.NotNull(global.Links.Of("lab").Alarm);
        Assert.Equal(Microsoft.Extensions.Logging.LogLevel.Warning, Assert.Single(logs.Of("two control planes claim to be zone lab")).Level);
        await global.PutAsync(TestKinds.Make("Mesh", "", "m1", "{}"));
        Assert.Equal(["m1."], Wire.Names(await third.NextAsync("Mesh")));
    }

    [Fact]
    public async Task S56_ClosingTheOlderConnection_DoesNotStopTheNewer()
    {
        await using var global = await GlobalNode.StartAsync();
        var old = new ScriptedZone("lab", global.Address);
        await old.OpenDown().SubscribeAsync("Mesh");
        await using var young = new ScriptedZone("lab", global.Address);
        var down = young.OpenDown();
        await down.SubscribeAsync("Mesh");
        await old.DisposeAsync();
        await global.PutAsync(TestKinds.Make("Mesh", "", "m1", "{}"));
        Assert.Equal(["m1."], Wire.Names(await down.NextAsync("Mesh")));
        Assert.True(global.Links.Of("lab").Connected);
    }

    private static Google.Protobuf.WellKnownTypes.Any Any() => new()
    {
        TypeUrl = "type.googleapis.com/kuma.mesh.v1alpha1.Dataplane",
        Value = Google.Protobuf.MessageExtensions.ToByteString(new Dataplane
        {
            Networking = new() { Address = "10.0.0.1", Inbound = { new Dataplane.Types.Networking.Types.Inbound { Port = 80, Tags = { ["kuma.io/service"] = "web" } } } },
        }),
    };

    /// <summary>A token that says when it ends; its signature is nobody's concern here.</summary>
    private static string Jwt(string id, DateTimeOffset ends)
    {
        return $"{Part("""{"alg":"RS256","kid":"1"}""")}.{Part($$"""{"jti":"{{id}}","exp":{{ends.ToUnixTimeSeconds()}}}""")}.{Part("signature")}";

        static string Part(string text) => System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(text));
    }
}
