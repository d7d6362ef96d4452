using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using MeshConsole.ControlPlane.Delivery;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Policies;
using MeshConsole.Protos.Envoy.Core;
using MeshConsole.Protos.Envoy.Discovery;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;
using MeshConsole.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Resource = MeshConsole.Shared.Resource;

namespace MeshConsole.ControlPlane.Tests.Kds;

/// <summary>Waiting without sleeping.</summary>
internal static class Waiting
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60); // never waited for when all is well; the machine may be busy

    /// <summary>The first value that fits; fails with what was seen last when none comes in time.</summary>
    public static async Task<T> UntilAsync<T>(this Live<T> live, Func<T, bool> fits, string what = "the expected state")
        where T : class
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        var seen = live.Value;
        try
        {
            while (!fits(seen))
            {
                seen = await live.NextAsync(seen, limit.Token);
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Did not see {what} within {Limit.TotalSeconds:0} s.");
        }

        return seen;
    }
}

/// <summary>The kinds that tests run with: all that the product knows.</summary>
internal static class TestKinds
{
    public static KindRegistry All { get; } = new([.. CoreKinds.All, .. PolicyKinds.All]);

    public static Resource Make(string kind, string mesh, string name, string spec, params (string Key, string Value)[] labels) => new()
    {
        Kind = All[kind],
        Mesh = mesh,
        Name = name,
        Spec = JsonBody.FromText(spec),
        Labels = Labels.None.SetItems(labels.Select(l => KeyValuePair.Create(l.Key, l.Value))),
    };

    public static Resource Permission(string name, string mesh = "default", string action = "Allow", params (string Key, string Value)[] labels) => Make(
        "MeshTrafficPermission",
        mesh,
        name,
        """{"targetRef":{"kind":"Mesh"},"from":[{"targetRef":{"kind":"Mesh"},"default":{"action":"ACTION"}}]}""".Replace("ACTION", action, StringComparison.Ordinal),
        labels);
}

