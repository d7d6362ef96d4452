using System.Text.Json.Nodes;
using MeshConsole.Shared;
using Xunit;

namespace MeshConsole.Testing.Corpus;

/// <summary>A manifest and what the layers of validation say of it, in the order in which a control plane asks them.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Draft">What would be stored, defaults filled in.</param>
/// <param name="Structure">What its shape is like.</param>
/// <param name="Violations">Everything that is wrong, of the first layer that finds something.</param>
public sealed record Manifest(ResourceKind Kind, Resource Draft, StructureReport Structure, IReadOnlyList<Violation> Violations)
{
    /// <summary>Members of the older kinds that do not belong to the spec.</summary>
    private static readonly string[] Meta = ["type", "mesh", "name", "labels"];

    /// <summary>Reads one resource and runs defaults, structure and the rules of its kind over it.</summary>
    public static Manifest Read(string yaml, IEnumerable<ResourceKind> kinds, Site? site = null)
    {
        var document = Assert.Single(Yaml.Read(yaml).Value);
        var kind = kinds.Single(k => k.Name == (string?)document["type"]);
        var labels = (document["labels"] as JsonObject ?? []).ToDictionary(l => l.Key, l => (string?)l.Value ?? "");
        var body = document["spec"] as JsonObject ?? [];
        if (kind.Flat)
        {
            body = [.. document.Where(m => !Meta.Contains(m.Key)).Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone()))];
        }

        var spec = kind.ApplyDefaults(JsonBody.FromNode(body), site ?? Site.Global);
        var structure = StructureCheck.Check(spec.Parse(), kind.Schema, kind.Flat ? "" : "spec");
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
