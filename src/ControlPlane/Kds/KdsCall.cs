using System.Net;
using Grpc.Core;
using MeshConsole.ControlPlane.Access;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>What the headers of a call say about the zone that makes it.</summary>
internal sealed record KdsCall(string Zone, string? Authorization, string ConnectionId, IPAddress? Ip, string Address, IReadOnlySet<string> Features, bool IsVersion3, bool Gzip)
{
    public bool HasToken => !string.IsNullOrWhiteSpace(Authorization);

    /// <summary>When its zone token ends (UTC); null without token, and for one that does not say.</summary>
    public DateTimeOffset? TokenEnds { get; init; } = Tokens.EndOf(Bearer(Authorization));

    /// <summary>What the decision to let it in rested on; null before that.</summary>
    public AdmissionGrounds? Grounds { get; init; }

    /// <summary>When its connection was last heard; null where nobody watches it.</summary>
    public LinkPulse? Pulse { get; init; }

    public bool HashedNames => Features.Contains(KdsFeatures.HashSuffix);

    /// <summary>Without the token, which must not get into logs.</summary>
    public override string ToString() => $"zone {Zone} at {Address}";

    /// <summary>The token in a header <c>authorization</c>.</summary>
    public static string Bearer(string? authorization) => authorization is null
        ? ""
        : authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? authorization[7..].Trim() : authorization.Trim();

    /// <summary>Reads the headers.</summary>
    /// <exception cref="RpcException">The zone's name is missing.</exception>
    public static KdsCall Read(ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var headers = http.Request.Headers;
        if (headers["client-id"].FirstOrDefault() is not { Length: > 0 } zone)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "\"client-id\" is not present in metadata"));
        }

        // A Kuma zone sends one field per feature, a .NET client one field with commas.
        var features = headers["features"].SelectMany(f => (f ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        return new KdsCall(
            zone,
            headers.Authorization.FirstOrDefault(),
            http.Connection.Id,
            http.Connection.RemoteIpAddress,
            $"{http.Connection.RemoteIpAddress}:{http.Connection.RemotePort}",
            new HashSet<string>(features, StringComparer.Ordinal),
            headers["zone-version"].FirstOrDefault() == "v3",
            headers["grpc-encoding"].FirstOrDefault() == "gzip")
        {
            Pulse = http.Features.Get<LinkPulse>(),
        };
    }
}

/// <summary>The stored secrets and lists that admissions rest on: as long as they are the same, so is the decision, but for the time.</summary>
internal sealed record AdmissionGrounds(object Secrets, object Lists)
{
    public static AdmissionGrounds Of(MeshConsole.ControlPlane.Store.World world) => new(world.Table("GlobalSecret"), world.Table("ZoneAdmission"));

    public bool Same(AdmissionGrounds other) => ReferenceEquals(Secrets, other.Secrets) && ReferenceEquals(Lists, other.Lists);
}