/// <summary>A global control plane's KDS on a real socket with a real store.</summary>
internal sealed class GlobalNode : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly bool ownsFolder;

    private GlobalNode(WebApplication app, TempFolder folder, bool ownsFolder, int port, bool tls)
    {
        this.app = app;
        this.ownsFolder = ownsFolder;
        Folder = folder;
        Port = port;
        Address = $"{(tls ? "grpcs" : "grpc")}://127.0.0.1:{port}";
    }

    public TempFolder Folder { get; }

    public int Port { get; }

    public string Address { get; }

    public ResourceStore Store => app.Services.GetRequiredService<ResourceStore>();

    public World World => Store.World.Value;

    public ZoneLinks Links => app.Services.GetRequiredService<ZoneLinks>();

    public ZoneSessions Sessions => app.Services.GetRequiredService<ZoneSessions>();

    public DeliveryLedger Ledger => app.Services.GetRequiredService<DeliveryLedger>();

    public ProxyRequests Proxies => app.Services.GetRequiredService<ProxyRequests>();

    public ZoneAdmission Admission => app.Services.GetRequiredService<ZoneAdmission>();

    public static async Task<GlobalNode> StartAsync(KdsOptions? options = null, X509Certificate2? certificate = null, TempFolder? folder = null, int port = 0, TimeProvider? time = null, StoreOptions? storeOptions = null, string instance = "global-0001", LogBook? logs = null, Action<KestrelServerOptions>? kestrel = null, ZoneTokenCheck? tokens = null, Func<StoreDatabase, StoreDatabase>? database = null)
    {
        var own = folder ?? new TempFolder();
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = own.Path });
        builder.Logging.ClearProviders();
        if (logs is not null)
        {
            builder.Logging.AddProvider(logs);
        }

        builder.WebHost.ConfigureKestrel(k =>
        {
            k.ConfigureKds();
            kestrel?.Invoke(k);
            k.Listen(IPAddress.Loopback, port, o =>
            {
                o.UseKds();
                if (certificate is not null)
                {
                    o.UseHttps(certificate);
                }
            });
        });
        var stored = storeOptions ?? new StoreOptions();
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddSingleton(TestKinds.All);
        builder.Services.AddSingleton(Site.Global);
        builder.Services.AddStore(stored, own.Path);
        builder.Services.AddSingleton(new KdsIdentity(instance));
        builder.Services.AddSingleton(options ?? new KdsOptions());
        if (database is not null)
        {
            var codec = new RowCodec(TestKinds.All, SecretBox.FromFile(own.Combine("secret.key")));
            var behind = database(stored.IsPostgres ? new PostgresDatabase(stored.ConnectionString) : new SqliteDatabase(stored.SqliteConnectionString(own.Path)));
            builder.Services.AddSingleton(new ResourceStore(behind, StoreContextFactory.For(stored, own.Path), codec, stored, time ?? TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<ResourceStore>.Instance));
        }

        builder.Services.AddSingleton(tokens ?? ((zone, token) => ValueTask.FromResult(token == $"token-{zone}" ? null : $"the token is not good for zone {zone}")));
        builder.Services.AddHostedService<StoreStart>();
        builder.Services.AddKdsServer();
        var app = builder.Build();
        app.MapKds(_ => { });
        await app.StartAsync(TestContext.Current.CancellationToken);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new GlobalNode(app, own, folder is null, new Uri(address).Port, certificate is not null);
    }

    public async Task<Resource> PutAsync(Resource resource) =>
        await Store.CommitAsync(Actor.System, t => t.Put(resource, history: true), TestContext.Current.CancellationToken);

    public async Task<long> DeleteAsync(string kind, string mesh, string name) =>
        await Store.CommitAsync(Actor.System, t => t.Delete(new ResourceKey(kind, mesh, name), history: true) is null ? 0 : t.World.Revision, TestContext.Current.CancellationToken);

    public MeshConsole.Protos.Kuma.System.ZoneInsight? Insight(string zone) =>
        World.Find("ZoneInsight", zone) is { } resource ? ((ZoneInsightKind)resource.Kind).Spec(resource) : null;

    public async Task<MeshConsole.Protos.Kuma.System.ZoneInsight> InsightAsync(string zone, Func<MeshConsole.Protos.Kuma.System.ZoneInsight, bool> fits)
    {
        await Store.World.UntilAsync(_ => Insight(zone) is { } i && fits(i), $"the insight of {zone}");
        return Insight(zone)!;
    }

    public Task WriteDeliverySumsAsync() => app.Services.GetRequiredService<DeliverySums>().WriteAsync(TestContext.Current.CancellationToken);

    public Task WaitAsync(Func<World, bool> fits, string what = "the expected resources at global") => Store.World.UntilAsync(fits, what);

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
        if (ownsFolder)
        {
            Folder.Dispose();
        }
    }
}

/// <summary>Opens the store before all else.</summary>
internal sealed class StoreStart(ResourceStore store) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => store.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>A real zone: our client with a store of its own.</summary>
internal sealed class ZoneNode : IAsyncDisposable
{
    private readonly IHost host;
    private readonly bool ownsFolder;

    private ZoneNode(IHost host, string name, TempFolder folder, bool ownsFolder)
    {
        this.host = host;
        this.ownsFolder = ownsFolder;
        Name = name;
        Folder = folder;
    }

    public string Name { get; }

    public TempFolder Folder { get; }

    public ResourceStore Store => host.Services.GetRequiredService<ResourceStore>();

    public World World => Store.World.Value;

    public GlobalLink Link => host.Services.GetRequiredService<GlobalLink>();

