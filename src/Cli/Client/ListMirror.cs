using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Client;

/// <summary>A resource as a mirror holds it.</summary>
/// <param name="Text">Its JSON.</param>
/// <param name="Zone">The zone it came from, or null.</param>
internal sealed record Mirrored(string Text, string? Zone);

/// <summary>
/// Keeps a list as the control plane tells its changes (<c>?watch=true</c>, MeshConsole only), over broken links and restarts: it
/// says where it was and gets what changed since, or everything anew.
/// </summary>
/// <param name="client">The control plane.</param>
/// <param name="path">Path and query of the list.</param>
/// <param name="keep">Which resources to keep.</param>
internal sealed class ListMirror(ControlPlaneClient client, string path, Func<JsonObject, bool> keep)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private ImmutableSortedDictionary<string, Mirrored>.Builder? fresh;
    private string? last;
    private ServerEvents? open;

    /// <summary>The resources by mesh and name; null until all that were there are known.</summary>
    public ImmutableSortedDictionary<string, Mirrored>? Items { get; private set; }

    /// <summary>Opens the stream; false when the control plane has none.</summary>
    public async Task<Result<bool>> ConnectAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var opened = await client.WatchAsync($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}watch=true", last, time, cancellationToken);
        if (!opened.Ok)
        {
            return opened.Refusal;
        }

        open = opened.Value;
        return open is not null;
    }

    /// <summary>Follows an open stream, and opens it again when it ends.</summary>
    /// <param name="changed">Called after each change of <see cref="Items"/>.</param>
    /// <param name="warn">Told when the control plane cannot be reached.</param>
    /// <param name="pause">Time before the stream is opened again; grows while that fails.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Why it cannot go on; null when the control plane has no streams any more.</returns>
    public async Task<Refusal?> FollowAsync(Action changed, Action<string> warn, TimeSpan pause, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using var stream = open!;
                await foreach (var happened in stream.ReadAsync(cancellationToken))
                {
                    if (Apply(happened))
                    {
                        changed();
                    }
                }
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                // The link broke; the stream is opened again where it was.
            }
            catch (JsonException)
            {
                return new Refusal(RefusalReason.Unavailable, "Unexpected answer", "the control plane sent a change that is no JSON object");
            }

            var wait = pause;
            while (true)
            {
                await Task.Delay(wait, time, cancellationToken);
                var connected = await ConnectAsync(time, cancellationToken);
                if (connected.Ok)
                {
                    if (!connected.Value)
                    {
                        return null;
                    }

                    break;
                }

                if (connected.Refusal.Reason != RefusalReason.Unavailable)
                {
                    return connected.Refusal;
                }

                wait = wait * 2 < LongestPause ? wait * 2 : LongestPause;
                warn($"{Words.Of(connected.Refusal)}; asking again in {wait.TotalSeconds:0} s");
            }
        }
    }

    /// <summary>Takes an event in; true when <see cref="Items"/> are others now.</summary>
    private bool Apply(ServerEvent happened)
    {
        var before = Items;
        switch (happened.Name)
        {
            case "reset":
                fresh = null;
                last = null;
                return false;
            case "item":
                fresh ??= ImmutableSortedDictionary.CreateBuilder<string, Mirrored>(StringComparer.Ordinal);
                if (Read(happened) is var (key, item))
                {
                    fresh[key] = item;
                }

                return false;
            case "ready":
                Items = fresh?.ToImmutable() ?? ImmutableSortedDictionary.Create<string, Mirrored>(StringComparer.Ordinal);
                fresh = null;
                break;
            case "added" or "changed" when Items is not null && Read(happened) is var (changedKey, changed):
                Items = Items.SetItem(changedKey, changed);
                break;
            case "deleted" when Items is not null && Read(happened) is var (deletedKey, _):
                Items = Items.Remove(deletedKey);
                break;
            default:
                break;
        }

        last = happened.Id ?? last;
        return !ReferenceEquals(before, Items);
    }

    private (string Key, Mirrored Item)? Read(ServerEvent happened)
    {
        var item = JsonNode.Parse(happened.Data, documentOptions: new JsonDocumentOptions { MaxDepth = 256, AllowDuplicateProperties = false }) as JsonObject
            ?? throw new JsonException("no object");
        return keep(item) ? ($"{item.String("mesh")}/{item.String("name")}", new Mirrored(item.ToJsonString(), item.String("labels", "kuma.io/zone"))) : null;
    }
}
