using System.Text.Json.Nodes;

namespace MeshConsole.Cli.Client;

/// <summary>A kind as <c>GET /_resources</c> lists it.</summary>
/// <param name="Name">The type, for example <c>MeshTimeout</c>.</param>
/// <param name="Path">Path segment of its resources.</param>
/// <param name="InMesh">True when its resources live in a mesh.</param>
/// <param name="ReadOnly">True when nobody writes it.</param>
/// <param name="ShortName">Short name of its KRIs, or empty.</param>
/// <param name="InFederation">True when an export for federation takes it along.</param>
/// <param name="IsPolicy">True for policies.</param>
/// <param name="IsTargetRef">True for policies that select proxies by <c>targetRef</c>; false for the older ones.</param>
/// <param name="Names">All words by which a person may call it.</param>
internal sealed record ApiKind(string Name, string Path, bool InMesh, bool ReadOnly, string ShortName, bool InFederation, bool IsPolicy, bool IsTargetRef, IReadOnlyList<string> Names)
{
    /// <summary>Reads one item of <c>resources</c>.</summary>
    public static ApiKind Read(JsonObject item)
    {
        var name = item.String("name") ?? "";
        var path = item.String("path") ?? "";
        var shortName = item.String("shortName") ?? "";
        return new ApiKind(
            name,
            path,
            item.String("scope") == "Mesh",
            item.IsTrue("readOnly"),
            shortName,
            item.IsTrue("includeInFederation"),
            item["policy"] is JsonObject,
            item.IsTrue("policy", "isTargetRef"),
            [name, path, shortName, item.String("singularDisplayName") ?? "", item.String("pluralDisplayName") ?? ""]);
    }

    /// <summary>Where its resources are listed: in one mesh, or in all of them when <paramref name="mesh"/> is null.</summary>
    public string ListPath(string? mesh) => InMesh && mesh is not null ? $"/meshes/{Uri.EscapeDataString(mesh)}/{Path}" : $"/{Path}";

    /// <summary>Where one resource is.</summary>
    public string ItemPath(string mesh, string name) => $"{ListPath(InMesh ? mesh : null)}/{Uri.EscapeDataString(name)}";

    /// <summary>True when what it holds must not be shown.</summary>
    public bool IsSecret => Name is "Secret" or "GlobalSecret";

    /// <summary>True when the control plane shows it together with its insight at <c>_overview</c>.</summary>
    public bool HasOverview => Name is "Dataplane" or "Zone" or "ZoneIngress" or "ZoneEgress";
}
