using System.Diagnostics;

namespace MeshConsole.Testing;

/// <summary>
/// Waits for what another process shows only when it is asked. Inside one process, await the signal instead
/// (<c>Live&lt;T&gt;</c>, a completion source): this is for REST across processes only.
/// </summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Asks again and again until the answer is not null.</summary>
    /// <param name="ask">Gives the answer, or null when it is not there yet. A refused connection counts as not there.</param>
    /// <param name="wanted">What is waited for, in words, for the message.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="patience">How long; default <see cref="MeshConsoleProcess.Patience"/>.</param>
    /// <exception cref="TimeoutException">It did not come.</exception>
    public static async Task<T> GetAsync<T>(Func<Task<T?>> ask, string wanted, CancellationToken cancellationToken, TimeSpan? patience = null)
        where T : class
    {
        var limit = patience ?? MeshConsoleProcess.Patience;
        var began = Stopwatch.GetTimestamp();
        var last = "it was not there";
        while (Stopwatch.GetElapsedTime(began) < limit)
        {
            try
            {
                if (await ask().ConfigureAwait(false) is { } answer)
                {
                    return answer;
                }
            }
            catch (HttpRequestException e)
            {
                last = e.Message;
            }

            await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
        }

        throw new TimeoutException($"Within {limit.TotalSeconds:0} s there was no {wanted}: {last}");
    }

    /// <summary>Asks again and again until the answer is yes.</summary>
    /// <param name="ask">The question. A refused connection counts as no.</param>
    /// <param name="wanted">What is waited for, in words, for the message.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="patience">How long; default <see cref="MeshConsoleProcess.Patience"/>.</param>
    /// <exception cref="TimeoutException">It did not come.</exception>
    public static Task TrueAsync(Func<Task<bool>> ask, string wanted, CancellationToken cancellationToken, TimeSpan? patience = null) =>
        GetAsync(async () => await ask().ConfigureAwait(false) ? "yes" : null, wanted, cancellationToken, patience);
}
