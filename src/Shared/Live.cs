using System.Runtime.CompilerServices;

namespace MeshConsole.Shared;

/// <summary>
/// The newest value and a way to wait for the next: the only notification primitive in the house. A slow watcher skips
/// values and always ends on the last one; nothing is queued.
/// </summary>
/// <typeparam name="T">An immutable value.</typeparam>
public sealed class Live<T>(T initial)
    where T : class
{
    private volatile Node head = new(initial);

    /// <summary>The newest value.</summary>
    public T Value => head.Value;

    /// <summary>Publishes <paramref name="value"/> and wakes every watcher.</summary>
    public void Set(T value)
    {
        var next = new Node(value);
        var previous = Interlocked.Exchange(ref head, next);
        previous.Moved.TrySetResult();
    }

    /// <summary>Publishes what <paramref name="change"/> makes of the newest value; loses no concurrent update.</summary>
    public void Update(Func<T, T> change)
    {
        while (true)
        {
            var seen = head;
            var value = change(seen.Value);
            if (ReferenceEquals(value, seen.Value))
            {
                return;
            }

            if (Interlocked.CompareExchange(ref head, new Node(value), seen) == seen)
            {
                seen.Moved.TrySetResult();
                return;
            }
        }
    }

    /// <summary>Waits until the newest value is another one than <paramref name="known"/>, and returns it.</summary>
    public async ValueTask<T> NextAsync(T known, CancellationToken cancellationToken)
    {
        while (true)
        {
            var node = head;
            if (!ReferenceEquals(node.Value, known))
            {
                return node.Value;
            }

            await node.Moved.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The newest value, then each newer one as long as the caller reads.</summary>
    public async IAsyncEnumerable<T> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var value = Value;
        while (true)
        {
            yield return value;
            value = await NextAsync(value, cancellationToken).ConfigureAwait(false);
        }
    }

    private sealed class Node(T value)
    {
        public T Value { get; } = value;

        public TaskCompletionSource Moved { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
