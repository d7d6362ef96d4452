using System.Security.Cryptography;
using System.Text;
using MeshConsole.ControlPlane.Delivery;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.Protos.Envoy.Discovery;
using MeshConsole.Shared;
using Resource = MeshConsole.Protos.Envoy.Discovery.Resource;

namespace MeshConsole.ControlPlane.Tests.Kds;

/// <summary>Statements 16 to 40 of the KDS reference: what our global sends.</summary>
public sealed class GlobalToZoneConformanceTests : IAsyncLifetime
{
    private GlobalNode global = null!;
    private ScriptedZone lab = null!;
    private ScriptedZone.Down down = null!;

    public async ValueTask InitializeAsync()
    {
        global = await GlobalNode.StartAsync();
        lab = new ScriptedZone("lab", global.Address);
        down = lab.OpenDown();
    }

    public async ValueTask DisposeAsync()
    {
        await lab.DisposeAsync();
        await global.DisposeAsync();
    }

    [Fact]
    public async Task S16_EveryTypeOfKuma_IsAnsweredOnceAndCompletely()
    {
        await global.PutAsync(TestKinds.Make("Mesh", "", "default", "{}"));
        await global.PutAsync(TestKinds.Permission("p1"));
        string[] types = [.. TestKinds.All.All.Where(ZoneView.Travels).Select(k => k.Name)];
        foreach (var type in types)
        {
            await down.AskAsync(type);
        }

        var answers = new Dictionary<string, DeltaDiscoveryResponse>();
        while (answers.Count < types.Length)
        {
            var response = await down.NextAsync();
            Assert.True(answers.TryAdd(response.TypeUrl, response), $"{response.TypeUrl} was answered twice.");
        }

        Assert.Equal(["default."], Wire.Names(answers["Mesh"]));
        Assert.Single(answers["MeshTrafficPermission"].Resources);
        Assert.Empty(answers["Secret"].Resources);
        Assert.All(answers.Values, r => Assert.Empty(r.RemovedResources));
        await down.NothingMoreAsync("Nonsense");
    }

    [Fact]
    public async Task S17_UnknownType_IsAnsweredEmpty()
    {
        var response = await down.SubscribeAsync("SomethingOfALaterVersion");
        Assert.Equal("SomethingOfALaterVersion", response.TypeUrl);
        Assert.Empty(response.Resources);
    }

    [Fact]
    public async Task S18_TypeNotAskedFor_IsNeverSent()
    {
        await down.SubscribeAsync("Mesh");
        await global.PutAsync(TestKinds.Permission("p"));
        await global.PutAsync(TestKinds.Make("Mesh", "", "m1", "{}"));
        Assert.Equal("Mesh", (await down.NextAsync()).TypeUrl);
    }

    [Fact]
    public async Task S19_AfterAnAck_NothingMoreIsSent()
    {
        await global.PutAsync(TestKinds.Make("Mesh", "", "m1", "{}"));
        await down.SubscribeAsync("Mesh");
        await down.NothingMoreAsync("Nonsense");
    }

    [Fact]
    public async Task S20_S21_ExactlyTheChange_IsSent_AndRemovalsByName()
    {
        await global.PutAsync(TestKinds.Make("Mesh", "", "m1", "{}"));
        await global.PutAsync(TestKinds.Permission("a"));
        await global.PutAsync(TestKinds.Permission("b"));
        await down.SubscribeAsync("Mesh");
        await down.SubscribeAsync("MeshTrafficPermission");
        await global.PutAsync(TestKinds.Permission("b", action: "Deny"));
        var change = await down.NextAsync("MeshTrafficPermission");
        Assert.Equal([KdsName.Hash("default", "b", Labels.None) + ".default"], Wire.Names(change));
        await down.AckAsync(change);
        await global.DeleteAsync("MeshTrafficPermission", "default", "b");
        var removal = await down.NextAsync("MeshTrafficPermission");
        Assert.Empty(removal.Resources);
        Assert.Equal([KdsName.Hash("default", "b", Labels.None) + ".default"], removal.RemovedResources);
        await global.DeleteAsync("Mesh", "", "m1");
        Assert.Equal(["m1."], (await down.NextAsync("Mesh")).RemovedResources);
    }