    public static async Task<ZoneNode> StartAsync(string name, string global, Func<KdsClientOptions, KdsClientOptions>? change = null, TempFolder? folder = null, ProxyAnswers? answers = null, LogBook? logs = null, TimeProvider? time = null)
    {
        var own = folder ?? new TempFolder();
        var token = own.Combine("token");
        await File.WriteAllTextAsync(token, $"token-{name}\n", TestContext.Current.CancellationToken);
        var options = new KdsClientOptions { Address = global, TokenFile = token, BackoffBase = TimeSpan.FromMilliseconds(50), BackoffLimit = TimeSpan.FromMilliseconds(200) };
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = own.Path });
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddSingleton(TestKinds.All);
        builder.Services.AddSingleton(new Site(SiteMode.Zone, name, Federated: true));
        builder.Services.AddLogging(l =>
        {
            if (logs is not null)
            {
                l.AddProvider(logs);
            }
        });
        builder.Services.AddStore(new StoreOptions(), own.Path);
        builder.Services.AddSingleton(new KdsIdentity($"{name}-0001", Config: """{"mode":"zone","environment":"universal","store":{"type":"sqlite"}}"""));
        builder.Services.AddHostedService<StoreStart>();
        if (answers is not null)
        {
            builder.Services.AddSingleton(answers);
        }

        builder.Services.AddKdsClient(change is null ? options : change(options));
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new ZoneNode(host, name, own, folder is null);
    }

    public Task ConnectedAsync() => Link.State.UntilAsync(s => s.Connected, $"zone {Name} connected");

    public Task WaitAsync(Func<World, bool> fits, string what = "the expected resources in the zone") => Store.World.UntilAsync(fits, what);

    public async Task<Resource> PutAsync(Resource resource) =>
        await Store.CommitAsync(Actor.System, t => t.Put(resource, history: true), TestContext.Current.CancellationToken);

    public async Task DeleteAsync(string kind, string mesh, string name) =>
        await Store.CommitAsync(Actor.System, t => t.Delete(new ResourceKey(kind, mesh, name), history: true), TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync(CancellationToken.None);
        if (host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }

        if (ownsFolder)
        {
            Folder.Dispose();
        }
    }
}

/// <summary>A zone that says what a test tells it to: raw messages on a connection of its own.</summary>
internal sealed class ScriptedZone : IAsyncDisposable
{
    public const string AllFeatures = "zone-ping-health,hash-suffix";
    private readonly GrpcChannel channel;
    private readonly List<IDisposable> calls = [];

    public ScriptedZone(string name, string address, string? token = "", string? features = AllFeatures, params (string, string)[] headers)
    {
        Name = name;
        var uri = new Uri(address);
        channel = GrpcChannel.ForAddress($"http://127.0.0.1:{uri.Port}", new GrpcChannelOptions
        {
            HttpHandler = new Recorder(Encodings),
            DisposeHttpClient = true,
            MaxReceiveMessageSize = 10_485_760,
            MaxSendMessageSize = null,
        });
        Headers = [];
        if (name.Length > 0)
        {
            Headers.Add("client-id", name);
        }

        Headers.Add("version", "2.14.3");
        Headers.Add("kds-version", "v3");
        if (features is not null)
        {
            Headers.Add("features", features);
        }

        if (token is not null)
        {
            Headers.Add("authorization", "Bearer " + (token.Length == 0 ? $"token-{name}" : token));
        }

        foreach (var (key, value) in headers)
        {
            Headers.Add(key, value);
        }

        Sync = new KDSSyncService.KDSSyncServiceClient(channel);
        Global = new GlobalKDSService.GlobalKDSServiceClient(channel);
    }

    public string Name { get; }

    /// <summary>The header <c>grpc-encoding</c> of each answer so far.</summary>
    public List<string> Encodings { get; } = [];

    public Metadata Headers { get; }

    public KDSSyncService.KDSSyncServiceClient Sync { get; }

    public GlobalKDSService.GlobalKDSServiceClient Global { get; }

    public Down OpenDown(params string[] nodeFeatures)
    {
        var call = Sync.GlobalToZoneSync(Headers, cancellationToken: TestContext.Current.CancellationToken);
        calls.Add(call);
        return new Down(this, call, nodeFeatures.Length == 0 ? [.. KdsFeatures.Ours] : nodeFeatures);
    }

    /// <summary>One health check.</summary>
    public Task<ZoneHealthCheckResponse> PingAsync() =>
        Global.HealthCheckAsync(new ZoneHealthCheckRequest(), Headers, cancellationToken: TestContext.Current.CancellationToken).ResponseAsync;

    public AsyncDuplexStreamingCall<ClustersResponse, ClustersRequest> OpenClusters() => Global.StreamClusters(Headers, cancellationToken: TestContext.Current.CancellationToken);

    public AsyncDuplexStreamingCall<StatsResponse, StatsRequest> OpenStats() => Global.StreamStats(Headers, cancellationToken: TestContext.Current.CancellationToken);

