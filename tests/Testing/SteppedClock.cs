using Microsoft.Extensions.Time.Testing;

namespace MeshConsole.Testing;

/// <summary>
/// A clock that stands still until what is tested waits on it. A fake clock that a test advances in a loop runs away from real
/// links: an answer that is under way for a millisecond is then hours late. Here a test names the wait it means to let pass.
/// </summary>
/// <param name="start">The time at first.</param>
public sealed class SteppedClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    private readonly Lock gate = new();
    private readonly List<Waiting> timers = [];
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Time that <see cref="PassAsync"/> gives a wait to begin.</summary>
    public static TimeSpan Patience => MeshConsoleProcess.Patience;

    /// <summary>Lets a wait pass: as soon as something waits that long on this clock, the clock goes to its end.</summary>
    /// <param name="wait">Length of the wait, as it was asked for.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="TimeoutException">Nothing waits that long.</exception>
    public async Task PassAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        while (true)
        {
            Waiting? found;
            Task next;
            lock (gate)
            {
                found = timers.FirstOrDefault(t => t.Length == wait);
                found?.Begin();
                next = changed.Task;
            }

            if (found is not null)
            {
                var left = found.Ends - GetUtcNow();
                Advance(left > TimeSpan.Zero ? left : TimeSpan.Zero);
                if (found.Passed)
                {
                    return;
                }
            }

            try
            {
                await next.WaitAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                lock (gate)
                {
                    throw new TimeoutException($"Nothing waits {wait} on the clock; there are waits of [{string.Join(", ", timers.Select(t => t.Length))}].");
                }
            }
        }
    }

    /// <inheritdoc />
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var waiting = new Waiting(this, callback);
        waiting.Timer = base.CreateTimer(waiting.Fire, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        waiting.Change(dueTime, period);
        return waiting;
    }

    private void Change(Action change)
    {
        TaskCompletionSource signal;
        lock (gate)
        {
            change();
            (signal, changed) = (changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        signal.TrySetResult();
    }

    private sealed class Waiting(SteppedClock clock, TimerCallback callback) : ITimer
    {
        private TimeSpan every;

        public ITimer Timer { get; set; } = null!;

        public TimeSpan Length { get; private set; }

        public DateTimeOffset Ends { get; private set; }

        public bool Passed { get; private set; }

        public void Begin() => Passed = false;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.Change(() =>
            {
                clock.timers.Remove(this);
                (Length, every, Ends, Passed) = (dueTime, period, clock.GetUtcNow() + dueTime, false);
            });
            var changed = Timer.Change(dueTime, period);
            clock.Change(() =>
            {
                if (!Passed && dueTime > TimeSpan.Zero)
                {
                    clock.timers.Add(this);
                }
            });
            return changed;
        }

        public void Fire(object? state)
        {
            clock.Change(() =>
            {
                Passed = true;
                if (every > TimeSpan.Zero)
                {
                    (Length, Ends) = (every, clock.GetUtcNow() + every);
                }
                else
                {
                    clock.timers.Remove(this);
                }
            });
            callback(state);
        }

        public void Dispose()
        {
            Timer.Dispose();
            clock.Change(() => clock.timers.Remove(this));
        }

        public async ValueTask DisposeAsync()
        {
            await Timer.DisposeAsync().ConfigureAwait(false);
            clock.Change(() => clock.timers.Remove(this));
        }
    }
}
