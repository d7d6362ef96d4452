using System.Diagnostics.CodeAnalysis;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Protos.Kuma.System;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>The five streams of a zone.</summary>
internal enum StreamKind
{
    GlobalToZone,
    ZoneToGlobal,
    ConfigDump,
    Stats,
    Clusters,
}

/// <summary>
/// One connection of one zone: its streams live and end together. When one of them ends, whoever ended it, all others are
/// ended with a code that a zone notices.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no handle, and its token outlives the session.")]
internal sealed class ZoneSession(KdsCall call, string globalInstanceId, DateTimeOffset openedAt)
{
    /// <summary>A live link is heard at least every ten seconds, since it answers pings.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    private readonly Lock gate = new();
    private readonly CancellationTokenSource ending = new();
    private readonly Dictionary<StreamKind, DateTimeOffset> streams = [];
    private readonly KDSSubscription subscription = new()
    {
        Id = Guid.NewGuid().ToString(),
        GlobalInstanceId = globalInstanceId,
        AuthTokenProvided = call.HasToken,
        Status = new KDSSubscriptionStatus { Total = new KDSServiceStats() },
    };

    private Status? reason;
    private string? left;
    private int told;
    private KdsCall newest = call;

    /// <summary>The call that opened the first stream, or a later one of the same connection that showed a newer token.</summary>
    public KdsCall Call
    {
        get => Volatile.Read(ref newest);
        set => Volatile.Write(ref newest, value);
    }

    public string Zone => Call.Zone;

    public string ConnectionId => Call.ConnectionId;

    public string Address => Call.Address;

    public bool HasToken => Call.HasToken;

    public DateTimeOffset OpenedAt => openedAt;

    /// <summary>
    /// When the zone was last alive on it (UTC): for a connection that broke or was found dead when it was last heard, for one
    /// that this side ended the moment of that.
    /// </summary>
    public DateTimeOffset? LostAt { get; private set; }

    /// <summary>Cancelled when the session ends.</summary>
    public CancellationToken Ended => ending.Token;

    /// <summary>Why it ended; null while it lives.</summary>
    public Status? Reason => reason;

    /// <summary>True for the first caller only: the end of a session is told once, however many streams it has.</summary>
    public bool TryTellEnd() => Interlocked.Exchange(ref told, 1) == 0;

    public bool IsEnded => ending.IsCancellationRequested;

    /// <summary>What the zone told of itself.</summary>
    public PeerFacts Facts { get; private set; } = PeerFacts.None;

    /// <summary>Whether the zone says that it pings by health check.</summary>
    public bool PingsHealth { get; set; }

    /// <summary>The zone's last ping on any connection, or null.</summary>
    public DateTimeOffset? LastPing { get; set; }

    public ReverseStream<XDSConfigRequest, XDSConfigResponse> Configs { get; } = new(r => r.RequestId, (r, id) => r.RequestId = id);

    public ReverseStream<StatsRequest, StatsResponse> Stats { get; } = new(r => r.RequestId, (r, id) => r.RequestId = id);

    public ReverseStream<ClustersRequest, ClustersResponse> Clusters { get; } = new(r => r.RequestId, (r, id) => r.RequestId = id);

    public bool Has(StreamKind kind)
    {
        lock (gate)
        {
            return streams.ContainsKey(kind);
        }
    }

    public bool HasSync
    {
        get
        {
            lock (gate)
            {
                return streams.ContainsKey(StreamKind.GlobalToZone) || streams.ContainsKey(StreamKind.ZoneToGlobal);
            }
        }
    }

    public bool IsEmpty
    {
        get
        {
            lock (gate)
            {
                return streams.Count == 0;
            }
        }
    }

    public void Add(StreamKind kind, DateTimeOffset now)
    {
        lock (gate)
        {
            streams[kind] = now;
            if (kind == StreamKind.GlobalToZone)
            {
                subscription.ConnectTime = Timestamp.FromDateTimeOffset(now);
            }
        }
    }

    public void Remove(StreamKind kind, DateTimeOffset now)
    {
        lock (gate)
        {
            streams.Remove(kind);
            LostAt ??= reason is null && Call.Pulse is { } pulse ? pulse.LastHeard : now;
            if (kind == StreamKind.GlobalToZone)
            {
                subscription.DisconnectTime = Timestamp.FromDateTimeOffset(now);
            }
        }
    }

    /// <summary>How it ended, in words: our reason, or what could be seen of the zone's.</summary>
    public string How
    {
        get
        {
            lock (gate)
            {
                return left ?? reason?.Detail ?? "";
            }
        }
    }

    /// <summary>The zone ended it, or its link is dead; the first word stands.</summary>
    /// <param name="how">How it looks from here.</param>
    /// <param name="now">The time, to tell a zone that went from one that was not heard any more.</param>
    public void Left(string how, DateTimeOffset now)
    {
        lock (gate)
        {
            left ??= reason?.Detail
                ?? (Call.Pulse is { } pulse && now - pulse.LastHeard > Silence ? $"its link is dead, nothing was heard of it since {pulse.LastHeard:HH:mm:ss} UTC" : how);
        }
    }

    /// <summary>Ends all streams; the first reason stands.</summary>
    public void End(StatusCode code, string text)
    {
        lock (gate)
        {
            reason ??= new Status(code, text);
        }

        ending.Cancel();
    }

    public void Learn(PeerFacts facts, bool compatible)
    {
        lock (gate)
        {
            Facts = facts;
            subscription.ZoneInstanceId = facts.InstanceId;
            subscription.Config = facts.Config;
            subscription.Version = new MeshConsole.Protos.Kuma.System.Version
            {
                KumaCp = new KumaCpVersion
                {
                    Version = facts.Version,
                    GitTag = facts.GitTag,
                    GitCommit = facts.GitCommit,
                    BuildDate = facts.BuildDate,
                    KumaCpGlobalCompatible = compatible,
                },
            };
        }
    }

    public void Count(string type, DateTimeOffset now, ulong sent = 0, ulong acknowledged = 0, ulong rejected = 0)
    {
        lock (gate)
        {
            var status = subscription.Status;
            status.LastUpdateTime = Timestamp.FromDateTimeOffset(now);
            if (!status.Stat.TryGetValue(type, out var stat))
            {
                if (status.Stat.Count >= 256)
                {
                    return;
                }

                status.Stat[type] = stat = new KDSServiceStats();
            }

            foreach (var counter in (KDSServiceStats[])[stat, status.Total])
            {
                counter.ResponsesSent += sent;
                counter.ResponsesAcknowledged += acknowledged;
                counter.ResponsesRejected += rejected;
            }
        }
    }

    public void BumpGeneration()
    {
        lock (gate)
        {
            subscription.Generation++;
        }
    }

    /// <summary>The subscription as it is now, or null when the downward stream was never opened; and the open streams.</summary>
    public (KDSSubscription? Subscription, IReadOnlyDictionary<StreamKind, DateTimeOffset> Streams) Snapshot()
    {
        lock (gate)
        {
            return (subscription.ConnectTime is null ? null : subscription.Clone(), new Dictionary<StreamKind, DateTimeOffset>(streams));
        }
    }
}
