using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Grpc.Core;
using MeshConsole.Protos.Envoy.Discovery;
using MeshConsole.Protos.Kuma.Mesh;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Timeout = System.Threading.Timeout;

namespace MeshConsole.ControlPlane.Tests.Kds;

/// <summary>A global that says what a test tells it to.</summary>
internal sealed class ScriptedGlobal : IAsyncDisposable
{
    private readonly WebApplication app;

    private ScriptedGlobal(WebApplication app, Script script, int port)
    {
        this.app = app;
        Script = script;
        Address = $"grpc://127.0.0.1:{port}";
    }

    public Script Script { get; }

    public string Address { get; }

    public static async Task<ScriptedGlobal> StartAsync(Action<Script>? configure = null)
    {
        var script = new Script();
        configure?.Invoke(script);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, o => o.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton(script);
        builder.Services.AddGrpc(o =>
        {
            o.MaxReceiveMessageSize = null;
            o.MaxSendMessageSize = null;
        });
        var app = builder.Build();
        app.MapGrpcService<SyncScript>();
        app.MapGrpcService<AdminScript>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new ScriptedGlobal(app, script, new Uri(address).Port);
    }

    /// <summary>The next downward stream that a zone opens.</summary>
    public async Task<Down> DownAsync() => await Script.Downs.Reader.ReadAsync(Limit());

    /// <summary>The next upward stream that a zone opens.</summary>
    public async Task<Up> UpAsync() => await Script.Ups.Reader.ReadAsync(Limit());

    public async ValueTask DisposeAsync()
    {
        Script.Stop.Cancel();
        await app.DisposeAsync();
    }

    internal static CancellationToken Limit()
    {
#pragma warning disable CA2000 // lives as long as its timer
        var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
#pragma warning restore CA2000
        limit.CancelAfter(Waiting.Limit);
        return limit.Token;
    }

    /// <summary>Resources to a zone, as global holds the stream.</summary>
    internal sealed class Down(IAsyncStreamReader<DeltaDiscoveryRequest> requests, IServerStreamWriter<DeltaDiscoveryResponse> responses)
    {
        private int nonce;

        public TaskCompletionSource<Status> End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task<DeltaDiscoveryRequest> NextAsync(Func<DeltaDiscoveryRequest, bool>? fits = null)
        {
            while (await requests.MoveNext(Limit()))
            {
                if (fits is null || fits(requests.Current))
                {
                    return requests.Current;
                }
            }

            throw new InvalidOperationException("The stream ended.");
        }

        /// <summary>Sends a response and returns what the zone says to it.</summary>
        public async Task<DeltaDiscoveryRequest> SendAsync(string type, IEnumerable<Resource> resources, params string[] removed)
        {
            var response = new DeltaDiscoveryResponse
            {
                TypeUrl = type,
                Nonce = (++nonce).ToString(System.Globalization.CultureInfo.InvariantCulture),
                ControlPlane = new Protos.Envoy.Core.ControlPlane { Identifier = "global" },
                Resources = { resources },
                RemovedResources = { removed },
            };
            await responses.WriteAsync(response, TestContext.Current.CancellationToken);
            return await NextAsync(r => r.TypeUrl == type && r.ResponseNonce == response.Nonce);
        }
    }

    /// <summary>Resources from a zone, as global holds the stream.</summary>
    internal sealed class Up(IAsyncStreamReader<DeltaDiscoveryResponse> responses, IServerStreamWriter<DeltaDiscoveryRequest> requests)
    {
        public TaskCompletionSource<Status> End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Sends a request as it is, right or wrong.</summary>
        public Task SendRawAsync(DeltaDiscoveryRequest request) => requests.WriteAsync(request, TestContext.Current.CancellationToken);

        public Task AskAsync(string type) => requests.WriteAsync(
            new DeltaDiscoveryRequest { TypeUrl = type, Node = new Protos.Envoy.Core.Node { Id = "lab" }, ResourceNamesSubscribe = { "*" } }, TestContext.Current.CancellationToken);

        public async Task<DeltaDiscoveryResponse> NextAsync(string? type = null)
        {
            while (await responses.MoveNext(Limit()))
            {
                if (type is null || responses.Current.TypeUrl == type)
                {
                    return responses.Current;
                }
            }

            throw new InvalidOperationException("The stream ended.");
        }

