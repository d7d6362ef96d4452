using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Protos.Kuma.Mesh;
using Microsoft.Extensions.Logging;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>Global's side of the health check and of the three streams on which it asks about a zone's proxies.</summary>
internal sealed partial class KdsGlobalService(KdsDoor door, KdsZones zones, ZoneSessions sessions, ZoneBook book, KdsOptions options, ILogger<KdsGlobalService> log)
    : GlobalKDSService.GlobalKDSServiceBase
{
    /// <inheritdoc />
    public override async Task<ZoneHealthCheckResponse> HealthCheck(ZoneHealthCheckRequest request, ServerCallContext context)
    {
        var call = await door.AdmitAsync(context).ConfigureAwait(false);
        try
        {
            await door.EnsureZoneAsync(call.Zone, context.CancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            // An error would make the zone restart its whole connection, which helps nobody.
            LogUnstored(log, e, call.Zone);
        }

        door.Renew(call);
        sessions.Pinged(call.Zone);
        book.Pinged(call.Zone);
        return new ZoneHealthCheckResponse { Interval = Duration.FromTimeSpan(options.HealthCheckInterval) };
    }

    /// <inheritdoc />
    public override Task StreamXDSConfigs(IAsyncStreamReader<XDSConfigResponse> requestStream, IServerStreamWriter<XDSConfigRequest> responseStream, ServerCallContext context) =>
        ServeAsync(context, StreamKind.ConfigDump, s => s.Configs, requestStream, responseStream);

    /// <inheritdoc />
    public override Task StreamStats(IAsyncStreamReader<StatsResponse> requestStream, IServerStreamWriter<StatsRequest> responseStream, ServerCallContext context) =>
        ServeAsync(context, StreamKind.Stats, s => s.Stats, requestStream, responseStream);

    /// <inheritdoc />
    public override Task StreamClusters(IAsyncStreamReader<ClustersResponse> requestStream, IServerStreamWriter<ClustersRequest> responseStream, ServerCallContext context) =>
        ServeAsync(context, StreamKind.Clusters, s => s.Clusters, requestStream, responseStream);

    private async Task ServeAsync<TRequest, TResponse>(
        ServerCallContext context,
        StreamKind kind,
        Func<ZoneSession, ReverseStream<TRequest, TResponse>> of,
        IAsyncStreamReader<TResponse> answers,
        IServerStreamWriter<TRequest> requests)
        where TRequest : class
        where TResponse : class
    {
        var call = await door.AdmitAsync(context).ConfigureAwait(false);
        StreamLease lease;
        try
        {
            lease = await door.OpenAsync(call, kind, context.CancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            LogUnstored(log, e, call.Zone);
            throw new RpcException(new Status(StatusCode.Internal, "could not store stream connection"));
        }

        using (lease)
        {
            using var ending = new StreamEnd(context.CancellationToken, lease.Session.Ended, zones.Stopping);
            var stream = of(lease.Session);
            var writing = WriteAsync(stream, requests, ending);
            var reading = ReadAsync(stream, answers, call.Zone, ending.Coming);
            try
            {
                await await Task.WhenAny(writing, reading).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (ending.Coming.IsCancellationRequested)
            {
                // The reason is told below.
            }
            catch (Exception e) when (e is IOException || (e is InvalidOperationException && context.CancellationToken.IsCancellationRequested))
            {
                // The connection is gone, and with it everybody to tell.
            }
            finally
            {
                await ending.BringAsync().ConfigureAwait(false);
                await Task.WhenAll(writing, reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            throw new RpcException(zones.Stopping.IsCancellationRequested
                ? new Status(StatusCode.Unavailable, "stream unavailable")
                : lease.Session.Reason is { StatusCode: StatusCode.Cancelled } ? new Status(StatusCode.Cancelled, "stream canceled")
                : lease.Session.Reason ?? new Status(StatusCode.Unavailable, "stream unavailable"));
        }
    }

    private static async Task WriteAsync<TRequest, TResponse>(ReverseStream<TRequest, TResponse> stream, IServerStreamWriter<TRequest> requests, StreamEnd end)
        where TRequest : class
        where TResponse : class
    {
        await foreach (var request in stream.Outgoing.ReadAllAsync(end.Coming).ConfigureAwait(false))
        {
            await requests.WriteAsync(request, end.OfWrites).ConfigureAwait(false);
        }
    }

    private async Task ReadAsync<TRequest, TResponse>(ReverseStream<TRequest, TResponse> stream, IAsyncStreamReader<TResponse> answers, string zone, CancellationToken cancellationToken)
        where TRequest : class
        where TResponse : class
    {
        while (await answers.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            if (!stream.Answer(answers.Current))
            {
                LogUnexpected(log, zone);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Zone {Zone} answered a request that nobody waits for any more.")]
    private static partial void LogUnexpected(ILogger logger, string zone);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection of zone {Zone} could not be stored.")]
    private static partial void LogUnstored(ILogger logger, Exception e, string zone);
}
