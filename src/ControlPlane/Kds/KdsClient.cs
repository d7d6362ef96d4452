using System.Threading.Channels;
using Grpc.Core;
using MeshConsole.ControlPlane.Discovery;
using MeshConsole.ControlPlane.Identity;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Protos.Envoy.Discovery;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Timeout = System.Threading.Timeout;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>
/// The zone's side of KDS. It dials global, takes what global sends into the zone's own store, and sends up what the zone
/// wrote. With global away the zone goes on with its store; the connection comes back by itself.
/// </summary>
public sealed partial class KdsClient : BackgroundService
{
    /// <summary>After a connection that worked this long the pauses begin anew: global was well, and may have been restarted.</summary>
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(10);

    private readonly ResourceStore store;
    private readonly KindRegistry kinds;
    private readonly Site site;
    private readonly KdsClientOptions options;
    private readonly KdsIdentity identity;
    private readonly GlobalLink link;
    private readonly ProxyAnswers proxies;
    private readonly TimeProvider time;
    private readonly ILogger<KdsClient> log;
    private readonly SyncFeed feed;
    private readonly ReceivedForms forms = new();
    private readonly LogLimit limit;
    private volatile string token = "";

    /// <summary>Takes what it needs; <see cref="KdsClientServices.AddKdsClient"/> registers it.</summary>
    public KdsClient(ResourceStore store, KindRegistry kinds, Site site, KdsClientOptions options, KdsIdentity identity, GlobalLink link, ProxyAnswers proxies, TimeProvider time, ILogger<KdsClient> log)
    {
        this.store = store;
        this.kinds = kinds;
        this.site = site;
        this.options = options;
        this.identity = identity;
        this.link = link;
        this.proxies = proxies;
        this.time = time;
        this.log = log;
        limit = new LogLimit(time, 64);
        feed = new SyncFeed(store, UpView.Travels);
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var following = feed.RunAsync(stoppingToken);
        var tries = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            var problem = await RunAsync(stoppingToken).ConfigureAwait(false);
            if (stoppingToken.IsCancellationRequested)
            {
                break;
            }

            var state = link.State.Value;
            tries = state.Connected && time.GetUtcNow() - state.Since > LongEnough ? 1 : tries + 1;
            var longest = Math.Min(options.BackoffLimit.Ticks, options.BackoffBase.Ticks << Math.Min(Math.Max(tries - 1, 0), 16));
            var wait = TimeSpan.FromTicks((long)(Random.Shared.NextDouble() * longest));
            link.Down(problem, time.GetUtcNow() + wait);
            if (state.Connected || limit.MayTell(problem, out _))
            {
                LogDown(log, problem, wait.TotalSeconds);
            }

            await Task.Delay(wait, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        link.Down("this control plane is stopping", null);
        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>One connection from dialling to its end; returns why it ended.</summary>
    private async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        link.Trying();
        var trusted = PeerTrust.From(options.CaFile, options.CaFingerprint, options.SkipVerify, time); // anew: the file may have changed
        if (!trusted.Ok)
        {
            return string.Join("; ", trusted.Refusal.Violations.Select(v => v.Message).DefaultIfEmpty(trusted.Refusal.Detail));
        }

        using var trust = trusted.Value;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var all = new List<Task>();
        try
        {
            using var channel = GlobalChannel.Create(options, trust);
            var sync = new KDSSyncService.KDSSyncServiceClient(channel);
            var global = new GlobalKDSService.GlobalKDSServiceClient(channel);
            var headers = Headers();
            var progress = new Progress(link, () => LogUp(log, options.Address));
            var ended = ending.Token;
            all.Add(ReceiveAsync(sync, headers, progress, ended));
            all.Add(SendAsync(sync, headers, progress, ended));
            all.Add(PingAsync(global, ended));
            all.Add(ReverseAsync(global.StreamXDSConfigs(headers, cancellationToken: ended), AnswerAsync, "StreamXDSConfigs", ended));
            all.Add(ReverseAsync(global.StreamStats(headers, cancellationToken: ended), AnswerAsync, "StreamStats", ended));
            all.Add(ReverseAsync(global.StreamClusters(headers, cancellationToken: ended), AnswerAsync, "StreamClusters", ended));
            var first = await Task.WhenAny(all).ConfigureAwait(false);
            await first.ConfigureAwait(false);
            return "global ended the connection";
        }
        catch (RpcException e)
        {
            return trust.LastRefusal is { } refusal ? $"global is not trusted: {refusal}" : Describe(e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or UnauthorizedAccessException or InvalidOperationException or System.Security.Cryptography.CryptographicException)
        {
            return e.Message;
        }
        catch (OperationCanceledException)
        {
            return "the connection was cancelled";
        }
        catch (StoreUnavailableException e)
        {
            LogStore(log, e);
            return $"this zone's store cannot be written: {e.Message}";
        }
        catch (Exception e)
        {
            LogFailed(log, e); // a mistake of ours costs this connection, and not the zone, which serves on
            return $"{e.GetType().Name}: {e.Message}";
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static string Describe(RpcException e) => e.StatusCode switch
    {
        StatusCode.Unauthenticated or StatusCode.PermissionDenied => $"global refuses this zone: {e.Status.Detail}",
        StatusCode.Unavailable when e.Status.DebugException?.InnerException is { } inner => $"global cannot be reached: {inner.Message}",
        StatusCode.Unavailable when e.Status.DebugException is { } outer => $"global cannot be reached: {outer.Message}",
        StatusCode.Unavailable => $"global ended the connection: {e.Status.Detail}",
        StatusCode.DeadlineExceeded => "global does not answer",
        _ when e.Status.DebugException is HttpRequestException or IOException => $"the connection with global broke: {e.Status.DebugException.Message}",
        _ => $"{e.StatusCode}: {e.Status.Detail}",
    };

    private Metadata Headers()
    {
        var headers = new Metadata
        {
            { "client-id", site.Zone },
            { "version", identity.Version },
            { "kds-version", "v3" },

            // Exactly one value: .NET joins several into one, which a Kuma global does not understand.
            { "features", KdsFeatures.HashSuffix },
            { "grpc-internal-encoding-request", "gzip" },
        };
        if (options.TokenFile is { Length: > 0 } file)
        {
            headers.Add("authorization", "Bearer " + ReadToken(file));
        }

        return headers;
    }

    /// <summary>The token in the file; while it holds none, because somebody is just replacing it or made a mistake, the last one.</summary>
    /// <exception cref="InvalidOperationException">It holds no token, and never did.</exception>
    private string ReadToken(string file)
    {
        try
        {
            var text = File.ReadAllText(file).Trim();
            if (text.Length > 0 && text.All(c => c is >= ' ' and <= '~'))
            {
                token = text;
            }
            else if (token.Length == 0)
            {
                throw new InvalidOperationException($"The token file {file} holds no token: it must hold one line of plain letters, digits and signs.");
            }
            else if (text.Length > 0 && limit.MayTell(file, out _))
            {
                LogNoToken(log, file);
            }
        }
        catch (IOException) when (token.Length > 0)
        {
            // Deleted and not yet written anew.
        }

        return token;
    }

    private async Task ReceiveAsync(KDSSyncService.KDSSyncServiceClient client, Metadata headers, Progress progress, CancellationToken cancellationToken)
    {
        using var call = client.GlobalToZoneSync(headers, cancellationToken: cancellationToken);
        var receiver = new SyncReceiver(kinds, store, new FromGlobalRules(site), forms, log);
        var outgoing = Channel.CreateUnbounded<DeltaDiscoveryRequest>(new UnboundedChannelOptions { SingleReader = true });
        foreach (var request in KdsZones.FirstRequests(kinds, site.Zone, identity, ZoneView.Travels))
        {
            outgoing.Writer.TryWrite(request);
        }

        // Reading never waits for writing, nor the other way round: large answers on both sides would block each other.
        var writing = WriteAllAsync(call.RequestStream, outgoing.Reader, cancellationToken);
        var reading = ReadAsync();
        await await Task.WhenAny(writing, reading).ConfigureAwait(false);
        throw new RpcException(new Status(StatusCode.Unavailable, "global ended the stream to this zone"));

        async Task ReadAsync()
        {
            while (await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
            {
                progress.Receives();
                var response = call.ResponseStream.Current;
                var refusal = await receiver.ApplyAsync(response, cancellationToken).ConfigureAwait(false);
                if (refusal is not null)
                {
                    LogRefusing(log, response.TypeUrl, refusal);
                }

                outgoing.Writer.TryWrite(KdsSyncService.Reply(site.Zone, response, refusal));
            }
        }
    }

    private async Task SendAsync(KDSSyncService.KDSSyncServiceClient client, Metadata headers, Progress progress, CancellationToken cancellationToken)
    {
        using var call = client.ZoneToGlobalSync(headers, cancellationToken: cancellationToken);
        var delta = new DeltaSession(site.Zone, options.MaxMessageBytes);
        var sender = new SyncSender(kinds, feed, delta, time)
        {
            View = request =>
            {
                delta.RefusalEndsFirst = KumaVersions.IsAtLeast(PeerFacts.Read(request.Node.Metadata).Version, 2, 10);
                return new UpView(site.Zone);
            },
            Write = (response, token) => WriteAsync(call.RequestStream, response, token),
            Measured = Measured,
            Answered = answer =>
            {
                progress.Sends();
                if (answer.Kind == DeltaAnswerKind.Refused)
                {
                    LogRefused(log, answer.Type, answer.Reason ?? "");
                }
            },
        };
        await sender.RunAsync(call.ResponseStream, cancellationToken).ConfigureAwait(false);
        throw new RpcException(new Status(StatusCode.Unavailable, "global ended the stream from this zone"));
    }

    private void Measured(string type, long bytes, bool fits)
    {
        if (!fits)
        {
            LogTooLarge(log, type, bytes, options.MaxMessageBytes);
        }
        else if (bytes > options.MaxMessageBytes / 5 * 4)
        {
            LogLarge(log, type, bytes, options.MaxMessageBytes);
        }
    }

    /// <summary>Pings, and at once when the token file changed: so global learns of the new token before the old one ends.</summary>
    private async Task PingAsync(GlobalKDSService.GlobalKDSServiceClient client, CancellationToken cancellationToken)
    {
        var interval = options.HealthCheckInterval;
        while (true)
        {
            var written = TokenWritten();
            try
            {
                var answer = await client.HealthCheckAsync(
                    new ZoneHealthCheckRequest(), Headers(), time.GetUtcNow().UtcDateTime + options.HealthCheckDeadline, cancellationToken).ConfigureAwait(false);
                if (answer.Interval?.ToTimeSpan() is { } asked && asked > TimeSpan.Zero)
                {
                    interval = asked;
                }
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unimplemented)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false); // an older global: no pings on this connection
            }

            var due = time.GetUtcNow() + interval;
            for (var left = interval; left > TimeSpan.Zero && TokenWritten() == written; left = due - time.GetUtcNow())
            {
                await Task.Delay(left < options.TokenFileInterval ? left : options.TokenFileInterval, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private DateTime TokenWritten() => options.TokenFile is { Length: > 0 } file ? File.GetLastWriteTimeUtc(file) : default;

    /// <summary>Serves one stream of requests about proxies. A global that has no such stream is left in peace.</summary>
    private static async Task ReverseAsync<TRequest, TResponse>(
        AsyncDuplexStreamingCall<TResponse, TRequest> call,
        Func<TRequest, CancellationToken, Task<TResponse>> answer,
        string name,
        CancellationToken cancellationToken)
        where TRequest : class
        where TResponse : class
    {
        using var owned = call;
        var used = false;
        var outgoing = Channel.CreateUnbounded<TResponse>(new UnboundedChannelOptions { SingleReader = true });
        try
        {
            var writing = WriteAllAsync(call.RequestStream, outgoing.Reader, cancellationToken);
            var reading = ReadAsync();
            await await Task.WhenAny(writing, reading).ConfigureAwait(false);
            throw new RpcException(new Status(StatusCode.Unavailable, $"global ended {name}"));
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unimplemented && !used)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        }

        async Task ReadAsync()
        {
            while (await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
            {
                used = true;
                _ = ReplyAsync(call.ResponseStream.Current); // several at a time; it handles its own failures
            }
        }

        async Task ReplyAsync(TRequest request)
        {
            outgoing.Writer.TryWrite(await answer(request, cancellationToken).ConfigureAwait(false));
        }
    }

    private async Task<XDSConfigResponse> AnswerAsync(XDSConfigRequest request, CancellationToken cancellationToken)
    {
        var (value, error) = await AskAsync(new ProxyQuery(ProxyQuestion.Config, Key(request.ResourceType, request.ResourceMesh, request.ResourceName), IncludeEndpoints: request.IncludeEds), cancellationToken).ConfigureAwait(false);
        return error is null
            ? new XDSConfigResponse { RequestId = request.RequestId, Config = Google.Protobuf.ByteString.CopyFrom(value) }
            : new XDSConfigResponse { RequestId = request.RequestId, Error = error };
    }

    private async Task<StatsResponse> AnswerAsync(StatsRequest request, CancellationToken cancellationToken)
    {
        var (value, error) = await AskAsync(new ProxyQuery(ProxyQuestion.Stats, Key(request.ResourceType, request.ResourceMesh, request.ResourceName), Json: request.Format == AdminOutputFormat.Json, UsedOnly: request.UsedOnly), cancellationToken).ConfigureAwait(false);
        return error is null
            ? new StatsResponse { RequestId = request.RequestId, Stats = Google.Protobuf.ByteString.CopyFrom(value) }
            : new StatsResponse { RequestId = request.RequestId, Error = error };
    }

    private async Task<ClustersResponse> AnswerAsync(ClustersRequest request, CancellationToken cancellationToken)
    {
        var (value, error) = await AskAsync(new ProxyQuery(ProxyQuestion.Clusters, Key(request.ResourceType, request.ResourceMesh, request.ResourceName), Json: request.Format == AdminOutputFormat.Json), cancellationToken).ConfigureAwait(false);
        return error is null
            ? new ClustersResponse { RequestId = request.RequestId, Clusters = Google.Protobuf.ByteString.CopyFrom(value) }
            : new ClustersResponse { RequestId = request.RequestId, Error = error };
    }

    private static ResourceKey Key(string kind, string mesh, string name) => new(kind, mesh, name);

    private async Task<(byte[] Value, string? Error)> AskAsync(ProxyQuery query, CancellationToken cancellationToken)
    {
        if (store.World.Value.Find(query.Proxy) is null)
        {
            return ([], $"{query.Proxy.Kind} {query.Proxy.Name} does not exist in zone {site.Zone}");
        }

        try
        {
            var answer = await proxies(query, cancellationToken).WaitAsync(options.ProxyRequestTimeout, time, cancellationToken).ConfigureAwait(false);
            return answer.Ok ? (answer.Value, null) : ([], answer.Refusal.Detail);
        }
        catch (TimeoutException)
        {
            return ([], $"{query.Proxy.Kind} {query.Proxy.Name} did not answer within {options.ProxyRequestTimeout.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogProxy(log, e, query.Proxy);
            return ([], e.Message);
        }
    }

    private static async Task WriteAllAsync<T>(IClientStreamWriter<T> stream, ChannelReader<T> outgoing, CancellationToken cancellationToken)
        where T : class
    {
        await foreach (var message in outgoing.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            await WriteAsync(stream, message, cancellationToken).ConfigureAwait(false);
        }
    }

    private static Task WriteAsync<T>(IClientStreamWriter<T> stream, T message, CancellationToken cancellationToken)
        where T : class
    {
        stream.WriteOptions = message is Google.Protobuf.IMessage m && m.CalculateSize() >= 4096 ? null : new WriteOptions(WriteFlags.NoCompress);
        return stream.WriteAsync(message, cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Connected with global at {Address}.")]
    private static partial void LogUp(ILogger logger, string address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The token file {File} holds no token: it must hold one line of plain letters, digits and signs. The token it held before is used on.")]
    private static partial void LogNoToken(ILogger logger, string file);

    [LoggerMessage(Level = LogLevel.Error, Message = "All {Type} of this zone together are too large for global: {Bytes} bytes, limit {Limit}. Global keeps what it had of them; all other kinds go up.")]
    private static partial void LogTooLarge(ILogger logger, string type, long bytes, long limit);

    [LoggerMessage(Level = LogLevel.Warning, Message = "All {Type} of this zone together are {Bytes} bytes, more than four fifths of the {Limit} that fit into one message to global; beyond it they would not go up any more.")]
    private static partial void LogLarge(ILogger logger, string type, long bytes, long limit);

    [LoggerMessage(Level = LogLevel.Error, Message = "The connection with global failed by a mistake of this control plane; it is made anew.")]
    private static partial void LogFailed(ILogger logger, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not connected with global: {Problem} Next try in {Seconds:0.0} s.")]
    private static partial void LogDown(ILogger logger, string problem, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Global sent {Type} that this zone refuses in part: {Refusal}")]
    private static partial void LogRefusing(ILogger logger, string type, string refusal);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Global refused {Type} of this zone: {Reason}")]
    private static partial void LogRefused(ILogger logger, string type, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "What global sent could not be stored.")]
    private static partial void LogStore(ILogger logger, Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "A request of global about {Proxy} failed.")]
    private static partial void LogProxy(ILogger logger, Exception e, ResourceKey proxy);

    /// <summary>Connected means that both directions work.</summary>
    private sealed class Progress(GlobalLink link, Action connected)
    {
        private int seen;

        public void Receives() => Note(1);

        public void Sends() => Note(2);

        private void Note(int direction)
        {
            if (Interlocked.Or(ref seen, direction) != 3 && seen == 3)
            {
                link.Up();
                connected();
            }
        }
    }
}

/// <summary>Registers the zone's side.</summary>
public static class KdsClientServices
{
    /// <summary>
    /// Registers the client. Needs <see cref="ResourceStore"/>, <see cref="KindRegistry"/>, <see cref="Site"/> and
    /// <see cref="KdsIdentity"/> in the container; without <see cref="ProxyAnswers"/>, requests about proxies are answered with
    /// "not connected".
    /// </summary>
    public static IServiceCollection AddKdsClient(this IServiceCollection services, KdsClientOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.TryAddSingleton(p => new GlobalLink(p.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<ProxyAnswers>(_ => (query, _) => Task.FromResult<Result<byte[]>>(
            new Refusal(RefusalReason.Unavailable, "Could not execute admin operation", $"{query.Proxy.Kind} {query.Proxy.Name} is not connected")));
        services.AddSingleton<KdsClient>();
        services.AddHostedService(p => p.GetRequiredService<KdsClient>());
        return services;
    }
}