        public Task AckAsync(DeltaDiscoveryResponse response) => requests.WriteAsync(
            new DeltaDiscoveryRequest { TypeUrl = response.TypeUrl, ResponseNonce = response.Nonce, Node = new Protos.Envoy.Core.Node { Id = "lab" } }, TestContext.Current.CancellationToken);

        public async Task<DeltaDiscoveryResponse> SubscribeAsync(string type)
        {
            await AskAsync(type);
            var response = await NextAsync(type);
            await AckAsync(response);
            return response;
        }
    }
}

/// <summary>What a scripted global does.</summary>
internal sealed class Script
{
    public Channel<ScriptedGlobal.Down> Downs { get; } = Channel.CreateUnbounded<ScriptedGlobal.Down>();

    public Channel<ScriptedGlobal.Up> Ups { get; } = Channel.CreateUnbounded<ScriptedGlobal.Up>();

    public ConcurrentQueue<IHeaderDictionary> Headers { get; } = new();

    public CancellationTokenSource Stop { get; } = new();

    /// <summary>Answers a health check; null: as an old global, Unimplemented.</summary>
    public Func<ServerCallContext, Task<ZoneHealthCheckResponse>>? Health { get; set; } = _ => Task.FromResult(new ZoneHealthCheckResponse());

    /// <summary>How an admin stream behaves; by default it stays open and silent, without even headers.</summary>
    public Func<ServerCallContext, Task>? Admin { get; set; }

    /// <summary>How the configuration stream behaves.</summary>
    public Func<IAsyncStreamReader<XDSConfigResponse>, IServerStreamWriter<XDSConfigRequest>, Task>? Configs { get; set; }

    public Channel<bool> Pings { get; } = Channel.CreateUnbounded<bool>();
}

internal sealed class SyncScript(Script script) : KDSSyncService.KDSSyncServiceBase
{
    public override async Task GlobalToZoneSync(IAsyncStreamReader<DeltaDiscoveryRequest> requestStream, IServerStreamWriter<DeltaDiscoveryResponse> responseStream, ServerCallContext context)
    {
        script.Headers.Enqueue(context.GetHttpContext().Request.Headers);
        var down = new ScriptedGlobal.Down(requestStream, responseStream);
        await script.Downs.Writer.WriteAsync(down, context.CancellationToken);
        await EndAsync(down.End.Task, context);
    }

    public override async Task ZoneToGlobalSync(IAsyncStreamReader<DeltaDiscoveryResponse> requestStream, IServerStreamWriter<DeltaDiscoveryRequest> responseStream, ServerCallContext context)
    {
        var up = new ScriptedGlobal.Up(requestStream, responseStream);
        await script.Ups.Writer.WriteAsync(up, context.CancellationToken);
        await EndAsync(up.End.Task, context);
    }

    private async Task EndAsync(Task<Status> end, ServerCallContext context)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, script.Stop.Token);
        var status = await end.WaitAsync(stop.Token);
        if (status.StatusCode != StatusCode.OK)
        {
            throw new RpcException(status);
        }
    }
}

internal sealed class AdminScript(Script script) : GlobalKDSService.GlobalKDSServiceBase
{
    public override Task<ZoneHealthCheckResponse> HealthCheck(ZoneHealthCheckRequest request, ServerCallContext context)
    {
        script.Pings.Writer.TryWrite(true);
        return script.Health?.Invoke(context) ?? throw new RpcException(new Status(StatusCode.Unimplemented, ""));
    }

    public override Task StreamXDSConfigs(IAsyncStreamReader<XDSConfigResponse> requestStream, IServerStreamWriter<XDSConfigRequest> responseStream, ServerCallContext context) =>
        script.Configs?.Invoke(requestStream, responseStream) ?? StayAsync(context);

    public override Task StreamStats(IAsyncStreamReader<StatsResponse> requestStream, IServerStreamWriter<StatsRequest> responseStream, ServerCallContext context) => StayAsync(context);

    public override Task StreamClusters(IAsyncStreamReader<ClustersResponse> requestStream, IServerStreamWriter<ClustersRequest> responseStream, ServerCallContext context) => StayAsync(context);

    private async Task StayAsync(ServerCallContext context)
    {
        if (script.Admin is not null)
        {
            await script.Admin(context);
            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, script.Stop.Token);
        await Task.Delay(Timeout.InfiniteTimeSpan, stop.Token);
    }
}
