using System.Collections.Immutable;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;

namespace MeshConsole.Web.Live;

/// <summary>A mesh as lists and pages show it.</summary>
/// <param name="EnabledBackend">Name of the enabled mTLS backend, or empty when mTLS is off.</param>
/// <param name="Backends">All backends, as <c>name (type)</c>.</param>
/// <param name="Permissive">The enabled backend also takes traffic without mTLS.</param>
/// <param name="ServicesMode">Mode of MeshServices: <c>Disabled</c>, <c>Everywhere</c>, <c>ReachableBackends</c> or <c>Exclusive</c>.</param>
public sealed record MeshFacts(string EnabledBackend, ImmutableArray<string> Backends, bool Permissive, string ServicesMode)
{
    /// <summary>Reads a mesh, once per resource.</summary>
    public static MeshFacts Of(Resource resource) => resource.Memo(Read);

    private static MeshFacts Read(Resource resource)
    {
        var mesh = resource.Kind.TypedSpec(resource) as Mesh ?? new Mesh();
        var enabled = mesh.Mtls?.EnabledBackend ?? "";
        var backend = mesh.Mtls?.Backends.FirstOrDefault(b => b.Name == enabled);
        return new MeshFacts(
            enabled,
            mesh.Mtls is null ? [] : [.. mesh.Mtls.Backends.Select(b => $"{b.Name} ({b.Type})")],
            backend?.Mode == CertificateAuthorityBackend.Types.Mode.Permissive,
            (mesh.MeshServices?.Mode ?? Mesh.Types.MeshServices.Types.Mode.Disabled).ToString());
    }
}
