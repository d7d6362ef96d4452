using System.IO.Pipelines;
using System.Text;
using System.Threading.Channels;
using MeshConsole.ControlPlane.Api;
using MeshConsole.ControlPlane.Store;
using MeshConsole.ControlPlane.Tests.Store;
using MeshConsole.Shared;
using MeshConsole.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace MeshConsole.ControlPlane.Tests.Api;

/// <summary>What limits a stream of changes: heart-beat, age, number, the ring of changes. What it tells is tested over HTTP.</summary>
public sealed class ChangeStreamsTests
{
    [Fact]
    public async Task QuietStream_SendsHeartBeats_AndEndsAtItsAge()
    {
        await using var fixture = StoreFixture.Sqlite();
        var time = new HeartBeatClock();
        await using var open = Open(await fixture.OpenAsync(), time);
        Assert.Contains("event: ready", await open.ReadAsync(), StringComparison.Ordinal);
        for (var i = 0; i < 3; i++)
        {
            await time.AwaitedAsync(); // time that passes before the stream waits is time that it does not wait
            time.Advance(ChangeStreams.HeartBeat);
            Assert.Equal(": still here\n\n", await open.ReadAsync());
        }

        time.Advance(ChangeStreams.MaxAge);
        await open.Served.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Stream_OneTooMany_IsRefused_UntilAnotherEnds()
    {
        await using var fixture = StoreFixture.Sqlite();
        var streams = new ChangeStreams(await fixture.OpenAsync(), TimeProvider.System, new Lifetime());
        var open = Enumerable.Range(0, ChangeStreams.MaxStreams).Select(_ => new OpenStream(streams, "")).ToList();
        await using (var refused = new OpenStream(streams, ""))
        {
            await refused.Served;
            Assert.Equal(StatusCodes.Status503ServiceUnavailable, refused.Status);
        }

        await open[0].DisposeAsync();
        await using (var next = new OpenStream(streams, ""))
        {
            Assert.Contains("event: ready", await next.ReadAsync(), StringComparison.Ordinal);
        }

        foreach (var stream in open.Skip(1))
        {
            await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task Reader_ThatFellOutOfTheRing_IsToldEverythingAnew()
    {
        await using var fixture = StoreFixture.Sqlite();
        var store = await fixture.OpenAsync();
        await store.CommitAsync(Actor.System, t => t.Put(new Resource { Kind = SampleKind.Board, Name = "first", Spec = JsonBody.FromText("{}") }, history: false), TestContext.Current.CancellationToken);
        for (var i = 0; i < 20; i++)
        {
            await store.CommitAsync(
                Actor.System,
                t =>
                {
                    for (var n = 0; n < 1000; n++)
                    {
                        t.Put(new Resource { Kind = SampleKind.Board, Name = "busy", Spec = JsonBody.FromText($$"""{"text":"{{i}}-{{n}}"}""") }, history: false);
                    }

                    return 0;
                },
                TestContext.Current.CancellationToken);
        }

        await using var open = Open(store, TimeProvider.System, last: "1");
        var text = await open.ReadAsync();
        Assert.StartsWith("event: reset\n", text, StringComparison.Ordinal);
        Assert.Contains("\"name\":\"first\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_OfSeveralLines_IsSentAsSeveralLines()
    {
        await using var fixture = StoreFixture.Sqlite();
        var store = await fixture.OpenAsync();
        await store.CommitAsync(Actor.System, t => t.Put(new Resource { Kind = SampleKind.Board, Name = "b", Spec = JsonBody.FromText("{\n \"text\": \"x\"\n}") }, history: false), TestContext.Current.CancellationToken);
        await using var open = Open(store, TimeProvider.System);
        var lines = (await open.ReadAsync()).Split('\n');
        Assert.All(lines.Where(l => l.Length > 0), l => Assert.Matches("^(id|event|data): ", l));
    }

    private static OpenStream Open(ResourceStore store, TimeProvider time, string last = "") => new(new ChangeStreams(store, time, new Lifetime()), last);

    private sealed class OpenStream : IAsyncDisposable
    {
        private readonly CancellationTokenSource aborted = new();
        private readonly Pipe pipe = new();
        private readonly DefaultHttpContext context = new();

        public OpenStream(ChangeStreams streams, string last)
        {
            context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(pipe.Writer.AsStream()));
            context.RequestAborted = aborted.Token;
            context.Request.Headers["Last-Event-ID"] = last;
            var query = ListQuery.Read(context.Request, "/boards", hasTags: false).Value;
            Served = streams.ServeAsync(context, SampleKind.Board, null, query, overview: false);
        }

        public Task Served { get; }

        public int Status => context.Response.StatusCode;

        public async Task<string> ReadAsync()
        {
            var read = await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            var text = Encoding.UTF8.GetString(read.Buffer);
            pipe.Reader.AdvanceTo(read.Buffer.End);
            return text;
        }

        public async ValueTask DisposeAsync()
        {
            await aborted.CancelAsync();
            await Served;
            aborted.Dispose();
        }
    }

    /// <summary>A clock that stands still, and tells when a stream begins to wait for its next heart-beat.</summary>
    private sealed class HeartBeatClock : FakeTimeProvider
    {
        private readonly Channel<bool> awaited = Channel.CreateUnbounded<bool>();

        public Task<bool> AwaitedAsync() => awaited.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime == ChangeStreams.HeartBeat)
            {
                awaited.Writer.TryWrite(true);
            }

            return timer;
        }
    }

    private sealed class Lifetime : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => throw new NotSupportedException("nothing to stop here");
    }
}