    public AsyncDuplexStreamingCall<XDSConfigResponse, XDSConfigRequest> OpenConfigs() => Global.StreamXDSConfigs(Headers, cancellationToken: TestContext.Current.CancellationToken);

    public Up OpenUp()
    {
        var call = Sync.ZoneToGlobalSync(Headers, cancellationToken: TestContext.Current.CancellationToken);
        calls.Add(call);
        return new Up(this, call);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var call in calls)
        {
            call.Dispose();
        }

        channel.Dispose();
        await ValueTask.CompletedTask;
    }

    private sealed class Recorder(List<string> encodings) : DelegatingHandler(new SocketsHttpHandler { EnableMultipleHttp2Connections = false })
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            lock (encodings)
            {
                encodings.Add(response.Headers.TryGetValues("grpc-encoding", out var values) ? values.Single() : "");
            }

            return response;
        }
    }

    private static async Task<T?> NextAsync<T>(IAsyncStreamReader<T> stream, TimeSpan? limit = null)
        where T : class
    {
        var moved = await stream.MoveNext(TestContext.Current.CancellationToken).WaitAsync(limit ?? Waiting.Limit, TestContext.Current.CancellationToken);
        return moved ? stream.Current : null;
    }

    /// <summary>The stream from global, as a zone holds it.</summary>
    internal sealed class Down(ScriptedZone zone, AsyncDuplexStreamingCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse> call, string[] features)
    {
        private readonly Queue<DeltaDiscoveryResponse> kept = new();

        public AsyncDuplexStreamingCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse> Call => call;

        public Task SendAsync(DeltaDiscoveryRequest request) => call.RequestStream.WriteAsync(request, TestContext.Current.CancellationToken);

        public Task AskAsync(string type) => SendAsync(new DeltaDiscoveryRequest
        {
            Node = new Node
            {
                Id = zone.Name,
                Metadata = new PeerFacts([.. features], "2.14.3", "v2.14.3", "abc", "today", """{"store":{"type":"memory"}}""", zone.Name + "-cp-1").Write(),
            },
            TypeUrl = type,
            ResourceNamesSubscribe = { "*" },
        });

        /// <summary>Asks, takes the first answer and acknowledges it.</summary>
        public async Task<DeltaDiscoveryResponse> SubscribeAsync(string type)
        {
            await AskAsync(type);
            var response = await NextAsync(type);
            await AckAsync(response);
            return response;
        }

        /// <summary>The next response of a type; those of other types are kept for later calls.</summary>
        public async Task<DeltaDiscoveryResponse> NextAsync(string? type = null)
        {
            for (var i = kept.Count; i > 0; i--)
            {
                var response = kept.Dequeue();
                if (type is null || response.TypeUrl == type)
                {
                    return response;
                }

                kept.Enqueue(response);
            }

            while (true)
            {
                var response = await ScriptedZone.NextAsync(call.ResponseStream) ?? throw new InvalidOperationException("The stream ended.");
                if (type is null || response.TypeUrl == type)
                {
                    return response;
                }

                kept.Enqueue(response);
            }
        }

        public Task AckAsync(DeltaDiscoveryResponse response) => SendAsync(
            new DeltaDiscoveryRequest { Node = new Node { Id = zone.Name }, TypeUrl = response.TypeUrl, ResponseNonce = response.Nonce });

        public Task NackAsync(DeltaDiscoveryResponse response, string text) => SendAsync(
            new DeltaDiscoveryRequest
            {
                Node = new Node { Id = zone.Name },
                TypeUrl = response.TypeUrl,
                ResponseNonce = response.Nonce,
                ResourceNamesSubscribe = { "*" },
                ErrorDetail = new Protos.Rpc.Status { Message = text },
            });

        /// <summary>
        /// Proves that nothing more was sent of a type: asks for a type nobody knows and sees its empty answer come first.
        /// </summary>
        public async Task NothingMoreAsync(string marker)
        {
            await AskAsync(marker);
            var next = await NextAsync();
            Assert.Equal(marker, next.TypeUrl);
        }

        /// <summary>How the stream ends.</summary>
        public async Task<RpcException> EndAsync()
        {
            try
            {
                while (await ScriptedZone.NextAsync(call.ResponseStream) is not null)
                {
                }
            }
            catch (RpcException e)
            {
                return e;
            }

            return new RpcException(new Status(StatusCode.OK, ""));
        }
    }

    /// <summary>The stream to global, as a zone holds it.</summary>
    internal sealed class Up(ScriptedZone zone, AsyncDuplexStreamingCall<DeltaDiscoveryResponse, DeltaDiscoveryRequest> call)
    {
        private int nonce;

        public AsyncDuplexStreamingCall<DeltaDiscoveryResponse, DeltaDiscoveryRequest> Call => call;

        public async Task<DeltaDiscoveryRequest> NextAsync(Func<DeltaDiscoveryRequest, bool>? fits = null)
        {
            while (true)
            {
                var request = await ScriptedZone.NextAsync(call.ResponseStream) ?? throw new InvalidOperationException("The stream ended.");
                if (fits is null || fits(request))
                {
                    return request;
                }
            }
        }

        /// <summary>Sends a response and returns what global says to it.</summary>
        public async Task<DeltaDiscoveryRequest> SendAsync(string type, IEnumerable<Protos.Envoy.Discovery.Resource> resources, params string[] removed)
        {
            var response = new DeltaDiscoveryResponse
            {
                TypeUrl = type,
                Nonce = (++nonce).ToString(System.Globalization.CultureInfo.InvariantCulture),
                ControlPlane = new Protos.Envoy.Core.ControlPlane { Identifier = zone.Name },
                Resources = { resources },
                RemovedResources = { removed },
            };
            await call.RequestStream.WriteAsync(response, TestContext.Current.CancellationToken);
            return await NextAsync(r => r.TypeUrl == type && r.ResponseNonce == response.Nonce);
        }

        public async Task<RpcException> EndAsync()
        {
            try
            {
                while (await ScriptedZone.NextAsync(call.ResponseStream) is not null)
                {
                }
            }
            catch (RpcException e)
            {
                return e;
            }

            return new RpcException(new Status(StatusCode.OK, ""));
        }
    }
}

