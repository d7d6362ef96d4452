using System.Text.Json.Nodes;
using MeshConsole.Cli.Client;

namespace MeshConsole.Cli.Manifests;

/// <summary>One document of a manifest.</summary>
/// <param name="Body">The document, without what only a control plane writes (times, KRI, status).</param>
/// <param name="Source">Where it stands, for example <c>mesh.yaml, document 2</c>.</param>
internal sealed record Manifest(JsonObject Body, string Source)
{
    /// <summary>The type it names.</summary>
    public string Type => Body.String("type") ?? "";

    /// <summary>The name.</summary>
    public string Name => Body.String("name") ?? "";

    /// <summary>The mesh, or empty.</summary>
    public string Mesh => Body.String("mesh") ?? "";

    /// <summary>How a person calls it: <c>MeshTimeout web (mesh default)</c>.</summary>
    public string Title => Mesh.Length > 0 ? $"{Type} {Name} (mesh {Mesh})" : $"{Type} {Name}";

    /// <summary>Takes a document as it was read.</summary>
    public static Manifest From(JsonObject document, string source)
    {
        var body = (JsonObject)document.DeepClone();
        foreach (var served in (string[])["creationTime", "modificationTime", "kri", "snis"])
        {
            body.Remove(served);
        }

        if (body.ContainsKey("spec"))
        {
            body.Remove("status");
        }

        return new Manifest(body, source);
    }
}
