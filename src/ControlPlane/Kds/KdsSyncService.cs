using System.Collections.Frozen;
using System.Collections.Immutable;
using Google.Protobuf;
using Grpc.Core;
using MeshConsole.ControlPlane.Delivery;
using MeshConsole.ControlPlane.Discovery;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Protos.Envoy.Core;
using MeshConsole.Protos.Envoy.Discovery;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>Global's side of the two sync streams.</summary>
internal sealed partial class KdsSyncService(KdsDoor door, KdsZones zones, TimeProvider time, ILogger<KdsSyncService> log) : KDSSyncService.KDSSyncServiceBase
{
    private const int WorthCompressing = 4096;

    /// <inheritdoc />
    public override Task GlobalToZoneSync(IAsyncStreamReader<DeltaDiscoveryRequest> requestStream, IServerStreamWriter<DeltaDiscoveryResponse> responseStream, ServerCallContext context) =>
        ServeAsync(context, StreamKind.GlobalToZone, (call, session, end) =>
        {
            var sender = zones.Sender(call, session, (response, _) => WriteAsync(responseStream, response, call.Gzip, end));
            return sender.RunAsync(requestStream, end.Coming);
        });

    /// <inheritdoc />
    public override Task ZoneToGlobalSync(IAsyncStreamReader<DeltaDiscoveryResponse> requestStream, IServerStreamWriter<DeltaDiscoveryRequest> responseStream, ServerCallContext context) =>
        ServeAsync(context, StreamKind.ZoneToGlobal, async (call, session, end) =>
        {
            foreach (var request in zones.FirstRequests(call.Zone))
            {
                await WriteAsync(responseStream, request, call.Gzip, end).ConfigureAwait(false);
            }

            var receiver = zones.Receiver(call, session);
            while (await requestStream.MoveNext(end.Coming).ConfigureAwait(false))
            {
                var response = requestStream.Current;
                var refusal = await receiver.ApplyAsync(response, end.Coming).ConfigureAwait(false);
                if (refusal is not null)
                {
                    LogRefusing(log, call.Zone, response.TypeUrl, refusal);
                }

                await WriteAsync(responseStream, Reply(call.Zone, response, refusal), call.Gzip, end).ConfigureAwait(false);
            }
        });

    internal static DeltaDiscoveryRequest Reply(string node, DeltaDiscoveryResponse response, string? refusal)
    {
        var reply = new DeltaDiscoveryRequest
        {
            Node = new Node { Id = node },
            TypeUrl = response.TypeUrl,
            ResponseNonce = response.Nonce,
        };
        if (refusal is not null)
        {
            reply.ResourceNamesSubscribe.Add("*");
            reply.ErrorDetail = new Protos.Rpc.Status { Message = refusal };
        }

        return reply;
    }

    private static Task WriteAsync<T>(IServerStreamWriter<T> stream, T message, bool gzip, StreamEnd end)
        where T : IMessage
    {
        end.Coming.ThrowIfCancellationRequested();
        stream.WriteOptions = gzip && message.CalculateSize() >= WorthCompressing ? null : new WriteOptions(WriteFlags.NoCompress);
        return stream.WriteAsync(message, end.OfWrites);
    }