/// <summary>Lets calls in and makes their zones.</summary>
internal sealed partial class KdsDoor(
    ZoneAdmission admission,
    ZoneSessions sessions,
    ZoneLinks links,
    MeshConsole.ControlPlane.Store.ResourceStore store,
    KindRegistry kinds,
    TimeProvider time,
    Microsoft.Extensions.Logging.ILogger<KdsDoor> log)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1); // a timer cannot wait for a year

    private readonly LogLimit limit = new(time);
    private readonly Signal tokens = new();

    /// <summary>Authenticates, before anything else happens.</summary>
    /// <exception cref="RpcException">The call is refused; the text says why.</exception>
    public async ValueTask<KdsCall> AdmitAsync(ServerCallContext context)
    {
        var grounds = AdmissionGrounds.Of(store.World.Value);
        var call = KdsCall.Read(context) with { Grounds = grounds };
        if (await admission.RefuseAsync(call.Zone, call.Authorization, call.Ip).ConfigureAwait(false) is not { } reason)
        {
            return call;
        }

        var name = call.Zone.Length <= 63 ? call.Zone : call.Zone[..63];
        links.Refused(name, reason, call.Address);
        if (limit.MayTell(name, out var untold))
        {
            LogRefused(log, name, call.Address, reason, untold);
        }

        throw new RpcException(new Status(call.HasToken ? StatusCode.PermissionDenied : StatusCode.Unauthenticated, reason));
    }

    /// <summary>
    /// Looks again at connections that were let in, whenever tokens are revoked, signing keys go, or the list of zones without
    /// token changes; ends those that would not be let in any more.
    /// </summary>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        var world = store.World.Value;
        while (true)
        {
            var next = await store.World.NextAsync(world, cancellationToken).ConfigureAwait(false);
            var changed = !AdmissionGrounds.Of(next).Same(AdmissionGrounds.Of(world));
            world = next;
            if (!changed)
            {
                continue;
            }

            foreach (var session in sessions.All())
            {
                await CheckAsync(session).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Ends connections at the moment their token does, unless they showed a newer one meanwhile.</summary>
    public async Task WatchExpiryAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = time.GetUtcNow();
            TimeSpan? next = null;
            foreach (var session in sessions.All())
            {
                if (session.Call.TokenEnds is not { } ends)
                {
                    continue;
                }

                if (ends <= now)
                {
                    await CheckAsync(session).ConfigureAwait(false);
                }
                else if (next is null || ends - now < next)
                {
                    next = ends - now;
                }
            }

            await tokens.WaitAsync(next > LongestWait ? LongestWait : next, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Takes the token that an admitted call shows for the connection it came on: a zone changes its token without a new
    /// connection by showing the new one in its next health check.
    /// </summary>
    public void Renew(KdsCall call)
    {
        foreach (var session in sessions.All())
        {
            if (session.Zone == call.Zone && session.ConnectionId == call.ConnectionId && session.Call.Authorization != call.Authorization)
            {
                session.Call = session.Call with { Authorization = call.Authorization, TokenEnds = call.TokenEnds };
                tokens.Set();
            }
        }
    }

    private async ValueTask CheckAsync(ZoneSession session)
    {
        if (await admission.RefuseAsync(session.Zone, session.Call.Authorization, session.Call.Ip).ConfigureAwait(false) is { } reason)
        {
            links.Refused(session.Zone, reason, session.Address);
            LogRevoked(log, session.Zone, session.Address, reason);
            session.End(session.HasToken ? StatusCode.PermissionDenied : StatusCode.Unauthenticated, reason);
        }
    }

    /// <summary>Registers a stream of an admitted call; its Zone exists afterwards.</summary>
    public async Task<StreamLease> OpenAsync(KdsCall call, StreamKind kind, CancellationToken cancellationToken)
    {
        await EnsureZoneAsync(call.Zone, cancellationToken).ConfigureAwait(false);
        if (cancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "the call is over")); // a late stream of a connection that has ended must not read online
        }

        StreamLease lease;
        try
        {
            lease = sessions.Open(call, kind);
        }
        catch (RpcException e)
        {
            if (limit.MayTell(call.Zone, out var untold))
            {
                LogRefused(log, call.Zone, call.Address, e.Status.Detail, untold); // a twin that is held off
            }

            throw;
        }

        lease.Session.PingsHealth |= call.Features.Contains(KdsFeatures.ZonePingHealth);
        if (call.TokenEnds is not null)
        {
            tokens.Set();
        }

        if (call.Grounds is { } grounds && !grounds.Same(AdmissionGrounds.Of(store.World.Value)))
        {
            await CheckAsync(lease.Session).ConfigureAwait(false); // who looked at all connections meanwhile did not see this one
        }

        return lease;
    }

    /// <summary>Makes the Zone of a zone that connects for the first time.</summary>
    public async Task EnsureZoneAsync(string zone, CancellationToken cancellationToken)
    {
        if (store.World.Value.Find("Zone", zone) is not null)
        {
            return;
        }

        await store.CommitAsync(
            Actor.OfZone(zone),
            transaction =>
            {
                if (transaction.World.Find("Zone", zone) is null)
                {
                    transaction.Put(new Resource { Kind = kinds["Zone"], Name = zone, Spec = JsonBody.FromText("""{"enabled":true}""") }, history: true);
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    [Microsoft.Extensions.Logging.LoggerMessage(Level = Microsoft.Extensions.Logging.LogLevel.Warning, Message = "A connection as zone {Zone} from {Address} is refused: {Reason} ({Untold} more refusals since this was last told)")]
    private static partial void LogRefused(Microsoft.Extensions.Logging.ILogger logger, string zone, string address, string reason, int untold);

    [Microsoft.Extensions.Logging.LoggerMessage(Level = Microsoft.Extensions.Logging.LogLevel.Warning, Message = "The connection of zone {Zone} from {Address} is ended: {Reason}")]
    private static partial void LogRevoked(Microsoft.Extensions.Logging.ILogger logger, string zone, string address, string reason);
}
