using MeshConsole.Cli.Client;
using MeshConsole.Cli.Verbs;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Manifests;

/// <summary>A document whose kind the control plane has, with the path where it is stored.</summary>
/// <param name="Manifest">The document.</param>
/// <param name="Kind">Its kind.</param>
internal sealed record PreparedDocument(Manifest Manifest, ApiKind Kind)
{
    /// <summary>Where it is stored.</summary>
    public string Path => Kind.ItemPath(Manifest.Mesh, Manifest.Name);
}

/// <summary>Documents ready to be sent.</summary>
/// <param name="Documents">The documents, in order.</param>
/// <param name="Server">Who the control plane is.</param>
internal sealed record Preparation(IReadOnlyList<PreparedDocument> Documents, ServerIdentity Server)
{
    /// <summary>Asks the control plane who it is and which kinds it has, and finds the kind of each document; nothing is written.</summary>
    /// <param name="client">The control plane.</param>
    /// <param name="manifests">What was read.</param>
    /// <param name="mesh">Mesh for documents that need one and name none, or null.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<Result<Preparation>> RunAsync(ControlPlaneClient client, IReadOnlyList<Manifest> manifests, string? mesh, CancellationToken cancellationToken)
    {
        var server = await ServerIdentity.LoadAsync(client, cancellationToken);
        if (!server.Ok)
        {
            return server.Refusal;
        }

        var kinds = await KindList.LoadAsync(client, cancellationToken);
        if (!kinds.Ok)
        {
            return kinds.Refusal;
        }

        var documents = new List<PreparedDocument>();
        var violations = new ViolationList();
        foreach (var manifest in manifests)
        {
            if (kinds.Value.OfType(manifest.Type) is not { } kind)
            {
                var near = kinds.Value.Find(manifest.Type);
                violations.Add(manifest.Source, $"type: unknown type '{manifest.Type}'{(near.Ok ? $"; it is written {near.Value.Name}" : $"; {near.Refusal.Detail}")}");
                continue;
            }

            if (kind.InMesh && manifest.Mesh.Length == 0)
            {
                // As with kumactl, the kinds with a spec have a mesh without naming it; the older ones do not.
                if (mesh is null && !manifest.Body.ContainsKey("spec"))
                {
                    violations.Add(manifest.Source, "mesh: cannot be empty; write it in the document or give --mesh");
                    continue;
                }

                manifest.Body["mesh"] = mesh ?? CommonOptions.DefaultMesh;
            }

            documents.Add(new PreparedDocument(manifest, kind));
        }

        return violations.IsEmpty
            ? new Preparation(documents, server.Value)
            : new Refusal(RefusalReason.Invalid, "The manifests cannot be used", "nothing was sent") { Violations = violations.ToImmutable() };
    }
}
