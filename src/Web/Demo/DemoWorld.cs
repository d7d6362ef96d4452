using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.Shared;

namespace MeshConsole.Web.Demo;

/// <summary>The demo world as manifests, written through the same door as everybody else's.</summary>
internal static class DemoWorld
{
    private static readonly Actor Writer = new("mesh-system:demo", [Actor.AdminGroup, Actor.AuthenticatedGroup]);

    /// <summary>Writes one of the manifests (<c>global</c>, <c>lab</c>, <c>eks</c>) at a control plane.</summary>
    /// <exception cref="InvalidOperationException">A manifest was refused; the message says which and why.</exception>
    public static async Task WriteAsync(string manifest, ResourceManager resources, KindRegistry kinds, CancellationToken cancellationToken)
    {
        await using var stream = typeof(DemoWorld).Assembly.GetManifestResourceStream($"demo/{manifest}.yaml")!;
        using var reader = new StreamReader(stream);
        foreach (var manifestObject in Yaml.Read(await reader.ReadToEndAsync(cancellationToken)).Value)
        {
            var kind = kinds[Text(manifestObject, "type")];
            var mesh = kind.Scope == Scope.Mesh ? Text(manifestObject, "mesh") : "";
            var name = Text(manifestObject, "name");
            var outcome = await resources.PutAsync(kind, mesh, name, JsonBody.FromNode(manifestObject).Utf8, new WriteOptions(Writer), cancellationToken);
            if (!outcome.Ok)
            {
                throw new InvalidOperationException($"demo {manifest}: {kind} {name}: {outcome.Refusal.Title}: {outcome.Refusal.Detail} {string.Join("; ", outcome.Refusal.Violations)}");
            }
        }
    }

    private static string Text(JsonObject manifest, string member) => manifest[member]!.GetValue<string>();
}
