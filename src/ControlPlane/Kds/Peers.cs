using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.Extensions.Logging;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>Where another instance of this control plane answers REST requests of its peers.</summary>
/// <param name="Url">HTTPS address, for example <c>https://10.0.0.5:5682</c>.</param>
/// <param name="Fingerprint">SHA-256 of the certificate it shows there.</param>
public sealed record InstanceAddress(string Url, string Fingerprint);

/// <summary>Where this instance answers; null when it does not.</summary>
public delegate InstanceAddress? OwnAddress();

/// <summary>Another instance on the same store.</summary>
/// <param name="Id">Its instance id, new at each start.</param>
/// <param name="Address">Where it answers, or null.</param>
/// <param name="Heard">When it last said that it is there (UTC).</param>
internal sealed record Peer(string Id, InstanceAddress? Address, DateTimeOffset Heard);

/// <summary>
/// The other instances of global on the same PostgreSQL. Each says through the database every 5 s that it is there, which
/// writes nothing; who is not heard for 15 s is gone. While this instance hears nothing at all it keeps what it knew.
/// </summary>
internal sealed partial class Peers
{
    private const string Hello = "hello ";
    private const string Here = "here ";
    private const string Gone = "gone ";
    private readonly StoreNotices notices;
    private readonly KdsIdentity identity;
    private readonly KdsOptions options;
    private readonly OwnAddress address;
    private readonly TimeProvider time;
    private readonly ILogger<Peers> log;
    private readonly Signal tell = new();

    public Peers(StoreNotices notices, KdsIdentity identity, KdsOptions options, OwnAddress address, TimeProvider time, ILogger<Peers> log)
    {
        this.notices = notices;
        this.identity = identity;
        this.options = options;
        this.address = address;
        this.time = time;
        this.log = log;
    }

    /// <summary>The instances that are there, without this one, by id; watch it.</summary>
    public Live<ImmutableSortedDictionary<string, Peer>> Board { get; } = new(ImmutableSortedDictionary.Create<string, Peer>(StringComparer.Ordinal));

    /// <summary>Whether an instance is known to be gone: not heard although we have listened long enough.</summary>
    public bool IsGone(string id) =>
        id != identity.InstanceId && !Board.Value.ContainsKey(id)
        && notices.ListeningSince is { } since && time.GetUtcNow() - since >= options.PeerTimeout;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (!notices.IsShared)
        {
            return;
        }

        notices.Heard = Hear;
        notices.Connected = token => TellAsync(Hello, token);
        var listening = notices.RunAsync(cancellationToken);
        try
        {
            while (true)
            {
                await tell.WaitAsync(options.PeerInterval, time, cancellationToken).ConfigureAwait(false);
                await TellAsync(Here, cancellationToken).ConfigureAwait(false);
                Forget();
            }
        }
        finally
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), time);
            await TellAsync(Gone, limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TellAsync(string what, CancellationToken cancellationToken)
    {
        try
        {
            await notices.TellAsync(what + JsonSerializer.Serialize(new Peer(identity.InstanceId, address(), default), Json.Compact), cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            LogSilent(log, e.Message); // the writer of the store tells it as an error; here it means only that peers do not hear us
        }
    }

    private void Hear(string notice)
    {
        foreach (var what in (string[])[Hello, Here, Gone])
        {
            if (notice.StartsWith(what, StringComparison.Ordinal) && Read(notice[what.Length..]) is { } peer && peer.Id != identity.InstanceId)
            {
                Board.Update(board => what == Gone ? board.Remove(peer.Id) : board.SetItem(peer.Id, peer with { Heard = time.GetUtcNow() }));
                if (what == Hello)
                {
                    tell.Set();
                }
            }
        }
    }

    private static Peer? Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<Peer>(text, Json.Compact) is { Id.Length: > 0 } peer ? peer : null;
        }
        catch (JsonException)
        {
            return null; // of another version, or of somebody else who uses the database
        }
    }

    private void Forget()
    {
        var now = time.GetUtcNow();
        if (notices.ListeningSince is not { } since || now - since < options.PeerTimeout)
        {
            return;
        }

        Board.Update(board =>
        {
            var gone = board.Values.Where(p => now - p.Heard >= options.PeerTimeout).Select(p => p.Id).ToList();
            return gone.Count == 0 ? board : board.RemoveRange(gone);
        });
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Other instances could not be told that this one is there: {Reason}")]
    private static partial void LogSilent(ILogger logger, string reason);
}
