using MeshConsole.ControlPlane.Discovery;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>What a view makes of one resource.</summary>
/// <param name="Item">The form that travels; null when it does not.</param>
/// <param name="Withheld">Why it does not travel; null when it does, or when it never could.</param>
internal readonly record struct Projection(DeltaItem? Item, string? Withheld = null);

/// <summary>
/// What one peer may see of the store, resource by resource: a pure function, evaluated per change. The encoded forms are
/// remembered by the resource itself and so shared between all peers with the same view.
/// </summary>
internal abstract class SyncView
{
    /// <summary>Whether resources of this kind can travel this way at all.</summary>
    public abstract bool Carries(ResourceKind kind);

    /// <summary>The form of a resource for this peer.</summary>
    public abstract Projection Project(Resource resource, World world);

    /// <summary>The wire name a resource has, or would have, for this peer.</summary>
    public abstract string WireName(Resource resource);

    /// <summary>The kinds whose resources must all be looked at again because of a change of another resource.</summary>
    public virtual IEnumerable<string> Affected(Change change) => [];
}