    /// <summary>Runs one stream; whatever ends it, the zone gets a code that makes it come back.</summary>
    private async Task ServeAsync(ServerCallContext context, StreamKind kind, Func<KdsCall, ZoneSession, StreamEnd, Task> run)
    {
        var call = await door.AdmitAsync(context).ConfigureAwait(false);
        StreamLease lease;
        try
        {
            lease = await door.OpenAsync(call, kind, context.CancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            LogFailed(log, e, kind, call.Zone);
            throw new RpcException(new Status(StatusCode.Internal, "stream failed"));
        }

        using (lease)
        {
            using var ending = new StreamEnd(context.CancellationToken, lease.Session.Ended, zones.Stopping);
            var why = "it said goodbye";
            try
            {
                await run(call, lease.Session, ending).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (ending.Coming.IsCancellationRequested)
            {
                why = "it ended its connection";
            }
            catch (Exception e) when (e is IOException || (e is InvalidOperationException && context.CancellationToken.IsCancellationRequested))
            {
                why = "it ended its connection"; // so a zone that stops, and one that is killed, looks from here
            }
            catch (RpcException e)
            {
                lease.Session.Left($"it broke the rules: {e.Status.Detail}", time.GetUtcNow());
                lease.Session.TryTellEnd();
                LogBroken(log, kind, call.Zone, e.Status.Detail);
                throw;
            }
            catch (Exception e)
            {
                lease.Session.Left($"it could not be served: {e.Message}", time.GetUtcNow());
                lease.Session.TryTellEnd();
                LogFailed(log, e, kind, call.Zone);
                throw new RpcException(new Status(StatusCode.Internal, "stream failed"));
            }

            var end = zones.Stopping.IsCancellationRequested ? new Status(StatusCode.Unavailable, "stream unavailable") : lease.Session.Reason;
            lease.Session.Left(why, time.GetUtcNow());
            if (lease.Session.TryTellEnd())
            {
                LogLeft(log, call.Zone, call.Address, zones.Stopping.IsCancellationRequested ? "this control plane is stopping" : lease.Session.How);
            }

            throw new RpcException(end ?? new Status(StatusCode.Unavailable, "stream unavailable"));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Zone {Zone} sent {Type} that global refuses in part: {Refusal}")]
    private static partial void LogRefusing(ILogger logger, string zone, string type, string refusal);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Stream {Stream} of zone {Zone} breaks the rules and is ended: {Reason}")]
    private static partial void LogBroken(ILogger logger, StreamKind stream, string zone, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Zone {Zone} at {Address} is no longer connected: {Reason}")]
    private static partial void LogLeft(ILogger logger, string zone, string address, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Stream {Stream} of zone {Zone} failed.")]
    private static partial void LogFailed(ILogger logger, Exception e, StreamKind stream, string zone);
}

/// <summary>What streams of zones are made of: views, senders, receivers, and the books they keep.</summary>
internal sealed partial class KdsZones(
    KindRegistry kinds,
    ResourceStore store,
    SyncFeed feed,
    ReceivedForms forms,
    ZoneSessions sessions,
    KdsBooks books,
    KdsOptions options,
    KdsIdentity identity,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILoggerFactory logs)
{
    private const int LongestReason = 2000;

    private readonly ImmutableArray<string> passedOn = [.. kinds.All.Where(k => k.Flow.HasFlag(Flow.ZoneToOtherZones)).Select(k => k.Name)];
    private readonly ILogger log = logs.CreateLogger<KdsZones>();

    public CancellationToken Stopping => lifetime.ApplicationStopping;

    public SyncSender Sender(KdsCall call, ZoneSession session, Func<DeltaDiscoveryResponse, CancellationToken, Task> write)
    {
        var zone = call.Zone;
        var delta = new DeltaSession("global", options.MaxMessageBytes, options.FirstRetry);
        return new SyncSender(kinds, feed, delta, time)
        {
            View = request =>
            {
                var facts = PeerFacts.Read(request.Node.Metadata);
                delta.RefusalEndsFirst = KumaVersions.IsAtLeast(facts.Version, 2, 10);
                session.Learn(facts, KumaVersions.Compatible(facts.Version));
                sessions.Learned(session);
                LogJoined(log, zone, call.Address, facts.Version);
                return new ZoneView(zone, facts.Features, call.IsVersion3) { PassedOn = passedOn };
            },
            Write = write,
            Sent = (response, mark) =>
            {
                session.Count(response.TypeUrl, time.GetUtcNow(), sent: 1);
                books.Ledger.Sent(zone, response.TypeUrl, mark);
                books.Zones.Touch(session, urgent: false);
            },
            Answered = answer => Answered(zone, session, answer),
            Withheld = (change, reason) => books.Ledger.Withheld(zone, change.Revision, reason),
            WithheldOfAll = (type, mark, reasons) => books.Ledger.Withheld(zone, type, mark, reasons),
            NotAsked = (type, mark) => books.Ledger.NotAskedFor(zone, type, mark),
            Settled = (type, mark) => books.Ledger.Answered(zone, type, mark, FrozenDictionary<ResourceKey, string>.Empty, FrozenSet<ResourceKey>.Empty),
            Measured = (type, bytes, fits) => Measured(zone, type, bytes, fits),
            Unanswerable = type => kinds.Find(type) is null && KumaTypes.GlobalToZone.Contains(type),
        };
    }

    public SyncReceiver Receiver(KdsCall call, ZoneSession session) => new(
        kinds,
        store,
        new FromZoneRules(call.Zone, call.HashedNames, key => LogClaim(log, call.Zone, key), session.Ended),
        forms,
        logs.CreateLogger<SyncReceiver>());

    /// <summary>One request for every kind that goes up; Mesh-like ones first, in the order of the list.</summary>
    public IEnumerable<DeltaDiscoveryRequest> FirstRequests(string zone) => FirstRequests(kinds, zone, identity, UpView.Travels);

    public static IEnumerable<DeltaDiscoveryRequest> FirstRequests(KindRegistry kinds, string node, KdsIdentity identity, Func<ResourceKind, bool> wanted)
    {
        var metadata = identity.ToFacts().Write();
        foreach (var kind in kinds.All.Where(wanted))
        {
            yield return new DeltaDiscoveryRequest
            {
                Node = new Node { Id = node, Metadata = metadata },
                TypeUrl = kind.Name,
                ResourceNamesSubscribe = { "*" },
            };
        }
    }

    private void Answered(string zone, ZoneSession session, DeltaAnswer answer)
    {
        if (answer.Kind is not (DeltaAnswerKind.Accepted or DeltaAnswerKind.Refused))
        {
            return;
        }

        var accepted = answer.Kind == DeltaAnswerKind.Accepted;
        session.Count(answer.Type, time.GetUtcNow(), acknowledged: accepted ? 1u : 0, rejected: accepted ? 0 : 1u);
        books.Zones.Touch(session, urgent: false);
        var refused = new Dictionary<ResourceKey, string>();
        foreach (var refusal in answer.Refusals)
        {
            if (refusal.Item?.Source is { } source)
            {
                refused[source.Key] = Short(refusal.Reason);
            }
        }

        var unclear = Keys(answer.Unclear);
        books.Ledger.Answered(zone, answer.Type, answer.Mark, refused, unclear, accepted ? null : Short(answer.Reason ?? ""));
        foreach (var refusal in answer.Refusals)
        {
            if (refusal.Item?.Source is { } source)
            {
                books.Ledger.Refused(zone, source, refused[source.Key]);
            }
        }

        if (answer.Complete)
        {
            books.Ledger.Completed(zone, answer.Type, answer.Mark, new HashSet<ResourceKey>([.. refused.Keys, .. unclear]));
        }

        foreach (var key in Keys(answer.Cleared))
        {
            books.Ledger.Cleared(zone, key);
        }

        if (!accepted)
        {
            LogRefused(log, zone, answer.Type, Short(answer.Reason ?? ""));
        }
    }

    /// <summary>A zone may say as much as fits into a message; what is kept and logged of it is bounded.</summary>
    private static string Short(string reason) => reason.Length <= LongestReason ? reason : reason[..LongestReason] + " …";

    private static HashSet<ResourceKey> Keys(ImmutableArray<DeltaItem> items) => [.. items.Where(i => i.Source is not null).Select(i => i.Source!.Key)];

    private void Measured(string zone, string type, long bytes, bool fits)
    {
        books.Links.Update(zone, link => link with
        {
            Loads = bytes > options.MaxMessageBytes / 5 * 4
                ? link.Loads.SetItem(type, new LinkLoad(type, bytes, options.MaxMessageBytes))
                : link.Loads.Remove(type),
        });
        if (!fits)
        {
            LogTooLarge(log, type, zone, bytes, options.MaxMessageBytes);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Zone {Zone} is connected from {Address}, version {Version}")]
    private static partial void LogJoined(ILogger logger, string zone, string address, string version);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Zone {Zone} refused {Type}: {Reason}")]
    private static partial void LogRefused(ILogger logger, string zone, string type, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "All {Type} together are too large for zone {Zone}: {Bytes} bytes, limit {Limit}. They are not delivered; all other kinds are.")]
    private static partial void LogTooLarge(ILogger logger, string type, string zone, long bytes, long limit);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Zone {Zone} sent {Key} with the name of another zone in it; it is stored as this zone's.")]
    private static partial void LogClaim(ILogger logger, string zone, ResourceKey key);
}

/// <summary>The books that streams write to.</summary>
internal sealed record KdsBooks(DeliveryLedger Ledger, ZoneBook Zones, ZoneLinks Links);

/// <summary>Whether versions of control planes fit.</summary>
internal static class KumaVersions
{
    /// <summary>Same major version and at most two minor versions apart; what cannot be read counts as fitting (Kuma's rule).</summary>
    public static bool Compatible(string version)
    {
        if (version.Contains("preview", StringComparison.Ordinal) || !TryParse(version, out var theirs) || !TryParse(KdsIdentity.KumaVersion, out var ours))
        {
            return true;
        }

        return theirs.Major == ours.Major && Math.Abs(theirs.Minor - ours.Minor) <= 2;
    }

    /// <summary>Whether a version is this one or later; false for one that cannot be read.</summary>
    public static bool IsAtLeast(string version, int major, int minor) =>
        TryParse(version, out var theirs) && (theirs.Major > major || (theirs.Major == major && theirs.Minor >= minor));

    private static bool TryParse(string version, out (int Major, int Minor) parsed)
    {
        parsed = default;
        var parts = version.TrimStart('v').Split('.', '-', '+');
        if (parts.Length < 2 || !int.TryParse(parts[0], out var major) || !int.TryParse(parts[1], out var minor))
        {
            return false;
        }

        parsed = (major, minor);
        return true;
    }
}