/// <summary>Messages as a zone makes them.</summary>
internal static class Wire
{
    /// <summary>What our own zone would send for a resource.</summary>
    public static Protos.Envoy.Discovery.Resource From(string zone, Resource resource) =>
        new UpView(zone).Project(resource, World.Empty).Item!.Message;

    public static Protos.Envoy.Discovery.Resource Raw(string name, string mesh, Google.Protobuf.WellKnownTypes.Any? spec, params (string Key, string Value)[] labels)
    {
        var kuma = new KumaResource { Meta = new KumaResource.Types.Meta { Name = name, Mesh = mesh } };
        foreach (var (key, value) in labels)
        {
            kuma.Meta.Labels[key] = value;
        }

        if (spec is not null)
        {
            kuma.Spec = spec;
        }

        return new Protos.Envoy.Discovery.Resource
        {
            Name = KdsName.Join(name, mesh),
            Version = "v",
            Resource_ = new Google.Protobuf.WellKnownTypes.Any { TypeUrl = "type.googleapis.com/kuma.mesh.v1alpha1.KumaResource", Value = Google.Protobuf.MessageExtensions.ToByteString(kuma) },
        };
    }

    public static KumaResource Read(Protos.Envoy.Discovery.Resource resource) => KumaResource.Parser.ParseFrom(resource.Resource_.Value);

    public static IEnumerable<string> Names(DeltaDiscoveryResponse response) => response.Resources.Select(r => r.Name);
}

/// <summary>Certificates for tests.</summary>
internal static class TestCertificates
{
    public static (X509Certificate2 Server, X509Certificate2 Ca) Create(string host = "127.0.0.1")
    {
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var caRequest = new CertificateRequest("CN=test-ca", caKey, HashAlgorithmName.SHA256);
        caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var ca = caRequest.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(10));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=global", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out var ip))
        {
            names.AddIpAddress(ip);
        }
        else
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(ca, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(5), [1, 2, 3, 4]);
        return (signed.CopyWithPrivateKey(key), ca);
    }
}
