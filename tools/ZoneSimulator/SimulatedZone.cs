using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Threading.Channels;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.Protos.Envoy.Core;
using MeshConsole.Protos.Envoy.Discovery;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;
using WireResource = MeshConsole.Protos.Envoy.Discovery.Resource;

namespace MeshConsole.ZoneSimulator;

/// <summary>One resource as a simulated zone holds it.</summary>
/// <param name="Version">Version on the wire.</param>
/// <param name="DisplayName">The name a person gave.</param>
/// <param name="Spec">Spec as sent.</param>
/// <param name="At">When it arrived, <see cref="Stopwatch"/> ticks.</param>
public sealed record HeldResource(string Version, string DisplayName, ByteString Spec, long At);

/// <summary>
/// A zone that speaks the wire protocol with code of its own, so that it finds mistakes which both our sides would share. It
/// holds what it is sent, offers data planes, an ingress and services, and misbehaves as its <see cref="Faults"/> say.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no handle.")]
public sealed class SimulatedZone : IAsyncDisposable
{
    private readonly string[] types;
    private readonly string? token;
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, HeldResource>> held = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, List<WireResource>> own = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource stopping = new();
    private readonly Uri address;
    private readonly Func<HttpMessageHandler> handler;
    private readonly ConcurrentQueue<LinkStream> dead = new();
    private CancellationTokenSource? connection;
    private TaskCompletionSource? leave;
    private LinkStream? link;
    private Channel<DeltaDiscoveryResponse>? offers;
    private long nonce;
    private Task? loop;

    /// <summary>Makes a zone; <see cref="Start"/> connects it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="address">Global, <c>grpc://</c> or <c>grpcs://</c>; certificates are not checked.</param>
    /// <param name="token">Its zone token, or null.</param>
    /// <param name="types">Types it asks for; null for Mesh, Secret, policies and what other zones offer.</param>
    public SimulatedZone(string name, string address, string? token = null, IEnumerable<string>? types = null)
    {
        Name = name;
        this.token = token;
        this.address = new Uri(address);
        this.types = types is null ? [.. DefaultTypes] : [.. types];
        handler = () =>
        {
            var sockets = new SocketsHttpHandler
            {
                EnableMultipleHttp2Connections = false,
                KeepAlivePingDelay = TimeSpan.FromSeconds(20),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
                ConnectCallback = DialAsync,
            };
            if (this.address.Scheme == "grpcs")
            {
#pragma warning disable CA5359 // a tool for tests and trials
                sockets.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
            }

            return sockets;
        };
    }

    /// <summary>The types that are asked for unless told otherwise.</summary>
    public static IReadOnlyList<string> DefaultTypes { get; } =
    [
        "Mesh", "Secret", "GlobalSecret", "ZoneIngress", "MeshService", "MeshMultiZoneService", "MeshExternalService", "MeshHTTPRoute", "MeshTCPRoute",
        "MeshTrafficPermission", "MeshTimeout", "MeshRetry", "MeshCircuitBreaker", "MeshHealthCheck", "MeshFaultInjection", "MeshRateLimit",
    ];

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>How it misbehaves.</summary>
    public Faults Faults { get; } = new();

    /// <summary>Called for each resource that arrives and is accepted, on the reading thread.</summary>
    public Action<SimulatedZone, string, HeldResource>? Arrived { get; set; }

    /// <summary>How often it connected.</summary>
    public int Connections { get; private set; }

    /// <summary>Responses it received.</summary>
    public long Received { get; private set; }

    /// <summary>Refusals that global sent for what the zone offered.</summary>
    public ConcurrentQueue<string> Refusals { get; } = new();

    /// <summary>Why it is not connected, or null.</summary>
    public string? Problem { get; private set; }

    /// <summary>The types whose first answer has arrived on the present connection.</summary>
    public ConcurrentDictionary<string, bool> Complete { get; } = new(StringComparer.Ordinal);

    /// <summary>True when every type it asked for has been answered on the present connection.</summary>
    public bool IsComplete => Complete.Count == types.Length;

    /// <summary>What it holds of a type, by wire name.</summary>
    public IReadOnlyDictionary<string, HeldResource> Of(string type) => held.GetOrAdd(type, _ => new(StringComparer.Ordinal));

