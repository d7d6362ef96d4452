using Microsoft.Extensions.Logging;
using Npgsql;

namespace MeshConsole.ControlPlane.Store;

/// <summary>
/// What instances on one PostgreSQL database tell each other through it (LISTEN and NOTIFY): every commit says its revision,
/// and whoever hears of a newer one than it holds reads what others wrote. With any other store it is silent.
/// </summary>
public sealed partial class StoreNotices
{
    /// <summary>The channel's name in the database.</summary>
    internal const string Channel = "meshconsole";

    /// <summary>Notices of a commit begin with it; the revision follows.</summary>
    internal const string Changed = "changed ";

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private readonly ResourceStore store;
    private readonly StoreOptions options;
    private readonly TimeProvider time;
    private readonly ILogger<StoreNotices> log;

    internal StoreNotices(ResourceStore store, StoreOptions options, TimeProvider time, ILogger<StoreNotices> log)
    {
        this.store = store;
        this.options = options;
        this.time = time;
        this.log = log;
    }

    /// <summary>True where other instances may share the store.</summary>
    public bool IsShared => options.IsPostgres;

    /// <summary>Since when notices are heard without a gap (UTC); null while they are not.</summary>
    public DateTimeOffset? ListeningSince { get; private set; }

    /// <summary>Called with each notice that is not of a commit.</summary>
    public Action<string> Heard { get; set; } = _ => { };

    /// <summary>Called when notices are heard again, or for the first time.</summary>
    public Func<CancellationToken, Task> Connected { get; set; } = _ => Task.CompletedTask;

    /// <summary>Tells all instances, this one too. At most 8,000 bytes.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task TellAsync(string notice, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(options.ConnectionString);
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using var command = new NpgsqlCommand($"SELECT pg_notify('{Channel}', $1)", connection) { Parameters = { new() { Value = notice } } };
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or System.Net.Sockets.SocketException or IOException)
        {
            throw new StoreUnavailableException($"The store is not available: {e.Message}", e);
        }
    }

    /// <summary>Listens until cancelled; a link that breaks is made anew, and what was missed meanwhile is read.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (!IsShared)
        {
            return;
        }

        var pause = FirstPause;
        while (true)
        {
            try
            {
                await ListenAsync(() => pause = FirstPause, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is NpgsqlException or System.Net.Sockets.SocketException or IOException or StoreUnavailableException or TimeoutException)
            {
                if (pause == FirstPause)
                {
                    LogLost(log, e.Message);
                }
            }
            finally
            {
                ListeningSince = null;
            }

            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task ListenAsync(Action connected, CancellationToken cancellationToken)
    {
        // A connection of its own, which is never idle: a link that died without a word shows within seconds.
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString) { Pooling = false, KeepAlive = 5, ApplicationName = "MeshConsole notices" };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        var newest = 0L;
        connection.Notification += (_, notice) =>
        {
            if (!notice.Payload.StartsWith(Changed, StringComparison.Ordinal))
            {
                Heard(notice.Payload);
            }
            else if (long.TryParse(notice.Payload.AsSpan(Changed.Length), out var revision))
            {
                newest = Math.Max(newest, revision);
            }
        };
        await using (var listen = new NpgsqlCommand($"LISTEN {Channel}", connection))
        {
            await listen.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        await store.CatchUpAsync(cancellationToken).ConfigureAwait(false); // what was written before we listened
        ListeningSince = time.GetUtcNow();
        await Connected(cancellationToken).ConfigureAwait(false);
        connected();
        while (true)
        {
            await connection.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (newest > store.World.Value.Revision)
            {
                await store.CatchUpAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What other instances write is not heard at present; it is tried again, and then read: {Reason}")]
    private static partial void LogLost(ILogger logger, string reason);
}
