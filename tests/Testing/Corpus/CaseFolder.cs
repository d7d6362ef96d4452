using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MeshConsole.Shared;
using Xunit;

namespace MeshConsole.Testing.Corpus;

/// <summary>
/// A folder of manifests with the expected answer beside each (<c>valid/NAME.yaml</c>, <c>valid/NAME.expect.json</c>, the same under
/// <c>invalid</c>): the form of the shared corpus and of our own cases.
/// </summary>
/// <param name="root">The folder, or null when it is not available here.</param>
/// <param name="kinds">The kinds that are tested; cases of other kinds are left out.</param>
public sealed partial class CaseFolder(string? root, IReadOnlyList<ResourceKind> kinds)
{
    /// <summary>Layers that are decided without a store and without the rules of names, labels and origin.</summary>
    private static readonly string[] Stages = ["parse", "schema", "semantic"];

    /// <summary>The shared corpus.</summary>
    public static CaseFolder Shared(IReadOnlyList<ResourceKind> kinds) =>
        new(SharedFolder.Path is { } shared ? Path.Combine(shared, "corpus") : null, kinds);

    /// <summary>Files to accept; one empty name when the folder is not available.</summary>
    public TheoryData<string> Valid => Files("valid");

    /// <summary>Files to refuse; one empty name when the folder is not available.</summary>
    public TheoryData<string> Invalid => Files("invalid");

    /// <summary>True when there is a case of that kind in <c>valid</c> or <c>invalid</c>.</summary>
    public bool Has(string folder, string kind) => root is not null
        && Directory.EnumerateFiles(Path.Combine(root, folder), "*.yaml").Any(file => TypeOf(file) == kind);

    /// <summary>The manifest of <paramref name="file"/> is accepted, with the warnings that are expected.</summary>
    public void AssertAccepted(string file)
    {
        Assert.SkipWhen(file.Length == 0, "the shared corpus is not available here");
        var expected = Expected(file);
        var manifest = Manifest.Read(File.ReadAllText(file), kinds, SiteOf(expected));
        Assert.True(manifest.Violations.Count == 0, "should be accepted, but: " + string.Join("; ", manifest.Violations));

        AssertWarnings(expected, manifest.Kind.Warnings(manifest.Draft));
        if (expected["stored"] is { } stored)
        {
            Assert.Equal(JsonBody.FromNode(stored.AsObject()), manifest.Draft.Spec);
        }
    }

    /// <summary>The manifest of <paramref name="file"/> is refused at exactly the expected fields, with the expected words.</summary>
    public void AssertRefused(string file)
    {
        Assert.SkipWhen(file.Length == 0, "the shared corpus is not available here");
        var expected = Expected(file);
        AssertViolations(expected, Manifest.Read(File.ReadAllText(file), kinds, SiteOf(expected)).Violations);
    }

    /// <summary>The warnings are exactly those that the expectation lists.</summary>
    public static void AssertWarnings(JsonNode expected, IEnumerable<string> warnings)
    {
        var open = warnings.ToList();
        foreach (var keywords in expected["warnings"]?.AsArray() ?? [])
        {
            var fitting = open.FindIndex(w => ContainsAll(w, keywords!.AsArray()));
            Assert.True(fitting >= 0, $"no warning with {keywords!.ToJsonString()} in: {string.Join("; ", open)}");
            open.RemoveAt(fitting);
        }

        Assert.True(open.Count == 0, "warnings nobody expects: " + string.Join("; ", open));
    }

    /// <summary>The violations are exactly those that the expectation lists.</summary>
    public static void AssertViolations(JsonNode expected, IEnumerable<Violation> violations)
    {
        var open = violations.ToList();
        var all = string.Join("; ", open);
        foreach (var violation in expected["violations"]!.AsArray())
        {
            var field = IndexAsMember().Replace((string)violation!["field"]!, "[$1]");
            string[] fields = [field, .. (expected["fieldAlternatives"]?[field]?.AsArray() ?? []).Select(f => (string)f!)];
            var fitting = open.FindIndex(v => fields.Contains(v.Field) && ContainsAll(v.Message, violation["reasonKeywords"]!.AsArray()));
            Assert.True(fitting >= 0, $"not reported: {violation.ToJsonString()} in: {all}");
            open.RemoveAt(fitting);
        }

        Assert.True(open.Count == 0 || (bool?)expected["complete"] == false, "reported although nobody expects it: " + string.Join("; ", open));
    }

    private static string TypeOf(string file) => (string?)Assert.Single(Yaml.Read(File.ReadAllText(file)).Value)["type"] ?? "";

    private static JsonNode Expected(string file) => JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(file, ".expect.json")))!;

    private static Site SiteOf(JsonNode expected) => (string?)expected["context"]?["cpMode"] switch
    {
        "zone" => new Site(SiteMode.Zone, (string?)expected["context"]!["zone"] ?? "lab"),
        "federated-zone" => new Site(SiteMode.Zone, (string?)expected["context"]!["zone"] ?? "lab", Federated: true),
        _ => Site.Global,
    };

    private static bool ContainsAll(string text, JsonArray keywords) =>
        keywords.All(k => text.Contains((string)k!, StringComparison.OrdinalIgnoreCase));

    private TheoryData<string> Files(string folder)
    {
        var data = new TheoryData<string>();
        if (root is null)
        {
            data.Add("");
            return data;
        }

        var names = kinds.Select(k => k.Name).ToHashSet();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(root, folder), "*.yaml").Order(StringComparer.Ordinal))
        {
            if (names.Contains(TypeOf(file)) && (folder == "valid" || Stages.Contains((string?)Expected(file)["stage"])))
            {
                data.Add(file);
            }
        }

        return data;
    }

    [GeneratedRegex(@"\.(\d+)(?=\.|$)")]
    private static partial Regex IndexAsMember();
}
