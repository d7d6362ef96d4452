using System.Collections.Concurrent;
using System.Threading.Channels;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>
/// Requests that global makes of a zone: they travel as messages to the zone and come back as messages from it, told apart by
/// an id. A late or unknown answer is passed over; it costs the zone nothing.
/// </summary>
/// <param name="id">Id of an answer.</param>
/// <param name="setId">Gives a request its id.</param>
internal sealed class ReverseStream<TRequest, TResponse>(Func<TResponse, string> id, Action<TRequest, string> setId)
    where TRequest : class
    where TResponse : class
{
    private readonly Channel<TRequest> outgoing = Channel.CreateBounded<TRequest>(256);
    private readonly ConcurrentDictionary<string, TaskCompletionSource<TResponse>> waiting = new(StringComparer.Ordinal);

    /// <summary>The requests to be written to the zone.</summary>
    public ChannelReader<TRequest> Outgoing => outgoing.Reader;

    /// <summary>Asks and waits; the waiter is there before the request leaves.</summary>
    /// <exception cref="TimeoutException">No answer came in time.</exception>
    public async Task<TResponse> AskAsync(TRequest request, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        var requestId = Guid.NewGuid().ToString();
        setId(request, requestId);
        var answer = new TaskCompletionSource<TResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting[requestId] = answer;
        try
        {
            if (!outgoing.Writer.TryWrite(request))
            {
                throw new TimeoutException("too many requests wait for this zone");
            }

            return await answer.Task.WaitAsync(limit, time, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            waiting.TryRemove(requestId, out _);
        }
    }

    /// <summary>Hands an answer to who waits for it; false when nobody does.</summary>
    public bool Answer(TResponse response) => waiting.TryRemove(id(response), out var answer) && answer.TrySetResult(response);
}
