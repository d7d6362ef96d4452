using Grpc.Core;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Protos.Kuma.System;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>
/// Takes into <see cref="ZoneLinks"/> which zones are connected with other instances: those whose stored subscription is open and
/// whose instance is there. Ends a connection here when the zone has a newer one elsewhere.
/// </summary>
internal sealed class PeerLinks(ResourceStore store, KindRegistry kinds, Peers peers, ZoneLinks links, ZoneSessions sessions, ZoneBook book, KdsIdentity identity, TimeProvider time)
{
    private readonly ZoneInsightKind kind = (ZoneInsightKind)kinds["ZoneInsight"];
    private readonly Signal signal = new();

    public async Task RunAsync(bool isShared, KdsOptions options, CancellationToken cancellationToken)
    {
        if (!isShared)
        {
            return;
        }

        book.IsGone = peers.IsGone;
        var watching = Task.WhenAll(WatchInsightsAsync(cancellationToken), WatchPeersAsync(cancellationToken));
        while (!watching.IsCompleted)
        {
            Apply();
            await signal.WaitAsync(options.PeerTimeout, time, cancellationToken).ConfigureAwait(false);
        }

        await watching.ConfigureAwait(false);
    }

    /// <summary>Looks at every zone once.</summary>
    internal void Apply()
    {
        var world = store.World.Value;
        var leftovers = false;
        foreach (var resource in world.List(kind.Name))
        {
            var insight = kind.Spec(resource);
            var open = insight.Subscriptions.LastOrDefault(s => s.DisconnectTime is null && s.GlobalInstanceId != identity.InstanceId);
            leftovers |= open is not null && peers.IsGone(open.GlobalInstanceId);
            Show(resource.Name, open is not null && peers.Board.Value.ContainsKey(open.GlobalInstanceId) ? open : null);
            EndOlder(resource.Name, insight);
        }

        if (leftovers)
        {
            book.LookForLeftovers();
        }
    }

    private void Show(string zone, KDSSubscription? elsewhere)
    {
        var now = time.GetUtcNow();
        links.Update(zone, link => (link, elsewhere) switch
        {
            ({ Connected: true, Instance: "" }, _) => link, // it is ours
            (_, { } held) => link with
            {
                Connected = true,
                Instance = held.GlobalInstanceId,
                Ended = "",
                Since = held.ConnectTime?.ToDateTimeOffset(),
                LastSeen = now,
                Address = "",
                InstanceId = held.ZoneInstanceId,
                Version = held.Version?.KumaCp?.Version ?? "",
                HasToken = held.AuthTokenProvided,
                Refusal = null,
                Loads = link.Loads.Clear(),
            },
            ({ Connected: true }, null) => link with { Connected = false, Since = now, LastSeen = now, Ended = $"its connection with instance {link.Instance} ended" },
            _ => link,
        });
    }

    /// <summary>The newest connection of a zone wins, also over one with another instance.</summary>
    private void EndOlder(string zone, ZoneInsight insight)
    {
        if (insight.KdsStreams?.GlobalToZone is not { ConnectTime: { } newest } stream
            || stream.GlobalInstanceId == identity.InstanceId || !peers.Board.Value.ContainsKey(stream.GlobalInstanceId))
        {
            return;
        }

        foreach (var session in sessions.All())
        {
            if (session.Zone == zone && session.Has(StreamKind.GlobalToZone) && session.OpenedAt < newest.ToDateTimeOffset())
            {
                session.End(StatusCode.Unavailable, $"zone {zone} was taken over by a newer connection with instance {stream.GlobalInstanceId}");
            }
        }
    }

    private async Task WatchInsightsAsync(CancellationToken cancellationToken)
    {
        var world = store.World.Value;
        while (true)
        {
            var next = await store.World.NextAsync(world, cancellationToken).ConfigureAwait(false);
            if (!ReferenceEquals(next.Table(kind.Name), world.Table(kind.Name)))
            {
                signal.Set();
            }

            world = next;
        }
    }

    private async Task WatchPeersAsync(CancellationToken cancellationToken)
    {
        var board = peers.Board.Value;
        while (true)
        {
            board = await peers.Board.NextAsync(board, cancellationToken).ConfigureAwait(false);
            signal.Set();
        }
    }
}