    [Fact]
    public async Task S22_Nack_IsCounted_AndNothingIsResentUntilTheContentChanges()
    {
        await down.SubscribeAsync("MeshTrafficPermission");
        var put = await global.PutAsync(TestKinds.Permission("p"));
        await down.NackAsync(await down.NextAsync("MeshTrafficPermission"), "spec.from: does not please");
        await down.NothingMoreAsync("Nonsense");
        var board = await global.Ledger.Board.UntilAsync(b => b.Of(put.Key)?.State == DeliveryState.Rejected, "the rejection");
        Assert.Equal("spec.from: does not please", board.Of(put.Key)!.Zones["lab"].Reason);
        await global.InsightAsync("lab", i => i.Subscriptions.Count > 0 && i.Subscriptions[^1].Status.Stat.TryGetValue("MeshTrafficPermission", out var s) && s.ResponsesRejected == 1 && s.ResponsesAcknowledged == 1);
        await global.PutAsync(TestKinds.Permission("p", action: "Deny"));
        await down.AckAsync(await down.NextAsync("MeshTrafficPermission"));
        await global.Ledger.Board.UntilAsync(b => b.Of(put.Key)?.State == DeliveryState.Accepted, "the acceptance");
    }

    [Fact]
    public async Task S23_NackOfATypeNeverAcked_MakesTheNextResponseComplete()
    {
        await global.PutAsync(TestKinds.Permission("a"));
        await global.PutAsync(TestKinds.Permission("b"));
        await down.AskAsync("MeshTrafficPermission");
        await down.NackAsync(await down.NextAsync("MeshTrafficPermission"), "no");
        await down.NothingMoreAsync("Nonsense");
        await global.PutAsync(TestKinds.Permission("b", action: "Deny"));
        Assert.Equal(2, (await down.NextAsync("MeshTrafficPermission")).Resources.Count);
    }

    [Fact]
    public async Task S24_UnansweredType_DoesNotHoldUpOthers()
    {
        await down.AskAsync("MeshTrafficPermission");
        await down.NextAsync("MeshTrafficPermission"); // never answered
        await global.PutAsync(TestKinds.Permission("p"));
        await down.SubscribeAsync("Mesh");
        await global.PutAsync(TestKinds.Make("Mesh", "", "m1", "{}"));
        Assert.Equal("Mesh", (await down.NextAsync()).TypeUrl);
    }

    [Fact]
    public async Task S25_S26_Nonces_AreUnique_AndTheIdentifierIsGlobal()
    {
        var nonces = new HashSet<string>();
        foreach (var type in (string[])["Mesh", "Secret", "MeshTrafficPermission", "Nonsense"])
        {
            var response = await down.SubscribeAsync(type);
            Assert.NotEmpty(response.Nonce);
            Assert.True(nonces.Add(response.Nonce));
            Assert.Equal("global", response.ControlPlane.Identifier);
        }
    }

