using System.Text.Json.Nodes;
using MeshConsole.Cli.Output;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Client;

/// <summary>What <c>get</c> shows, readable again and again.</summary>
/// <param name="client">The control plane.</param>
/// <param name="kind">The kind.</param>
/// <param name="mesh">The mesh, or null for all.</param>
/// <param name="name">One resource, or null for the list.</param>
/// <param name="query">Filters of the list.</param>
/// <param name="overview">True reads resources together with what was observed of them, for kinds that have it.</param>
internal sealed class ResourceSource(ControlPlaneClient client, ApiKind kind, string? mesh, string? name, string query, bool overview)
{
    /// <summary>The kind.</summary>
    public ApiKind Kind => kind;

    /// <summary>The mesh, or null for all.</summary>
    public string? Mesh => mesh;

    /// <summary>The one resource, or null for the list.</summary>
    public string? Name => name;

    /// <summary>True notes on each item whether its zone is connected; false leaves items as they are served.</summary>
    public bool ForTable { get; init; } = true;

    /// <summary>Size of the one page to read; null reads all pages.</summary>
    public int? Size { get; init; }

    /// <summary>First one of the page.</summary>
    public int Offset { get; init; }

    /// <summary>Offset of the next page after <see cref="ReadAsync"/>; null when there is none.</summary>
    public int? NextOffset { get; private set; }

    /// <summary>The list, followed by its changes; null where pages are read.</summary>
    public ListMirror? Follow() => Size is not null ? null : new ListMirror(
        client,
        $"{kind.ListPath(mesh)}{(overview && kind.HasOverview ? "/_overview" : "")}{(name is not null ? $"?name={Uri.EscapeDataString(name)}" : query.Length > 0 ? "?" + query : "")}",
        item => name is null || item.String("name") == name || item.String("labels", "kuma.io/display-name") == name);

    /// <summary>The zones, followed by their changes, where items are marked by them; else null.</summary>
    public ListMirror? FollowZones() => MarksZones ? new ListMirror(client, "/zones/_overview", _ => true) : null;

    /// <summary>Reads it.</summary>
    public async Task<Result<IReadOnlyList<JsonObject>>> ReadAsync(CancellationToken cancellationToken)
    {
        var items = await ReadItemsAsync(cancellationToken);
        if (MarksZones && items.Ok && items.Value.Count > 0
            && await client.ListAsync("/zones/_overview", "", cancellationToken) is { Ok: true } zones)
        {
            States.MarkZonesGone(items.Value, zones.Value);
        }

        return items;
    }

    private bool MarksZones => overview && ForTable && kind.Name is "Dataplane" or "ZoneIngress" or "ZoneEgress";

    private async Task<Result<IReadOnlyList<JsonObject>>> ReadItemsAsync(CancellationToken cancellationToken)
    {
        var suffix = overview && kind.HasOverview ? "/_overview" : "";
        if (name is not null)
        {
            var one = await DisplayName.OrByDisplayNameAsync(
                client, kind, mesh ?? "", name, stored => client.GetJsonAsync(kind.ItemPath(mesh ?? "", stored) + suffix, cancellationToken), cancellationToken);
            return one.Ok ? new List<JsonObject> { one.Value } : one.Refusal;
        }

        var path = kind.ListPath(mesh) + suffix;
        if (Size is not { } size)
        {
            return await client.ListAsync(path, query, cancellationToken);
        }

        var page = await client.GetJsonAsync($"{path}?size={size}&offset={Offset}{(query.Length > 0 ? "&" + query : "")}", cancellationToken);
        if (!page.Ok)
        {
            return page.Refusal;
        }

        NextOffset = page.Value.String("next") is null ? null : Offset + size;
        return page.Value.Objects("items").ToList();
    }
}