    /// <summary>Connects, and again whenever the connection ends.</summary>
    public void Start() => loop = Task.Run(RunAsync);

    /// <summary>Offers data planes, an ingress with services and an egress, each with the insight of a proxy that is online.</summary>
    public void Populate(int dataplanes, string mesh = "default")
    {
        var now = DateTimeOffset.UtcNow + Faults.ClockSkew;
        var planes = new List<WireResource>();
        var insights = new List<WireResource>();
        for (var i = 0; i < dataplanes; i++)
        {
            var name = $"{Name}-dp-{i}";
            planes.Add(Make(mesh, name, new Dataplane
            {
                Networking = new()
                {
                    Address = $"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}",
                    Inbound = { new Dataplane.Types.Networking.Types.Inbound { Port = 8080, Tags = { ["kuma.io/service"] = $"svc-{i % 10}", ["kuma.io/protocol"] = "http", ["kuma.io/zone"] = Faults.ClaimsZone ?? Name } } },
                },
            }));
            insights.Add(Make(mesh, name, new DataplaneInsight { Subscriptions = { Online(now) } }));
        }

        own["Dataplane"] = planes;
        own["DataplaneInsight"] = insights;
        own["ZoneIngress"] =
        [
            Make("", Name + "-ingress", new ZoneIngress
            {
                Networking = new() { Address = "10.0.0.1", Port = 10001, AdvertisedAddress = "192.0.2.1", AdvertisedPort = 10001 },
                AvailableServices = { Enumerable.Range(0, Math.Min(10, dataplanes)).Select(i => new ZoneIngress.Types.AvailableService { Mesh = mesh, Instances = 1, Tags = { ["kuma.io/service"] = $"svc-{i}" } }) },
            }),
        ];
        own["ZoneIngressInsight"] = [Make("", Name + "-ingress", new ZoneIngressInsight { Subscriptions = { Online(now) } })];
        own["ZoneEgress"] = [Make("", Name + "-egress", new ZoneEgress { Networking = new() { Address = "10.0.0.2", Port = 10002 } })];
        own["ZoneEgressInsight"] = [Make("", Name + "-egress", new ZoneEgressInsight { Subscriptions = { Online(now) } })];
        foreach (var type in own.Keys)
        {
            Offer(type, own[type]);
        }
    }

    /// <summary>Takes a resource back that it offered, and says so on the present connection.</summary>
    public void Withdraw(string type, string mesh, string name)
    {
        var wire = KdsName.Join(KdsName.Hash(mesh, name, LabelsOf(mesh, name)), mesh);
        if (own.TryGetValue(type, out var offered))
        {
            own[type] = [.. offered.Where(r => r.Name != wire)];
        }

        Offer(type, [], wire);
    }

    /// <summary>Sends one response for a type on the present connection; without effect while it is not connected.</summary>
    public void Offer(string type, IEnumerable<WireResource> resources, params string[] removed) => offers?.Writer.TryWrite(new DeltaDiscoveryResponse
    {
        TypeUrl = type,
        Nonce = Interlocked.Increment(ref nonce).ToString(System.Globalization.CultureInfo.InvariantCulture),
        ControlPlane = new Protos.Envoy.Core.ControlPlane { Identifier = Name },
        Resources = { resources },
        RemovedResources = { removed },
    });

    /// <summary>Breaks the present connection off; it comes back by itself.</summary>
    public void Drop() => connection?.Cancel();

    /// <summary>Says goodbye on the present connection: both streams end in good order. It comes back by itself.</summary>
    public void Leave() => leave?.TrySetResult();

    /// <summary>
    /// Leaves the present connection half-open: global is not told, its socket stays, and nothing ever comes from it again. The
    /// zone connects anew meanwhile, as one that was started again after its machine lost power.
    /// </summary>
    public void LoseConnection()
    {
        if (Interlocked.Exchange(ref link, null) is { } lost)
        {
            lost.Die();
            dead.Enqueue(lost);
        }

        Drop();
    }

