using System.Text.Json.Nodes;
using MeshConsole.Shared;

namespace MeshConsole.Policies.Tests;

/// <summary>A manifest and what the layers of validation say of it, in the order in which a control plane asks them.</summary>
internal sealed record Manifest(ResourceKind Kind, Resource Draft, StructureReport Structure, IReadOnlyList<Violation> Violations)
{
    /// <summary>Reads one resource and runs defaults, structure and the rules of its kind over it.</summary>
    public static Manifest Read(string yaml, Site? site = null)
    {
        var document = Assert.Single(Yaml.Read(yaml).Value);
        var kind = PolicyKinds.All.Single(k => k.Name == (string?)document["type"]);
        var labels = (document["labels"] as JsonObject ?? []).ToDictionary(l => l.Key, l => (string?)l.Value ?? "");
        var spec = kind.ApplyDefaults(JsonBody.FromNode(document["spec"] as JsonObject ?? []), site ?? Site.Global);
        var structure = StructureCheck.Check(spec.Parse(), kind.Schema);
        var draft = new Resource
        {
            Kind = kind,
            Mesh = (string?)document["mesh"] ?? (kind.Scope == Scope.Mesh ? "default" : ""),
            Name = (string)document["name"]!,
            Labels = Labels.None.AddRange(labels),
            Spec = spec,
        };
        if (!structure.Ok)
        {
            return new Manifest(kind, draft, structure, structure.Violations);
        }

        var violations = new ViolationList();
        kind.Validate(new ValidationContext(draft, site ?? Site.Global), violations);
        return new Manifest(kind, draft, structure, violations.ToImmutable());
    }
}
