using System.Runtime.CompilerServices;

namespace MeshConsole.Cli.Client;

/// <summary>One event of a stream.</summary>
/// <param name="Name">What happened.</param>
/// <param name="Data">Its JSON.</param>
/// <param name="Id">Where to go on from, or null.</param>
internal sealed record ServerEvent(string Name, string Data, string? Id);

/// <summary>An open <c>text/event-stream</c>. Comments are signs of life: without any line for <see cref="Silence"/> the link counts as dead.</summary>
internal sealed class ServerEvents(HttpResponseMessage response, TimeProvider time) : IDisposable
{
    /// <summary>Longest time without a line; MeshConsole sends one at least every 15 s.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(45);

    /// <summary>The events until the control plane ends the stream.</summary>
    /// <exception cref="IOException">The link broke or is silent.</exception>
    public async IAsyncEnumerable<ServerEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        var (name, id) = ("message", (string?)null);
        var data = new List<string>();
        while (await LineAsync(reader, cancellationToken) is { } line)
        {
            if (line.Length == 0)
            {
                if (data.Count > 0)
                {
                    yield return new ServerEvent(name, string.Join('\n', data), id);
                }

                (name, id) = ("message", null);
                data.Clear();
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (field, value) = colon < 0 ? (line, "") : (line[..colon], line[(colon + 1)..]);
            value = value.StartsWith(' ') ? value[1..] : value;
            switch (field)
            {
                case "event":
                    name = value;
                    break;
                case "data":
                    data.Add(value);
                    break;
                case "id":
                    id = value;
                    break;
                default:
                    break; // a comment, or something newer
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => response.Dispose();

    private async Task<string?> LineAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(Silence, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        try
        {
            return await reader.ReadLineAsync(either.Token);
        }
        catch (OperationCanceledException) when (silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"nothing was heard for {Silence.TotalSeconds:0} s");
        }
    }
}
