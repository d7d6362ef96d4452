using Microsoft.AspNetCore.Http;

namespace MeshConsole.ControlPlane.Api;

/// <summary>Values that are worked out from the store and the connections, as they are at one moment.</summary>
/// <param name="Revision">Store revision that they were worked out from.</param>
/// <param name="Items">The values, in order.</param>
/// <param name="Moved">Completes when they may be others.</param>
internal sealed record DerivedValues(long Revision, IReadOnlyList<DerivedItem> Items, Func<CancellationToken, Task> Moved);

/// <summary>One such value.</summary>
/// <param name="Key">What it is about.</param>
/// <param name="Content">What has to be another for the value to have changed: times that merely go on are none of it.</param>
/// <param name="Json">What is sent.</param>
internal sealed record DerivedItem(string Key, ReadOnlyMemory<byte> Content, ReadOnlyMemory<byte> Json);

/// <summary>
/// The changes of derived values, in the form of <see cref="ChangeStreams"/>. They are looked at anew at most once in
/// <see cref="Pause"/>, however much is written meanwhile. Nothing remembers what a value was before, so a reader who comes
/// back is told everything anew.
/// </summary>
internal sealed class DerivedStream(TimeProvider time, HttpContext context, Func<DerivedValues> look)
{
    /// <summary>Shortest time between two looks (Kuma counts as often).</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly EventWriter events = new(context);

    /// <summary>Sends until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var now = look();
        events.Start(now.Revision);
        if (!string.IsNullOrEmpty(context.Request.Headers["Last-Event-ID"].FirstOrDefault()))
        {
            events.Write("reset", "{}"u8);
        }

        foreach (var item in now.Items)
        {
            events.Write("item", item.Json.Span);
        }

        events.Write("ready", "{}"u8, now.Revision);
        var known = now.Items.ToDictionary(i => i.Key, StringComparer.Ordinal);
        while (true)
        {
            await events.FlushAsync(atLeast: 0, cancellationToken).ConfigureAwait(false);
            if (!await MovedAsync(now, cancellationToken).ConfigureAwait(false))
            {
                events.HeartBeat();
                continue;
            }

            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
            now = look();
            foreach (var item in now.Items)
            {
                var before = known.GetValueOrDefault(item.Key);
                if (before is null || !before.Content.Span.SequenceEqual(item.Content.Span))
                {
                    events.Write(before is null ? "added" : "changed", item.Json.Span, now.Revision);
                }
            }

            var next = now.Items.ToDictionary(i => i.Key, StringComparer.Ordinal);
            foreach (var gone in known.Values.Where(i => !next.ContainsKey(i.Key)))
            {
                events.Write("deleted", gone.Json.Span, now.Revision);
            }

            known = next;
        }
    }

    /// <summary>True when the values may be others; false when it is time for a heart-beat.</summary>
    private async Task<bool> MovedAsync(DerivedValues values, CancellationToken cancellationToken)
    {
        using var beat = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var moved = values.Moved(beat.Token);
        var first = await Task.WhenAny(moved, Task.Delay(ChangeStreams.HeartBeat, time, beat.Token)).ConfigureAwait(false);
        await beat.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (first == moved)
        {
            await moved.ConfigureAwait(false);
        }

        return first == moved;
    }
}