    [Fact]
    public async Task S27_S28_S30_Specs_AreEncodedAsKumaDoes_AndCarryTheirOrigin()
    {
        await global.PutAsync(TestKinds.Make("Mesh", "", "m1", """{"mtls":{"enabledBackend":"ca"}}"""));
        await global.PutAsync(TestKinds.Permission("p", labels: (Labels.Mesh, "default")));
        var mesh = Wire.Read((await down.SubscribeAsync("Mesh")).Resources.Single());
        Assert.Equal("type.googleapis.com/kuma.mesh.v1alpha1.Mesh", mesh.Spec.TypeUrl);
        Assert.Equal("global", mesh.Meta.Labels[Labels.Origin]);
        Assert.False(mesh.Meta.Labels.ContainsKey(Labels.DisplayName));
        Assert.Equal("", mesh.Meta.Version);
        var wire = (await down.SubscribeAsync("MeshTrafficPermission")).Resources.Single();
        var policy = Wire.Read(wire);
        Assert.Equal("type.googleapis.com/kuma.mesh.v1alpha1.KumaResource", wire.Resource_.TypeUrl);
        Assert.Equal("", policy.Spec.TypeUrl);
        Assert.Equal("""{"targetRef":{"kind":"Mesh"},"from":[{"targetRef":{"kind":"Mesh"},"default":{"action":"Allow"}}]}""", policy.Spec.Value.ToStringUtf8());
        Assert.Equal("global", policy.Meta.Labels[Labels.Origin]);
        Assert.Equal("p", policy.Meta.Labels[Labels.DisplayName]);
        Assert.Equal(wire.Name, KdsName.Join(policy.Meta.Name, "default"));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(wire.Resource_.Value.Span)), wire.Version);
    }

    [Fact]
    public async Task S29_NamesOfMeshSecretAndConfig_AreUnchanged()
    {
        await global.PutAsync(TestKinds.Make("Mesh", "", "m1", "{}"));
        await global.PutAsync(TestKinds.Make("Secret", "m1", "s1", """{"data":"eA=="}"""));
        await global.PutAsync(TestKinds.Make("GlobalSecret", "", "g1", """{"data":"eA=="}"""));
        await global.PutAsync(TestKinds.Make("Config", "", "kuma-cluster-id", """{"config":"abc"}"""));
        Assert.Equal(["m1."], Wire.Names(await down.SubscribeAsync("Mesh")));
        Assert.Equal(["s1.m1"], Wire.Names(await down.SubscribeAsync("Secret")));
        Assert.Equal(["g1."], Wire.Names(await down.SubscribeAsync("GlobalSecret")));
        Assert.Equal(["kuma-cluster-id."], Wire.Names(await down.SubscribeAsync("Config")));
    }

    [Fact]
    public async Task S31_Status_DoesNotTravelDown()
    {
        await global.PutAsync(TestKinds.Make("MeshMultiZoneService", "default", "m", """{"selector":{"meshService":{"matchLabels":{"a":"b"}}},"ports":[{"port":80}]}""").With(status: JsonBody.FromText("""{"vips":[{"ip":"10.0.0.1"}]}""")));
        var resource = Wire.Read((await down.SubscribeAsync("MeshMultiZoneService")).Resources.Single());
        Assert.True(resource.Status is null || resource.Status.Value.ToStringUtf8() == "{}");
    }

    [Fact]
    public async Task S32_S33_MeshServiceOfAnotherZone_ComesWithItsZone_AndGoesWhenThatZoneIsDisabled()
    {
        await using var eks = new ScriptedZone("eks", global.Address);
        var service = TestKinds.Make("MeshService", "default", "api", """{"selector":{"dataplaneTags":{"app":"api"}},"ports":[{"port":80}]}""");
        Assert.Null((await eks.OpenUp().SendAsync("MeshService", [Wire.From("eks", service)])).ErrorDetail);
        var first = await down.SubscribeAsync("MeshService");
        var got = Wire.Read(first.Resources.Single());
        Assert.Equal("eks", got.Meta.Labels[Labels.Zone]);
        Assert.Equal("global", got.Meta.Labels[Labels.Origin]);
        Assert.Equal(global.World.List("MeshService").Single().Name, got.Meta.Name);
        var own = eks.OpenDown();
        Assert.Empty((await own.SubscribeAsync("MeshService")).Resources);
        await global.PutAsync(TestKinds.Make("Zone", "", "eks", """{"enabled":false}"""));
        var removal = await down.NextAsync("MeshService");
        Assert.Equal([first.Resources[0].Name], removal.RemovedResources);
        await down.AckAsync(removal);
        await own.NothingMoreAsync("Nonsense"); // the zone itself stays connected and is sent nothing
        await global.PutAsync(TestKinds.Make("Zone", "", "eks", """{"enabled":true}"""));
        Assert.Single((await down.NextAsync("MeshService")).Resources);
    }

    [Fact]
    public async Task S34_KdsSyncDisabled_KeepsAPolicyHere_AlsoWhenSetLater()
    {
        var stays = await global.PutAsync(TestKinds.Permission("stays", labels: (Labels.KdsSync, "disabled")));
        await global.PutAsync(TestKinds.Permission("goes"));
        var first = await down.SubscribeAsync("MeshTrafficPermission");
        Assert.Single(first.Resources);
        var later = await global.PutAsync(TestKinds.Permission("goes", labels: (Labels.KdsSync, "disabled")));
        Assert.Equal([first.Resources[0].Name], (await down.NextAsync("MeshTrafficPermission")).RemovedResources);
        Assert.Null(global.Ledger.Board.Value.Of(stays.Key)?.Zones.GetValueOrDefault("nowhere"));
        Assert.Equal(DeliveryState.Withheld, global.Ledger.Board.Value.Of(later.Key)!.Zones["lab"].State);
    }

    [Fact]
    public async Task S35_SecretsOfGlobalAlone_StayHere_AndTheZoneTokenKeyGoesAsPublicKey()
    {
        using var rsa = RSA.Create(2048);
        var pem = Convert.ToBase64String(Encoding.UTF8.GetBytes(rsa.ExportRSAPrivateKeyPem()));
        foreach (var name in (string[])["envoy-admin-ca", "admin-user-token", "inter-cp-ca", "user-token-revocations", "user-token-signing-key-1", "plain"])
        {
            await global.PutAsync(TestKinds.Make("GlobalSecret", "", name, """{"data":"eA=="}"""));
        }

        await global.PutAsync(TestKinds.Make("GlobalSecret", "", "zone-token-signing-key-1", $$"""{"data":"{{pem}}"}"""));
        await global.PutAsync(TestKinds.Make("GlobalSecret", "", "zone-token-signing-key-2", """{"data":"bm8ga2V5"}""")); // S67: cannot be mapped
        await global.PutAsync(TestKinds.Make("Config", "", "other", """{"config":"x"}"""));
        var secrets = await down.SubscribeAsync("GlobalSecret");
        Assert.Equal(["plain.", "zone-token-signing-public-key-1."], Wire.Names(secrets).Order());
        var key = Wire.Read(secrets.Resources.Single(r => r.Name.StartsWith("zone", StringComparison.Ordinal)));
        Assert.Equal("zone-token-signing-key-1", key.Meta.Labels[Labels.DisplayName]);
        var data = Protos.Kuma.System.Secret.Parser.ParseFrom(key.Spec.Value).Data.ToStringUtf8();
        Assert.StartsWith("-----BEGIN RSA PUBLIC KEY-----", data);
        Assert.DoesNotContain("PRIVATE", data, StringComparison.Ordinal);
        Assert.Empty((await down.SubscribeAsync("Config")).Resources);
    }

    [Fact]
    public async Task S67_ObjectThatCannotBeEncoded_StaysHereWithTheReason_AndEverythingElseReachesEveryZone()
    {
        await using var eks = new ScriptedZone("eks", global.Address);
        var other = eks.OpenDown();
        foreach (var type in (string[])["Mesh", "GlobalSecret", "MeshTrafficPermission"])
        {
            await down.SubscribeAsync(type);
            await other.SubscribeAsync(type);
        }

        await global.InsightAsync("eks", i => i.Subscriptions.Count > 0);
        var key = await global.PutAsync(TestKinds.Make("GlobalSecret", "", "zone-token-signing-key-9", """{"data":"bm8ga2V5"}""")); // no key
        var mesh = await global.PutAsync(TestKinds.Make("Mesh", "", "broken", """{"mtls":7}""")); // no Mesh
        await global.PutAsync(TestKinds.Make("GlobalSecret", "", "good", """{"data":"eA=="}"""));
        await global.PutAsync(TestKinds.Make("Mesh", "", "good", "{}"));
        await global.PutAsync(TestKinds.Permission("good"));
        foreach (var stream in (ScriptedZone.Down[])[down, other])
        {
            Assert.Equal(["good."], Wire.Names(await stream.NextAsync("GlobalSecret")));
            Assert.Equal(["good."], Wire.Names(await stream.NextAsync("Mesh")));
            Assert.Single((await stream.NextAsync("MeshTrafficPermission")).Resources);
        }

        foreach (var bad in (MeshConsole.Shared.Resource[])[key, mesh])
        {
            var board = await global.Ledger.Board.UntilAsync(b => b.Of(bad.Key)?.Zones["lab"].State == DeliveryState.Withheld, $"{bad.Key} withheld");
            Assert.Contains("cannot be encoded", board.Of(bad.Key)!.Zones["lab"].Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void S28_S66_EveryKind_HasASpecOnTheWire_AlsoWhenItIsEmpty()
    {
        var view = new ZoneView("lab", [.. KdsFeatures.Ours], isVersion3: false) { PassedOn = [] };
        var sent = 0;
        foreach (var kind in TestKinds.All.All)
        {
            var resource = new MeshConsole.Shared.Resource { Kind = kind, Mesh = kind.Scope == Scope.Mesh ? "default" : "", Name = "kuma-cluster-id", Spec = JsonBody.Empty };
            foreach (var item in (DeltaItemOf(view, resource), DeltaItemOf(new UpView("lab"), resource)) is var (below, above) ? [below, above] : Array.Empty<Resource?>())
            {
                if (item is null)
                {
                    continue;
                }

                sent++;
                var kuma = Wire.Read(item);
                Assert.NotNull(kuma.Spec);
                Assert.Equal(kind.Flat ? "type.googleapis.com/" : "", kuma.Spec.TypeUrl[..Math.Min(kuma.Spec.TypeUrl.Length, 20)]);
                Assert.True(kind.Flat || kuma.Spec.Value.ToStringUtf8() == "{}", kind.Name);
            }
        }

        Assert.True(sent > 60);

        static Resource? DeltaItemOf(SyncView view, MeshConsole.Shared.Resource resource) =>
            view.Carries(resource.Kind) ? view.Project(resource, ControlPlane.Store.World.Empty).Item?.Message : null;
    }

    [Fact]
    public async Task S36_OnlyProducerPolicies_GoToOtherZones()
    {
        await using var eks = new ScriptedZone("eks", global.Address);
        const string Producer = """{"to":[{"targetRef":{"kind":"MeshService","name":"api"},"rules":[{"matches":[{"path":{"type":"PathPrefix","value":"/"}}],"default":{"backendRefs":[{"kind":"MeshService","name":"api","weight":1}]}}]}]}""";
        const string Consumer = """{"to":[{"targetRef":{"kind":"MeshService","name":"api","namespace":"other"},"rules":[{"matches":[{"path":{"type":"PathPrefix","value":"/"}}],"default":{"backendRefs":[{"kind":"MeshService","name":"api","weight":1}]}}]}]}""";
        var up = eks.OpenUp();
        var reply = await up.SendAsync("MeshHTTPRoute",
        [
            Route("producer", Producer, "producer", "ns"),
            Route("no-role", Producer, null, "ns"),
            Route("no-namespace", Producer, "producer", null),
            Route("consumer", Consumer, "producer", "ns"),
        ]);
        Assert.Null(reply.ErrorDetail);
        Assert.Equal(4, global.World.Count("MeshHTTPRoute"));
        var first = await down.SubscribeAsync("MeshHTTPRoute");
        Assert.Equal(["producer"], first.Resources.Select(r => Wire.Read(r).Meta.Labels[Labels.DisplayName]));

        static Resource Route(string name, string spec, string? role, string? ns)
        {
            var labels = new List<(string, string)>();
            if (role is not null)
            {
                labels.Add((Labels.PolicyRole, role));
            }

            if (ns is not null)
            {
                labels.Add((Labels.Namespace, ns));
            }

            return Wire.From("eks", TestKinds.Make("MeshHTTPRoute", "default", name, spec, [.. labels]));
        }
    }

    [Fact]
    public async Task S37_S38_S40_NodeFeatures_DecideWhatIsSent()
    {
        await global.PutAsync(TestKinds.Make("MeshTrafficPermission", "default", "no-target", """{"from":[{"targetRef":{"kind":"Mesh"},"default":{"action":"Allow"}}]}"""));
        await global.PutAsync(TestKinds.Permission("with-target"));
        await using var old = new ScriptedZone("old", global.Address);
        var oldDown = old.OpenDown("zone-token");
        var sent = await oldDown.SubscribeAsync("MeshTrafficPermission");
        Assert.Equal(["with-target.default"], Wire.Names(sent)); // unhashed, and withheld without a top-level target
        Assert.False(Wire.Read(sent.Resources[0]).Meta.Labels.ContainsKey(Labels.DisplayName));
        await using var v3 = new ScriptedZone("v3", global.Address, headers: ("zone-version", "v3"));
        Assert.Equal(2, (await v3.OpenDown("hash-suffix", "hg-mz-selector").SubscribeAsync("MeshTrafficPermission")).Resources.Count);
        if (TestKinds.All.Find("HostnameGenerator") is not null)
        {
            await global.PutAsync(TestKinds.Make("HostnameGenerator", "", "multi", """{"selector":{"meshMultiZoneService":{"matchLabels":{"a":"b"}}},"template":"{{ .DisplayName }}.mzsvc"}"""));
            Assert.Empty((await oldDown.SubscribeAsync("HostnameGenerator")).Resources);
            Assert.Single((await down.SubscribeAsync("HostnameGenerator")).Resources);
        }
    }

    [Fact]
    public async Task S39_MeshOf2x_KeepsItsFields()
    {
        await global.PutAsync(TestKinds.Make("Mesh", "", "m", """{"mtls":{"enabledBackend":"b","backends":[{"name":"b","type":"builtin"}]},"routing":{"zoneEgress":true},"metrics":{"enabledBackend":"p"},"constraints":{"dataplaneProxy":{"requirements":[{"tags":{"a":"b"}}]}}}"""));
        var mesh = Protos.Kuma.Mesh.Mesh.Parser.ParseFrom(Wire.Read((await down.SubscribeAsync("Mesh")).Resources.Single()).Spec.Value);
        Assert.Equal("b", mesh.Mtls.EnabledBackend);
        Assert.True(mesh.Routing.ZoneEgress);
        Assert.Equal("p", mesh.Metrics.EnabledBackend);
        Assert.Equal("b", mesh.Constraints.DataplaneProxy.Requirements[0].Tags["a"]);
    }

    [Fact]
    public async Task S75_InitialVersions_AreIgnored()
    {
        await global.PutAsync(TestKinds.Make("Mesh", "", "m1", "{}"));
        await using var probe = new ScriptedZone("probe", global.Address);
        var version = (await probe.OpenDown().SubscribeAsync("Mesh")).Resources.Single().Version;
        await down.SendAsync(new DeltaDiscoveryRequest
        {
            Node = new Protos.Envoy.Core.Node { Id = "lab" },
            TypeUrl = "Mesh",
            InitialResourceVersions = { ["m1."] = version, ["unknown."] = "x" },
        });
        var response = await down.NextAsync("Mesh");
        Assert.Single(response.Resources);
        Assert.Empty(response.RemovedResources);
    }

    [Fact]
    public async Task S76_ChangesDuringAnUnansweredResponse_FollowAsNetDifference()
    {
        var a = TestKinds.Permission("a");
        await global.PutAsync(a);
        await global.PutAsync(TestKinds.Permission("b"));
        await global.PutAsync(TestKinds.Permission("c"));
        await down.AskAsync("MeshTrafficPermission");
        var first = await down.NextAsync("MeshTrafficPermission");
        await global.PutAsync(TestKinds.Permission("a", action: "Deny"));
        await global.PutAsync(a); // and back
        await global.PutAsync(TestKinds.Permission("b", action: "Deny"));
        await global.PutAsync(TestKinds.Permission("b", action: "AllowWithShadowDeny"));
        await global.DeleteAsync("MeshTrafficPermission", "default", "c");
        await down.NothingMoreAsync("Nonsense");
        await down.AckAsync(first);
        var net = await down.NextAsync("MeshTrafficPermission");
        Assert.Equal(["b"], net.Resources.Select(r => Wire.Read(r).Meta.Labels[Labels.DisplayName]));
        Assert.Single(net.RemovedResources);
        await down.AckAsync(net);
        await down.NothingMoreAsync("Nonsense2");
    }

    [Fact]
    public async Task S77_MeshDeletedAtGlobal_LeavesTheZonesOwn_UntilTheZoneRemovesIt()
    {
        await using var eks = new ScriptedZone("eks", global.Address);
        var up = eks.OpenUp();
        var service = Wire.From("eks", TestKinds.Make("MeshService", "m1", "api", """{"ports":[{"port":80}]}"""));
        await up.SendAsync("MeshService", [service]);
        var first = await down.SubscribeAsync("MeshService");
        Assert.Single(first.Resources);
        await up.SendAsync("MeshService", [], service.Name);
        Assert.Equal([first.Resources[0].Name], (await down.NextAsync("MeshService")).RemovedResources);
        Assert.Equal(0, global.World.Count("MeshService"));
    }

    [Fact]
    public async Task TooLargeKind_IsMarked_AndEverythingElseFlows()
    {
        await using var small = await GlobalNode.StartAsync(new KdsOptions { MaxMessageBytes = 20_000 });
        for (var i = 0; i < 20; i++)
        {
            await small.PutAsync(TestKinds.Make("GlobalSecret", "", $"s{i}", $$"""{"data":"{{Convert.ToBase64String(new byte[1500])}}"}"""));
        }

        await small.PutAsync(TestKinds.Make("Mesh", "", "m1", "{}"));
        await using var zone = new ScriptedZone("lab", small.Address);
        var stream = zone.OpenDown();
        await stream.AskAsync("GlobalSecret");
        await stream.SubscribeAsync("Mesh");
        await stream.NothingMoreAsync("Nonsense");
        var link = (await small.Links.Board.UntilAsync(b => b["lab"].Loads.Count > 0, "the mark"))["lab"];
        Assert.True(link.Loads["GlobalSecret"].TooLarge);
    }

    [Fact]
    public async Task WhatWasCommittedWhileAZoneWasAway_IsCalledAcceptedOnlyWhenItWentThere()
    {
        await down.SubscribeAsync("Mesh");
        await lab.DisposeAsync();
        await global.Links.Board.UntilAsync(b => !b["lab"].Connected, "away");
        var stays = await global.PutAsync(TestKinds.Permission("stays", labels: (Labels.KdsSync, "disabled")));
        var goes = await global.PutAsync(TestKinds.Permission("goes"));
        var unheard = await global.PutAsync(TestKinds.Make("MeshTimeout", "default", "t", """{"targetRef":{"kind":"Mesh"},"to":[{"targetRef":{"kind":"Mesh"},"default":{"idleTimeout":"1h"}}]}"""));
        lab = new ScriptedZone("lab", global.Address);
        down = lab.OpenDown();
        await down.SubscribeAsync("MeshTrafficPermission");
        var board = await global.Ledger.Board.UntilAsync(b => State(b, goes) == DeliveryState.Accepted && State(b, unheard) != DeliveryState.Pending, "the answer");
        Assert.Equal((DeliveryState.Withheld, "label kuma.io/kds-sync is disabled"), (State(board, stays), board.Of(stays.Key)!.Zones["lab"].Reason));
        Assert.Equal((DeliveryState.Withheld, "the zone does not ask for MeshTimeout"), (State(board, unheard), board.Of(unheard.Key)!.Zones["lab"].Reason));
        await down.SubscribeAsync("MeshTimeout");
        await global.Ledger.Board.UntilAsync(b => State(b, unheard) == DeliveryState.Accepted, "accepted, since it was asked for");

        static DeliveryState State(DeliveryBoard board, MeshConsole.Shared.Resource resource) => board.Of(resource.Key)!.Zones["lab"].State;
    }

    [Fact]
    public async Task WhatADisabledZoneOffered_IsAcceptedElsewhere_OnceThatZoneIsEnabled()
    {
        await using var eks = new ScriptedZone("eks", global.Address);
        await down.SubscribeAsync("MeshService");
        var up = eks.OpenUp();
        await up.NextAsync();
        await global.PutAsync(TestKinds.Make("Zone", "", "eks", """{"enabled":false}"""));
        await up.SendAsync("MeshService", [Wire.From("eks", TestKinds.Make("MeshService", "default", "api", """{"selector":{"dataplaneTags":{"app":"api"}},"ports":[{"port":80}]}"""))]);
        var key = global.World.List("MeshService").Single().Key;
        var board = await global.Ledger.Board.UntilAsync(b => b.Of(key)?.Zones.GetValueOrDefault("lab")?.State == DeliveryState.Withheld, "withheld");
        Assert.Equal("zone eks is disabled", board.Of(key)!.Zones["lab"].Reason);
        await global.PutAsync(TestKinds.Make("Zone", "", "eks", """{"enabled":true}"""));
        await down.AckAsync(await down.NextAsync("MeshService"));
        await global.Ledger.Board.UntilAsync(b => b.Of(key)!.Zones["lab"].State == DeliveryState.Accepted, "accepted");
    }

    [Fact]
    public async Task RefusedRemoval_IsNotCalledAccepted()
    {
        await global.PutAsync(TestKinds.Permission("p"));
        await down.SubscribeAsync("MeshTrafficPermission");
        await global.DeleteAsync("MeshTrafficPermission", "default", "p");
        await down.NackAsync(await down.NextAsync("MeshTrafficPermission"), "still in use");
        var board = await global.Ledger.Board.UntilAsync(b => b.Recent(1).Single().Zones["lab"].IsSettled, "the answer");
        Assert.Equal((DeliveryState.Rejected, "still in use"), (board.Recent(1).Single().Zones["lab"].State, board.Recent(1).Single().Zones["lab"].Reason));
    }

    [Fact]
    public async Task SlowReader_GetsOnlyTheNewestState()
    {
        await down.AskAsync("MeshTrafficPermission");
        var first = await down.NextAsync("MeshTrafficPermission"); // not answered while 500 changes pass
        for (var i = 0; i < 500; i++)
        {
            await global.PutAsync(TestKinds.Permission("p", action: i % 2 == 0 ? "Deny" : "Allow"));
        }

        await down.AckAsync(first);
        var net = await down.NextAsync("MeshTrafficPermission");
        Assert.Single(net.Resources);
        Assert.Contains("\"Allow\"", Wire.Read(net.Resources[0]).Spec.Value.ToStringUtf8(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneRejectedOfTwenty_IsFound_AndTheFixArrives()
    {
        await down.SubscribeAsync("MeshTrafficPermission");
        await global.PutAsync(TestKinds.Permission("blocker"));
        var open = await down.NextAsync("MeshTrafficPermission");
        await global.Store.CommitAsync(Actor.System, t =>
        {
            for (var i = 0; i < 20; i++)
            {
                t.Put(TestKinds.Permission($"p{i}"), history: true);
            }

            return true;
        }, TestContext.Current.CancellationToken);
        await down.AckAsync(open);
        var accepts = false;
        var pump = PumpAsync();
        await global.Ledger.Board.UntilAsync(b => b.Of(Key("p7"))?.State == DeliveryState.Rejected, "p7 rejected");
        await global.Ledger.Board.UntilAsync(
            b => Enumerable.Range(0, 20).Where(i => i != 7).All(i => b.Of(Key($"p{i}"))?.State == DeliveryState.Accepted), "19 accepted");
        Assert.Equal("spec: not to my taste", global.Ledger.Board.Value.Of(Key("p7"))!.Zones["lab"].Reason);
        accepts = true;
        await global.PutAsync(TestKinds.Permission("p7", action: "Deny"));
        await global.Ledger.Board.UntilAsync(b => b.Of(Key("p7"))?.State == DeliveryState.Accepted, "p7 accepted");
        Assert.False(pump.IsCompleted);

        async Task PumpAsync()
        {
            while (true)
            {
                var response = await down.NextAsync("MeshTrafficPermission");
                if (!accepts && response.Resources.Any(r => Wire.Read(r).Meta.Labels[Labels.DisplayName] == "p7"))
                {
                    await down.NackAsync(response, "spec: not to my taste"); // Kuma stores the others all the same and does not say which it was
                }
                else
                {
                    await down.AckAsync(response);
                }
            }
        }

        static ResourceKey Key(string name) => new("MeshTrafficPermission", "default", name);
    }
}
