using MeshConsole.Shared;

namespace MeshConsole.Cli.Client;

/// <summary>
/// Finds a resource by the name that a person gave it. What a zone sends up is stored at global under a longer name, with the
/// given one as label.
/// </summary>
internal static class DisplayName
{
    private const string Label = "kuma.io/display-name";

    /// <summary>The stored name of the one resource with that display name; null when there is none.</summary>
    public static async Task<Result<string?>> FindAsync(ControlPlaneClient client, ApiKind kind, string mesh, string displayName, CancellationToken cancellationToken)
    {
        var query = $"{Uri.EscapeDataString($"filter[labels.{Label}]")}={Uri.EscapeDataString(displayName)}";
        var found = await client.ListAsync(kind.ListPath(mesh), query, cancellationToken);
        if (!found.Ok)
        {
            return found.Refusal;
        }

        // A control plane that does not know the filter lists everything.
        var names = found.Value.Where(r => r.String("labels", Label) == displayName).Select(r => r.String("name") ?? "").ToList();
        return names.Count < 2
            ? names.FirstOrDefault()
            : new Refusal(RefusalReason.Conflict, $"Several zones have a {kind.Name} '{displayName}'", $"name one of them: {string.Join(", ", names)}");
    }

    /// <summary>Reads what <paramref name="read"/> finds under the name, or else under the stored name that belongs to it.</summary>
    public static async Task<Result<T>> OrByDisplayNameAsync<T>(
        ControlPlaneClient client, ApiKind kind, string mesh, string name, Func<string, Task<Result<T>>> read, CancellationToken cancellationToken)
    {
        var direct = await read(name);
        if (direct.Ok || direct.Refusal.Reason != RefusalReason.NotFound)
        {
            return direct;
        }

        var stored = await FindAsync(client, kind, mesh, name, cancellationToken);
        if (!stored.Ok)
        {
            return stored.Refusal.Reason == RefusalReason.Conflict ? stored.Refusal : direct;
        }

        return stored.Value is { Length: > 0 } other && other != name ? await read(other) : direct;
    }
}
