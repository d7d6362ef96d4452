using System.Buffers;
using System.Globalization;
using System.Text.Json;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace MeshConsole.ControlPlane.Api;

/// <summary>
/// The changes of a list as they happen (ours): <c>GET …?watch=true</c> answers a <c>text/event-stream</c>. First comes what is
/// there (<c>item</c>, then <c>ready</c>), then <c>added</c>, <c>changed</c> and <c>deleted</c>, each with the store revision
/// as its id. Who comes back with <c>Last-Event-ID</c> gets what changed since; when that is no longer known, <c>reset</c> and
/// everything anew. A reader that is slow skips values that are out of date: nothing is queued for it.
/// </summary>
internal sealed class ChangeStreams(ResourceStore store, TimeProvider time, IHostApplicationLifetime lifetime)
{
    /// <summary>A comment is sent after this long without an event, so that both sides notice a link that is dead.</summary>
    public static readonly TimeSpan HeartBeat = TimeSpan.FromSeconds(15);

    /// <summary>A stream ends after this long and the reader comes back: its identity is checked anew then.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(30);

    /// <summary>Streams at the same time; one more is answered 503.</summary>
    public const int MaxStreams = 500;

    private static readonly JsonWriterOptions Compact = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private int open;

    /// <summary>Answers with a stream until the reader leaves, the control plane stops or <see cref="MaxAge"/> is over.</summary>
    /// <param name="context">The request; the caller may read the kind.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="mesh">The mesh, or null for all.</param>
    /// <param name="query">Filters.</param>
    /// <param name="overview">True sends overviews, also when only the insight changed.</param>
    public Task ServeAsync(HttpContext context, ResourceKind kind, string? mesh, ListQuery query, bool overview) =>
        HoldAsync(context, end => new Stream(store, time, context, kind, mesh, query, overview).RunAsync(end));

    /// <summary>The same for values that are worked out and stored nowhere: they are looked at anew when something moved.</summary>
    /// <param name="context">The request; the caller may read the values.</param>
    /// <param name="look">The values as they are now.</param>
    public Task ServeDerivedAsync(HttpContext context, Func<DerivedValues> look) =>
        HoldAsync(context, end => new DerivedStream(time, context, look).RunAsync(end));

    /// <summary>What all streams keep to: no pages, not too many, not for ever.</summary>
    private async Task HoldAsync(HttpContext context, Func<CancellationToken, Task> run)
    {
        var paging = context.Request.Query.ContainsKey("size") ? "size" : context.Request.Query.ContainsKey("offset") ? "offset" : null;
        if (paging is not null)
        {
            await ErrorBody.WriteAsync(context, Refusal.Invalid(paging, "a stream of changes has no pages", "Could not retrieve resources")).ConfigureAwait(false);
            return;
        }

        if (Interlocked.Increment(ref open) > MaxStreams)
        {
            Interlocked.Decrement(ref open);
            await ErrorBody.WriteAsync(context, new Refusal(RefusalReason.Unavailable, "Service unavailable", $"{MaxStreams} streams of changes are open already. Ask again later, or without watch.")).ConfigureAwait(false);
            return;
        }

        using var old = new CancellationTokenSource(MaxAge, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping, old.Token);
        try
        {
            await run(end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The end of every stream; what was not sent is sent when the reader comes back.
        }
        finally
        {
            Interlocked.Decrement(ref open);
        }
    }

    private sealed class Stream(ResourceStore store, TimeProvider time, HttpContext context, ResourceKind kind, string? mesh, ListQuery query, bool overview)
    {
        private readonly EventWriter events = new(context);
        private readonly string insight = kind.Name + "Insight";

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            var world = store.World.Value;
            events.Start(world.Revision);
            var last = context.Request.Headers["Last-Event-ID"].FirstOrDefault();
            var changes = new List<Change>();
            var resumed = long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var sent)
                && sent <= world.Revision
                && TryRead(sent, world, changes);
            if (!resumed)
            {
                if (!string.IsNullOrEmpty(last))
                {
                    events.Write("reset", "{}"u8);
                }

                foreach (var resource in mesh is null ? world.List(kind.Name) : world.List(kind.Name, mesh))
                {
                    if (query.Fits(resource))
                    {
                        Event("item", resource, world);
                        await events.FlushAsync(atLeast: 32768, cancellationToken).ConfigureAwait(false);
                    }
                }

                sent = world.Revision;
                events.Write("ready", "{}"u8, sent);
            }

            while (true)
            {
                await events.FlushAsync(atLeast: 0, cancellationToken).ConfigureAwait(false);
                if (resumed)
                {
                    resumed = false; // what changed meanwhile is known already
                }
                else if (await NextAsync(world, cancellationToken).ConfigureAwait(false) is { } next)
                {
                    world = next;
                    if (!TryRead(sent, world, changes))
                    {
                        return; // too far behind: the reader comes back and is told everything anew
                    }
                }
                else
                {
                    events.HeartBeat();
                    continue;
                }

                await SendAsync(changes, world, cancellationToken).ConfigureAwait(false);
                sent = world.Revision;
            }
        }

        /// <summary>Reads what led from a revision to a state; later changes, whose state is not published yet, come with the next one.</summary>
        private bool TryRead(long since, World state, List<Change> into)
        {
            into.Clear();
            var known = store.Changes.TryReadSince(since, into);
            into.RemoveAll(c => c.Revision > state.Revision);
            return known;
        }

        /// <summary>The next state, or null when it is time for a heart-beat.</summary>
        private async Task<World?> NextAsync(World known, CancellationToken cancellationToken)
        {
            using var beat = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var quiet = Task.Delay(HeartBeat, time, beat.Token);
            var next = store.World.NextAsync(known, beat.Token).AsTask();
            var first = await Task.WhenAny(next, quiet).ConfigureAwait(false);
            await beat.CancelAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            return first == next ? await next.ConfigureAwait(false) : null;
        }

        /// <summary>Sends the changes, several of one resource as one, in the order of their last revisions.</summary>
        private async Task SendAsync(List<Change> changes, World world, CancellationToken cancellationToken)
        {
            var mine = changes.Where(c => (mesh is null || c.Key.Mesh == mesh) && (c.Key.Kind == kind.Name || (overview && c.Key.Kind == insight)))
                .GroupBy(c => (c.Key.Mesh, c.Key.Name))
                .OrderBy(g => g.Last().Revision);
            foreach (var group in mine)
            {
                var own = group.Where(c => c.Key.Kind == kind.Name).ToList();
                var stored = own.Count > 0 ? own[^1].After : world.Find(kind.Name, group.Key.Mesh, group.Key.Name);
                var before = own.Count > 0 ? own[0].Before : stored;
                var (had, has) = (before is not null && query.Fits(before), stored is not null && query.Fits(stored));
                if (had || has)
                {
                    Event(has ? had ? "changed" : "added" : "deleted", has ? stored! : before!, world, group.Last().Revision);
                    await events.FlushAsync(atLeast: 32768, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        private void Event(string name, Resource resource, World world, long? revision = null)
        {
            var json = new ArrayBufferWriter<byte>(1024);
            using (var writer = new Utf8JsonWriter(json, Compact))
            {
                if (overview)
                {
                    Overview.Write(writer, resource, world);
                }
                else
                {
                    ResourceJson.Write(writer, resource);
                }
            }

            events.Write(name, json.WrittenSpan, revision);
        }
    }
}
