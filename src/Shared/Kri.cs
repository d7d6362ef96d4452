using System.Diagnostics.CodeAnalysis;

namespace MeshConsole.Shared;

/// <summary>
/// Kuma Resource Identifier: names a thing everywhere, <c>kri_SHORT_MESH_ZONE_NAMESPACE_NAME_SECTION</c>. Empty parts are
/// allowed; an empty zone means written at global.
/// </summary>
/// <param name="ShortName">The kind's short name.</param>
/// <param name="Mesh">Mesh, empty for mesh-less kinds.</param>
/// <param name="Zone">Zone it came from, or empty.</param>
/// <param name="Namespace">Kubernetes namespace, or empty.</param>
/// <param name="Name">Display name.</param>
/// <param name="Section">Port, inbound or listener, or empty.</param>
public readonly record struct Kri(string ShortName, string Mesh, string Zone, string Namespace, string Name, string Section)
{
    /// <summary>The identifier of a resource, or null when its kind has no short name.</summary>
    public static Kri? Of(Resource resource, string section = "") => resource.Kind.ShortName is not { } shortName
        ? null
        : new Kri(
            shortName,
            resource.Mesh,
            resource.Zone ?? "",
            resource.Labels.GetValueOrDefault(Labels.Namespace, ""),
            resource.DisplayName,
            section);

    /// <summary>Reads the text form.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Kri? kri)
    {
        var parts = text.Split('_', 7);
        kri = parts.Length == 7 && parts[0] == "kri" && parts[1].Length > 0 && parts[5].Length > 0
            ? new Kri(parts[1], parts[2], parts[3], parts[4], parts[5], parts[6])
            : null;
        return kri is not null;
    }

    /// <inheritdoc />
    public override string ToString() => $"kri_{ShortName}_{Mesh}_{Zone}_{Namespace}_{Name}_{Section}";
}