    /// <summary>Encodes a resource of this zone.</summary>
    public WireResource Make(string mesh, string name, IMessage spec)
    {
        var labels = LabelsOf(mesh, name);
        var hashed = KdsName.Hash(mesh, name, labels);
        var resource = new KumaResource
        {
            Meta = new KumaResource.Types.Meta { Name = hashed, Mesh = mesh },
            Spec = new Any { TypeUrl = "type.googleapis.com/" + spec.Descriptor.FullName, Value = spec.ToByteString() },
        };
        foreach (var (key, value) in labels)
        {
            resource.Meta.Labels[key] = value;
        }

        var bytes = resource.ToByteArray();
        return new WireResource
        {
            Name = KdsName.Join(hashed, mesh),
            Version = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)),
            Resource_ = new Any { TypeUrl = "type.googleapis.com/kuma.mesh.v1alpha1.KumaResource", Value = UnsafeByteOperations.UnsafeWrap(bytes) },
        };
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (stopping.IsCancellationRequested)
        {
            return; // gone already
        }

        await stopping.CancelAsync().ConfigureAwait(false);
        if (loop is not null)
        {
            await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        while (dead.TryDequeue(out var lost))
        {
            lost.Bury();
        }
    }

    private async ValueTask<Stream> DialAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken).ConfigureAwait(false);
            return link = new LinkStream(socket, Faults.Link);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private DiscoverySubscription Online(DateTimeOffset now) => new()
    {
        Id = Guid.NewGuid().ToString(),
        ControlPlaneInstanceId = Name + "-cp",
        ConnectTime = Timestamp.FromDateTimeOffset(now),
        Status = new() { LastUpdateTime = Timestamp.FromDateTimeOffset(now), Total = new() { ResponsesSent = 4, ResponsesAcknowledged = 4 } },
        Version = new() { KumaDp = new() { Version = "2.14.3" }, Envoy = new() { Version = "1.36.0" } },
    };

    private System.Collections.Immutable.ImmutableSortedDictionary<string, string> LabelsOf(string mesh, string name)
    {
        var labels = Labels.None.SetItem(Labels.DisplayName, name).SetItem(Labels.Origin, "zone").SetItem(Labels.Zone, Faults.ClaimsZone ?? Name);
        return mesh.Length > 0 ? labels.SetItem(Labels.Mesh, mesh) : labels;
    }

    private async Task RunAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
            connection = ending;
            try
            {
                await ConnectAsync(ending.Token).ConfigureAwait(false);
                Problem = "global ended the connection";
            }
            catch (RpcException e)
            {
                Problem = $"{e.StatusCode}: {e.Status.Detail}";
            }
            catch (OperationCanceledException)
            {
                Problem = "dropped";
            }
            catch (Exception e) when (e is IOException or HttpRequestException or InvalidOperationException)
            {
                Problem = e.Message;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20 + Random.Shared.Next(80)), stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(
            new UriBuilder(address.Scheme == "grpcs" ? "https" : "http", address.Host, address.Port).Uri,
            new GrpcChannelOptions { HttpHandler = handler(), DisposeHttpClient = true, MaxReceiveMessageSize = 10_485_760 });
        var client = new KDSSyncService.KDSSyncServiceClient(channel);
        var headers = new Metadata { { "client-id", Name }, { "version", "2.14.3" }, { "kds-version", "v3" }, { "features", KdsFeatures.HashSuffix } };
        if (token is not null)
        {
            headers.Add("authorization", "Bearer " + token);
        }

        Complete.Clear();
        Connections++;
        var goodbye = leave = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var down = client.GlobalToZoneSync(headers, cancellationToken: ending.Token);
        using var up = client.ZoneToGlobalSync(headers, cancellationToken: ending.Token);
        var all = new List<Task> { ReadDownAsync(down, ending.Token), ReadUpAsync(up, ending.Token) };
        try
        {
            if (await Task.WhenAny([goodbye.Task, .. all]).ConfigureAwait(false) == goodbye.Task)
            {
                await down.RequestStream.CompleteAsync().ConfigureAwait(false);
                await up.RequestStream.CompleteAsync().ConfigureAwait(false);
            }

            await (await Task.WhenAny(all).ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadDownAsync(AsyncDuplexStreamingCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse> call, CancellationToken cancellationToken)
    {
        var metadata = new Struct
        {
            Fields =
            {
                ["control-plane-id"] = Value.ForString(Name + "-cp"),
                ["features"] = Value.ForList([.. KdsFeatures.Ours.Select(Value.ForString)]),
                ["config"] = Value.ForString("""{"store":{"type":"memory"}}"""),
                ["version"] = Value.ForStruct(new Struct { Fields = { ["kumaCp"] = Value.ForStruct(new Struct { Fields = { ["version"] = Value.ForString("2.14.3") } }) } }),
            },
        };
        foreach (var type in types)
        {
            await call.RequestStream.WriteAsync(new DeltaDiscoveryRequest { Node = new Node { Id = Name, Metadata = metadata }, TypeUrl = type, ResourceNamesSubscribe = { "*" } }, cancellationToken).ConfigureAwait(false);
        }

        while (await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            if (Faults.ReadDelay > TimeSpan.Zero)
            {
                await Task.Delay(Faults.ReadDelay, cancellationToken).ConfigureAwait(false);
            }

            var response = call.ResponseStream.Current;
            Received++;
            if (Faults.Silent)
            {
                continue;
            }

            var refusal = Apply(response, Stopwatch.GetTimestamp());
            var reply = new DeltaDiscoveryRequest { Node = new Node { Id = Name }, TypeUrl = response.TypeUrl, ResponseNonce = response.Nonce };
            if (refusal is not null)
            {
                reply.ResourceNamesSubscribe.Add("*");
                reply.ErrorDetail = new Protos.Rpc.Status { Message = refusal };
            }

            Complete.TryAdd(response.TypeUrl, true); // before the answer: who has seen that at global may count on it
            await call.RequestStream.WriteAsync(reply, cancellationToken).ConfigureAwait(false);
        }
    }

    private string? Apply(DeltaDiscoveryResponse response, long at)
    {
        var table = held.GetOrAdd(response.TypeUrl, _ => new(StringComparer.Ordinal));
        List<string>? refused = null;
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var resource in response.Resources)
        {
            named.Add(resource.Name);
            var kuma = KumaResource.Parser.ParseFrom(resource.Resource_.Value);
            var display = kuma.Meta.Labels.TryGetValue(Labels.DisplayName, out var text) ? text : kuma.Meta.Name;
            if (response.TypeUrl == Faults.RejectKind || display == Faults.RejectName)
            {
                (refused ??= []).Add(Faults.NamesRefusals ? $"{response.TypeUrl} \"{resource.Name}\": refused on purpose" : "refused on purpose");
                continue;
            }

            var now = new HeldResource(resource.Version, display, kuma.Spec.Value, at);
            table.AddOrUpdate(resource.Name, now, (_, before) => before.Version == now.Version ? before : now);
            Arrived?.Invoke(this, response.TypeUrl, now);
        }

        if (!Complete.ContainsKey(response.TypeUrl))
        {
            foreach (var missing in table.Keys.Where(n => !named.Contains(n)))
            {
                table.TryRemove(missing, out _);
            }
        }

        foreach (var name in response.RemovedResources.Where(n => !named.Contains(n)))
        {
            table.TryRemove(name, out _);
        }

        return refused is null ? null : string.Join('\n', refused);
    }

    private async Task ReadUpAsync(AsyncDuplexStreamingCall<DeltaDiscoveryResponse, DeltaDiscoveryRequest> call, CancellationToken cancellationToken)
    {
        var outgoing = Channel.CreateUnbounded<DeltaDiscoveryResponse>(new UnboundedChannelOptions { SingleReader = true });
        offers = outgoing;
        var writing = WriteAsync();
        var reading = ReadAsync();
        await await Task.WhenAny(writing, reading).ConfigureAwait(false);

        async Task WriteAsync()
        {
            await foreach (var response in outgoing.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                await call.RequestStream.WriteAsync(response, cancellationToken).ConfigureAwait(false);
            }
        }

        async Task ReadAsync()
        {
            while (await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
            {
                var request = call.ResponseStream.Current;
                if (request.ErrorDetail is { } refusal)
                {
                    Refusals.Enqueue(refusal.Message);
                }

                if (request.ResponseNonce.Length == 0)
                {
                    Offer(request.TypeUrl, own.TryGetValue(request.TypeUrl, out var resources) ? resources : []);
                }
            }
        }
    }
}
