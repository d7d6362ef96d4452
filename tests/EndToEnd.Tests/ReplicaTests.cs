using System.Net;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using MeshConsole.ControlPlane.Delivery;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.EndToEnd.Tests.Conformance;
using MeshConsole.Protos.Envoy.Core;
using MeshConsole.Protos.Envoy.Discovery;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;
using MeshConsole.Testing;

namespace MeshConsole.EndToEnd.Tests;

/// <summary>Two instances of a global on one PostgreSQL, a zone connected with the one, and what the other one makes of it.</summary>
public sealed class ReplicaTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly TempFolder folder = new();
    private ControlPlaneUnderTest a = null!;
    private ControlPlaneUnderTest b = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var server = await PostgresServer.SharedAsync();
        var database = await server.CreateDatabaseAsync();
        a = await ControlPlaneUnderTest.StartInstanceAsync(database, folder.Combine("secret.key"));
        b = await ControlPlaneUnderTest.StartInstanceAsync(database, folder.Combine("secret.key"));
        await UntilAsync(() => a.Peers == 1 && b.Peers == 1, "both know each other");
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await a.DisposeAsync();
        await b.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task S57_RequestAboutAProxy_AtTheOtherInstance_IsForwardedWithAllItsFlags()
    {
        await using var lab = await Zone.ConnectAsync(a, "lab");
        await UntilAsync(() => b.Links.Of("lab").Connected && b.Store.World.Value.Count("Dataplane") == 1, "b knows the zone");
        var proxy = b.Store.World.Value.List("Dataplane").Single();

        Assert.Equal("""config Dataplane/default/api-1 { "requestId": "id", "resourceType": "Dataplane", "resourceName": "api-1", "resourceMesh": "default", "includeEds": true }""", await AskAsync("xds?include_eds=true"));
        Assert.DoesNotContain("includeEds", await AskAsync("xds"), StringComparison.Ordinal);
        Assert.Contains("\"format\": \"JSON\", \"usedOnly\": true", await AskAsync("stats?format=json"), StringComparison.Ordinal);
        Assert.DoesNotContain("usedOnly", await AskAsync("stats?usedonly=false"), StringComparison.Ordinal);
        Assert.DoesNotContain("JSON", await AskAsync("stats?usedonly=false"), StringComparison.Ordinal);
        Assert.Contains("\"format\": \"JSON\"", await AskAsync("clusters?format=json"), StringComparison.Ordinal);
        Assert.DoesNotContain("JSON", await AskAsync("clusters"), StringComparison.Ordinal);
        lab.Error = "no Envoy here";
        using var failing = await b.Client.GetAsync(new Uri($"/meshes/default/dataplanes/{proxy.Name}/xds", UriKind.Relative), Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, failing.StatusCode);
        Assert.Contains("could not send XDSConfigRequest: no Envoy here", await failing.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);

        async Task<string> AskAsync(string question)
        {
            using var answer = await b.Client.GetAsync(new Uri($"/meshes/default/dataplanes/{proxy.Name}/{question}", UriKind.Relative), Cancel);
            var text = await answer.Content.ReadAsStringAsync(Cancel);
            Assert.True(answer.IsSuccessStatusCode, text);
            return text;
        }
    }

    [Fact]
    public async Task StateOfAZone_IsTheSameAtBoth_AlsoWhenItGoes_AndItsDeliveriesToo()
    {
        await using (await Zone.ConnectAsync(a, "lab"))
        {
            await UntilAsync(() => b.Links.Of("lab").Connected, "connected, says b");
            Assert.Equal("online", await StateAsync(b));
            Assert.Equal("online", await StateAsync(a));
            using var refused = await b.Client.DeleteAsync(new Uri("/zones/lab", UriKind.Relative), Cancel);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode); // still connected, if not here

            var put = await PutAsync(b, "p");
            await UntilAsync(() => b.Ledger.Board.Value.Of(put)?.Zones["lab"].State == DeliveryState.Accepted, "accepted, says b");
        }

        await UntilAsync(() => !b.Links.Of("lab").Connected, "gone, says b");
        Assert.Equal("offline", await StateAsync(b));
        Assert.NotNull(b.Links.Of("lab").LastSeen);
    }

    [Fact]
    public async Task WriteAtOne_ReachesAZoneOfTheOther_AtOnce()
    {
        await using var lab = await Zone.ConnectAsync(a, "lab");
        await PutAsync(b, "warm-up");
        await lab.ArrivedAsync("warm-up");
        var before = System.Diagnostics.Stopwatch.GetTimestamp();
        await PutAsync(b, "prompt");
        await lab.ArrivedAsync("prompt");
        var took = System.Diagnostics.Stopwatch.GetElapsedTime(before);
        TestContext.Current.TestOutputHelper!.WriteLine($"from PUT at b to the zone of a: {took.TotalMilliseconds:0} ms");
    }

    [Fact]
    public async Task NewerConnectionWithTheOtherInstance_EndsTheOlder()
    {
        await using var first = await Zone.ConnectAsync(a, "lab");
        await UntilAsync(() => b.Links.Of("lab").Connected, "connected, says b");
        await using var second = await Zone.ConnectAsync(b, "lab");
        var end = await first.EndAsync();
        Assert.Equal(StatusCode.Unavailable, end.StatusCode);
        Assert.Contains("taken over by a newer connection with instance", end.Status.Detail, StringComparison.Ordinal);
        await UntilAsync(() => a.Links.Of("lab") is { Connected: true, Instance.Length: > 0 }, "a knows where it is");
        Assert.True(b.Links.Of("lab").Connected);
    }

    [Fact]
    public async Task TwinsThatMoveBetweenInstances_AreHeldOffAtTheThirdChange()
    {
        await using var first = await Zone.ConnectAsync(a, "lab");
        await UntilAsync(() => b.Links.Of("lab").Connected, "connected, says b");
        await using var second = await Zone.ConnectAsync(b, "lab");
        await first.EndAsync();
        await UntilAsync(() => a.Links.Of("lab") is { Connected: true, Instance.Length: > 0 }, "a knows where it is");
        await using var third = await Zone.ConnectAsync(a, "lab");
        await second.EndAsync();
        await UntilAsync(() => b.Links.Of("lab") is { Connected: true, Instance.Length: > 0 }, "b knows where it is");
        RpcException refusal;
        try
        {
            await using var fourth = await Zone.ConnectAsync(b, "lab");
            refusal = await fourth.EndAsync();
        }
        catch (RpcException e)
        {
            refusal = e; // refused before everything was said
        }

        Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);
        Assert.Contains("two control planes claim to be zone lab", refusal.Status.Detail, StringComparison.Ordinal);
        Assert.NotNull(b.Links.Of("lab").Alarm);
        await PutAsync(b, "still-served");
        await third.ArrivedAsync("still-served");
    }

    [Fact]
    public async Task S54_KilledInstance_LeavesNoZoneOnlineAtTheOther()
    {
        var server = await PostgresServer.SharedAsync();
        string[] store = ["--Store:Provider=postgres", $"--Store:ConnectionString={await server.CreateDatabaseAsync()}", $"--Store:SecretKeyFile={folder.Combine("shared.key")}", "--Bind:Peers=127.0.0.1"];
        using var second = new TempFolder();
        await using var killed = await MeshConsoleProcess.StartGlobalAsync(folder, null, store);
        await using var other = await MeshConsoleProcess.StartGlobalAsync(second, null, store);
        using var content = new StringContent("""{"zone":"lab","scope":["cp"],"validFor":"1h"}""", Encoding.UTF8, "application/json");
        using var token = await killed.Http.PostAsync(new Uri("/tokens/zone", UriKind.Relative), content, Cancel);
        await File.WriteAllTextAsync(folder.Combine("lab.token"), await token.Content.ReadAsStringAsync(Cancel), Cancel);
        await using var lab = await MeshConsoleProcess.StartZoneAsync(
            folder, "lab", null, "--global", $"grpcs://localhost:{killed.KdsPort}", "--token-file", folder.Combine("lab.token"), "--ca-file", folder.Combine("global", "tls", "ca.crt"));
        await Eventually.TrueAsync(async () => await StateAsync(other.Http) == "online", "online, says the other", Cancel);
        await killed.KillAsync();
        await Eventually.TrueAsync(async () => await StateAsync(other.Http) == "offline", "offline, says the other", Cancel);
        await Eventually.TrueAsync(
            async () => JsonElement.Parse(await other.Http.GetByteArrayAsync(new Uri("/zones+insights/lab", UriKind.Relative), Cancel))
                .GetProperty("zoneInsight").GetProperty("subscriptions").EnumerateArray().Last().TryGetProperty("disconnectTime", out _),
            "its subscription is closed",
            Cancel);
    }

    private static async Task<ResourceKey> PutAsync(ControlPlaneUnderTest at, string name)
    {
        var body = $$$"""{"type":"MeshTrafficPermission","mesh":"default","name":"{{{name}}}","spec":{"targetRef":{"kind":"Mesh"},"from":[{"targetRef":{"kind":"Mesh"},"default":{"action":"Allow"}}]}}""";
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await at.Client.PutAsync(new Uri($"/meshes/default/meshtrafficpermissions/{name}", UriKind.Relative), content, Cancel);
        answer.EnsureSuccessStatusCode();
        return new ResourceKey("MeshTrafficPermission", "default", name);
    }

    private static Task<string> StateAsync(ControlPlaneUnderTest at) => StateAsync(at.Client);

    private static async Task<string> StateAsync(HttpClient at)
    {
        using var answer = await at.GetAsync(new Uri("/zones/lab/_state", UriKind.Relative), Cancel);
        return answer.IsSuccessStatusCode ? JsonElement.Parse(await answer.Content.ReadAsByteArrayAsync(Cancel)).GetProperty("state").GetString()! : "";
    }

    private static Task UntilAsync(Func<bool> fits, string what) => Eventually.TrueAsync(() => Task.FromResult(fits()), what, Cancel);

    /// <summary>A zone that holds what it is sent, offers one data plane and answers every request with the request itself.</summary>
    private sealed class Zone : IAsyncDisposable
    {
        private readonly GrpcChannel channel;
        private readonly CancellationTokenSource ending = new();
        private readonly HashSet<string> arrived = [];
        private readonly List<Task> running = [];
        private readonly Metadata headers;
        private Task<RpcException> down = null!;

        private Zone(GrpcChannel channel, Metadata headers)
        {
            this.channel = channel;
            this.headers = headers;
        }

        /// <summary>What it answers instead.</summary>
        public string? Error { get; set; }

        public static async Task<Zone> ConnectAsync(ControlPlaneUnderTest global, string name)
        {
            using var content = new StringContent($$"""{"zone":"{{name}}","scope":["cp"],"validFor":"1h"}""", Encoding.UTF8, "application/json");
            using var token = await global.Client.PostAsync(new Uri("/tokens/zone", UriKind.Relative), content, Cancel);
            var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = false };
#pragma warning disable CA5359 // who answers is not what is tested
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
            var channel = GrpcChannel.ForAddress($"https://localhost:{global.KdsPort}", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
            var zone = new Zone(channel, new Metadata
            {
                { "client-id", name },
                { "features", KdsFeatures.HashSuffix },
                { "authorization", "Bearer " + await token.Content.ReadAsStringAsync(Cancel) },
            });
            await zone.StartAsync(name);
            await UntilAsync(
                () => global.Store.World.Value.Find("ZoneInsight", name) is not null
                    && global.Insight(name).KdsStreams is { Clusters: not null, Stats: not null, ConfigDump: not null } && global.Insight(name).Subscriptions.Count > 0
                    && global.Store.World.Value.Count("Dataplane") == 1,
                $"zone {name} is connected");
            return zone;
        }

        public Task ArrivedAsync(string name) => UntilAsync(
            () =>
            {
                lock (arrived)
                {
                    return arrived.Contains(name);
                }
            },
            $"{name} in the zone");

        public Task<RpcException> EndAsync() => down.WaitAsync(Limit, Cancel);

        public async ValueTask DisposeAsync()
        {
            await ending.CancelAsync();
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            channel.Dispose();
            ending.Dispose();
        }

        private async Task StartAsync(string name)
        {
            var sync = new KDSSyncService.KDSSyncServiceClient(channel);
            var admin = new GlobalKDSService.GlobalKDSServiceClient(channel);
            var token = ending.Token;
            down = HoldAsync(name, sync.GlobalToZoneSync(headers, cancellationToken: token));
            running.Add(down);
            var up = sync.ZoneToGlobalSync(headers, cancellationToken: token);
            await up.RequestStream.WriteAsync(Offer(name), token);
            running.Add(ReadAsync(up.ResponseStream, _ => Task.CompletedTask));
            var configs = admin.StreamXDSConfigs(headers, cancellationToken: token);
            running.Add(ReadAsync(configs.ResponseStream, r => configs.RequestStream.WriteAsync(
                Error is null ? new XDSConfigResponse { RequestId = r.RequestId, Config = Echo("config", r) } : new XDSConfigResponse { RequestId = r.RequestId, Error = Error }, token)));
            var stats = admin.StreamStats(headers, cancellationToken: token);
            running.Add(ReadAsync(stats.ResponseStream, r => stats.RequestStream.WriteAsync(new StatsResponse { RequestId = r.RequestId, Stats = Echo("stats", r) }, token)));
            var clusters = admin.StreamClusters(headers, cancellationToken: token);
            running.Add(ReadAsync(clusters.ResponseStream, r => clusters.RequestStream.WriteAsync(new ClustersResponse { RequestId = r.RequestId, Clusters = Echo("clusters", r) }, token)));
        }

        private static Google.Protobuf.ByteString Echo(string what, Google.Protobuf.IMessage request)
        {
            request.Descriptor.FindFieldByName("request_id").Accessor.SetValue(request, "id");
            return Google.Protobuf.ByteString.CopyFromUtf8($"{what} Dataplane/default/api-1 {request}");
        }

        private static DeltaDiscoveryResponse Offer(string name)
        {
            var resource = new KumaResource
            {
                Meta = new KumaResource.Types.Meta { Name = "api-1-hash", Mesh = "default", Labels = { ["kuma.io/display-name"] = "api-1", ["kuma.io/zone"] = name, ["kuma.io/origin"] = "zone" } },
                Spec = Google.Protobuf.WellKnownTypes.Any.Pack(new Dataplane
                {
                    Networking = new() { Address = "10.0.0.1", Inbound = { new Dataplane.Types.Networking.Types.Inbound { Port = 80, Tags = { ["kuma.io/service"] = "api" } } } },
                }),
            };
            return new DeltaDiscoveryResponse
            {
                TypeUrl = "Dataplane",
                Nonce = "1",
                Resources = { new Protos.Envoy.Discovery.Resource { Name = "api-1-hash.default", Resource_ = Google.Protobuf.WellKnownTypes.Any.Pack(resource) } },
            };
        }

        private async Task<RpcException> HoldAsync(string name, AsyncDuplexStreamingCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse> call)
        {
            try
            {
                await call.RequestStream.WriteAsync(new DeltaDiscoveryRequest { Node = new Node { Id = name, Metadata = PeerFacts.None.Write() }, TypeUrl = "MeshTrafficPermission" }, ending.Token);
                while (await call.ResponseStream.MoveNext(ending.Token))
                {
                    var response = call.ResponseStream.Current;
                    foreach (var wire in response.Resources)
                    {
                        var meta = KumaResource.Parser.ParseFrom(wire.Resource_.Value).Meta;
                        lock (arrived)
                        {
                            arrived.Add(meta.Labels.TryGetValue("kuma.io/display-name", out var display) ? display : meta.Name);
                        }
                    }

                    await call.RequestStream.WriteAsync(new DeltaDiscoveryRequest { Node = new Node { Id = name }, TypeUrl = response.TypeUrl, ResponseNonce = response.Nonce }, ending.Token);
                }
            }
            catch (RpcException e)
            {
                return e;
            }

            return new RpcException(Status.DefaultSuccess);
        }

        private async Task ReadAsync<T>(IAsyncStreamReader<T> stream, Func<T, Task> answer)
        {
            try
            {
                while (await stream.MoveNext(ending.Token))
                {
                    await answer(stream.Current);
                }
            }
            catch (RpcException e) when (ending.IsCancellationRequested || e.StatusCode == StatusCode.Unavailable)
            {
                // The connection has ended.
            }
        }
    }
}
