namespace MeshConsole.Shared;

/// <summary>Which thing, inside one control plane: the kind's name, the mesh and the stored name.</summary>
/// <param name="Kind">Kuma's type name, for example <c>MeshHTTPRoute</c>.</param>
/// <param name="Mesh">Name of the mesh, or the empty string for kinds that belong to no mesh.</param>
/// <param name="Name">The stored name, unique per kind and mesh. Synced resources carry a hashed name (docs/protocols.md).</param>
public readonly record struct ResourceKey(string Kind, string Mesh, string Name)
{
    /// <summary>Reads as <c>Kind mesh/name</c>, for logs.</summary>
    public override string ToString() => Mesh.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Mesh}/{Name}";
}
