using Grpc.Core;
using MeshConsole.ControlPlane.Delivery;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>One open stream of a session; disposing it is the end of the stream.</summary>
internal sealed class StreamLease(ZoneSession session, StreamKind kind, Action<ZoneSession, StreamKind> close) : IDisposable
{
    public ZoneSession Session => session;

    public void Dispose() => close(session, kind);
}

/// <summary>
/// The connections of all zones with this instance. Two that claim one zone: the newest wins and the older one ends; at the
/// third such change within a minute, with whichever instances, the later claimant is held off, and an alarm is raised.
/// </summary>
internal sealed class ZoneSessions(ZoneLinks links, ZoneBook book, DeliveryLedger ledger, KdsOptions options, KdsIdentity identity, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, List<ZoneSession>> sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Queue<DateTimeOffset>> takeovers = new(StringComparer.Ordinal);

    /// <summary>Registers a stream that was let in.</summary>
    /// <exception cref="RpcException">The zone is held by another connection that keeps coming back.</exception>
    public StreamLease Open(KdsCall call, StreamKind kind)
    {
        var (zone, connectionId, address) = (call.Zone, call.ConnectionId, call.Address);
        var now = time.GetUtcNow();
        ZoneSession session;
        List<(ZoneSession Session, string Why)> ended = [];
        lock (gate)
        {
            if (!sessions.TryGetValue(zone, out var list))
            {
                sessions[zone] = list = [];
            }

            var others = list.Where(s => !s.IsEnded && s.ConnectionId != connectionId && s.Has(kind)).ToList();
            if (others.Count > 0 || (kind == StreamKind.GlobalToZone && book.IsHeldElsewhere(zone)))
            {
                HoldOffTwin(zone, address, now);
                ended.AddRange(others.Select(o => (o, $"zone {zone} was taken over by a newer connection from {address}")));
            }

            var own = list.FirstOrDefault(s => !s.IsEnded && s.ConnectionId == connectionId);
            if (own is not null && own.Has(kind))
            {
                ended.Add((own, "the same stream was opened again on this connection"));
                own = null;
            }

            session = own ?? new ZoneSession(call, identity.InstanceId, now);
            if (own is null)
            {
                list.Add(session);
            }

            session.Add(kind, now);
        }

        foreach (var (old, why) in ended)
        {
            old.End(StatusCode.Unavailable, why);
        }

        UpdateLink(zone);
        book.Touch(session, urgent: true);
        return new StreamLease(session, kind, Close);
    }

    /// <summary>The live session of a zone that has a stream, the newest when there are several; or null.</summary>
    public ZoneSession? Find(string zone, StreamKind kind)
    {
        lock (gate)
        {
            return sessions.TryGetValue(zone, out var list) ? list.LastOrDefault(s => !s.IsEnded && s.Has(kind)) : null;
        }
    }

    /// <summary>Ends every connection of a zone.</summary>
    public void End(string zone, StatusCode code, string why)
    {
        foreach (var session in All().Where(s => s.Zone == zone))
        {
            session.End(code, why);
        }
    }

    /// <summary>All live sessions.</summary>
    public IReadOnlyList<ZoneSession> All()
    {
        lock (gate)
        {
            return [.. sessions.Values.SelectMany(l => l).Where(s => !s.IsEnded)];
        }
    }

    /// <summary>A zone pinged.</summary>
    public void Pinged(string zone)
    {
        var now = time.GetUtcNow();
        foreach (var session in All().Where(s => s.Zone == zone))
        {
            session.LastPing = now;
        }
    }

    /// <summary>Cuts zones off that can ping and did not for too long; a connection newer than that is spared.</summary>
    public void CheckHealth()
    {
        if (options.HealthCheckTimeout <= TimeSpan.Zero)
        {
            return;
        }

        var deadline = time.GetUtcNow() - options.HealthCheckTimeout;
        foreach (var session in All())
        {
            if (session.PingsHealth && session.OpenedAt < deadline && (session.LastPing ?? session.OpenedAt) < deadline)
            {
                session.End(StatusCode.Cancelled, "stream canceled - zone hc failed");
            }
        }
    }

    /// <summary>Ends alarms whose cause is gone.</summary>
    public void ClearAlarms()
    {
        var now = time.GetUtcNow();
        foreach (var (zone, link) in links.Board.Value)
        {
            bool quiet;
            lock (gate)
            {
                quiet = (!takeovers.TryGetValue(zone, out var recent) || recent.All(t => now - t > options.TwinWindow))
                    && book.TakeoversElsewhere(zone, now - options.TwinWindow) == 0;
            }

            if (link.Alarm is not null && quiet)
            {
                links.Update(zone, l => l with { Alarm = null });
            }
        }
    }

    /// <summary>Tells pages what the zone said of itself.</summary>
    public void Learned(ZoneSession session)
    {
        UpdateLink(session.Zone);
        book.Touch(session, urgent: true);
    }

    private void HoldOffTwin(string zone, string address, DateTimeOffset now)
    {
        if (!takeovers.TryGetValue(zone, out var recent))
        {
            takeovers[zone] = recent = new Queue<DateTimeOffset>();
        }

        while (recent.TryPeek(out var oldest) && now - oldest > options.TwinWindow)
        {
            recent.Dequeue();
        }

        if (recent.Count + book.TakeoversElsewhere(zone, now - options.TwinWindow) >= 2)
        {
            var why = $"two control planes claim to be zone {zone}; the one at {address} is held off. Stop one of them, or give it a name of its own.";
            links.Update(zone, l => l with { Alarm = why });
            links.Refused(zone, why, address);
            throw new RpcException(new Status(StatusCode.Unavailable, why));
        }

        recent.Enqueue(now);
    }

    private void Close(ZoneSession session, StreamKind kind)
    {
        var now = time.GetUtcNow();
        session.Remove(kind, now);
        if (kind is StreamKind.GlobalToZone or StreamKind.ZoneToGlobal || session.Reason is not null)
        {
            session.End(StatusCode.Unavailable, "stream unavailable"); // one gone, all gone: a zone would not notice by itself
        }

        bool down;
        lock (gate)
        {
            if (session.IsEmpty && sessions.TryGetValue(session.Zone, out var list))
            {
                list.Remove(session);
                if (list.Count == 0)
                {
                    sessions.Remove(session.Zone);
                }
            }

            down = !sessions.TryGetValue(session.Zone, out var left) || !left.Any(s => !s.IsEnded && s.Has(StreamKind.GlobalToZone));
        }

        if (kind == StreamKind.GlobalToZone && down)
        {
            ledger.Disconnected(session.Zone);
        }

        UpdateLink(session.Zone, session);
        book.Touch(session, urgent: true);
    }

    /// <summary>Publishes what a zone's connections amount to.</summary>
    /// <param name="zone">The zone.</param>
    /// <param name="ended">The connection that ended, if one did.</param>
    private void UpdateLink(string zone, ZoneSession? ended = null)
    {
        var now = time.GetUtcNow();
        lock (gate)
        {
            // Looked at and published in one: otherwise an end that was looked at before a beginning could be published after it.
            var live = sessions.TryGetValue(zone, out var list) ? list.LastOrDefault(s => !s.IsEnded && s.HasSync) : null;
            links.Update(zone, link => live is null
                ? link.Instance.Length > 0 || !link.Connected ? link : link with { Connected = false, Since = ended?.LostAt ?? now, LastSeen = ended?.LostAt ?? now, Ended = ended?.How ?? "" }
                : link with
                {
                    Connected = true,
                    Instance = "",
                    Ended = "",
                    Since = link.Connected && link.Address == live.Address ? link.Since : live.OpenedAt,
                    LastSeen = link.Connected ? link.LastSeen : now,
                    Address = live.Address,
                    InstanceId = live.Facts.InstanceId,
                    Version = live.Facts.Version,
                    HasToken = live.HasToken,
                    Refusal = link.Alarm is null ? null : link.Refusal,
                    Loads = link.Connected ? link.Loads : link.Loads.Clear(),
                });
        }
    }
}
