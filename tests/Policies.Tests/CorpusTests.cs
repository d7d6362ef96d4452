using System.Text.Json.Nodes;
using MeshConsole.Shared;
using MeshConsole.Testing;

namespace MeshConsole.Policies.Tests;

/// <summary>
/// Manifests with the expected answer beside them: our own under <c>Cases</c>, and the shared corpus where it is available.
/// Every kind that travels as JSON is covered; other kinds have their own tests.
/// </summary>
public sealed class CorpusTests
{
    /// <summary>Layers that are decided without a store and without the rules of names, labels and origin.</summary>
    private static readonly string[] Stages = ["parse", "schema", "semantic"];

    /// <summary>Our own cases.</summary>
    internal static string OwnCases { get; } = RepoRoot.Combine("tests", "Policies.Tests", "Cases");

    private static string? SharedCases => SharedFolder.Path is { } shared ? Path.Combine(shared, "corpus") : null;

    public static TheoryData<string> OwnValid => Files(OwnCases, "valid");

    public static TheoryData<string> OwnInvalid => Files(OwnCases, "invalid");

    public static TheoryData<string> SharedValid => Files(SharedCases, "valid");

    public static TheoryData<string> SharedInvalid => Files(SharedCases, "invalid");

    [Theory]
    [MemberData(nameof(OwnValid))]
    public void OwnCase_Valid_IsAccepted(string file) => AssertAccepted(file);

    [Theory]
    [MemberData(nameof(OwnInvalid))]
    public void OwnCase_Invalid_IsRefusedAtTheField(string file) => AssertRefused(file);

    [Theory]
    [MemberData(nameof(SharedValid))]
    public void SharedCase_Valid_IsAccepted(string file)
    {
        Assert.SkipWhen(file.Length == 0, "the shared corpus is not available here");
        AssertAccepted(file);
    }

    [Theory]
    [MemberData(nameof(SharedInvalid))]
    public void SharedCase_Invalid_IsRefusedAtTheField(string file)
    {
        Assert.SkipWhen(file.Length == 0, "the shared corpus is not available here");
        AssertRefused(file);
    }

    private static void AssertAccepted(string file)
    {
        var expected = Expected(file);
        var manifest = Manifest.Read(File.ReadAllText(file), SiteOf(expected));
        Assert.True(manifest.Violations.Count == 0, "should be accepted, but: " + string.Join("; ", manifest.Violations));

        var warnings = manifest.Kind.Warnings(manifest.Draft).ToList();
        foreach (var keywords in expected["warnings"]?.AsArray() ?? [])
        {
            var fitting = warnings.FindIndex(w => ContainsAll(w, keywords!.AsArray()));
            Assert.True(fitting >= 0, $"no warning with {keywords!.ToJsonString()} in: {string.Join("; ", warnings)}");
            warnings.RemoveAt(fitting);
        }

        Assert.True(warnings.Count == 0, "warnings nobody expects: " + string.Join("; ", warnings));
    }

    private static void AssertRefused(string file)
    {
        var expected = Expected(file);
        var open = Manifest.Read(File.ReadAllText(file), SiteOf(expected)).Violations.ToList();
        var all = string.Join("; ", open);
        foreach (var violation in expected["violations"]!.AsArray())
        {
            var field = Normal((string)violation!["field"]!);
            string[] fields = [field, .. (expected["fieldAlternatives"]?[field]?.AsArray() ?? []).Select(f => (string)f!)];
            var fitting = open.FindIndex(v => fields.Contains(v.Field) && ContainsAll(v.Message, violation["reasonKeywords"]!.AsArray()));
            Assert.True(fitting >= 0, $"not reported: {violation.ToJsonString()} in: {all}");
            open.RemoveAt(fitting);
        }

        Assert.True(open.Count == 0 || (bool?)expected["complete"] == false, "reported although nobody expects it: " + string.Join("; ", open));
    }

    private static TheoryData<string> Files(string? root, string folder)
    {
        var data = new TheoryData<string>();
        var names = PolicyKinds.All.Select(k => k.Name).ToHashSet();
        foreach (var file in root is null ? Enumerable.Empty<string>() : Directory.EnumerateFiles(Path.Combine(root, folder), "*.yaml").Order())
        {
            var type = (string?)Assert.Single(Yaml.Read(File.ReadAllText(file)).Value)["type"] ?? "";
            if (names.Contains(type) && (folder == "valid" || Stages.Contains((string?)Expected(file)["stage"])))
            {
                data.Add(file);
            }
        }

        if (root is null)
        {
            data.Add("");
        }

        return data;
    }

    private static JsonNode Expected(string file) => JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(file, ".expect.json")))!;

    private static Site SiteOf(JsonNode expected) => (string?)expected["context"]?["cpMode"] switch
    {
        "zone" => new Site(SiteMode.Zone, (string?)expected["context"]!["zone"] ?? "lab"),
        "federated-zone" => new Site(SiteMode.Zone, (string?)expected["context"]!["zone"] ?? "lab", Federated: true),
        _ => Site.Global,
    };

    private static string Normal(string path) => System.Text.RegularExpressions.Regex.Replace(path, @"\.(\d+)(?=\.|$)", "[$1]");

    private static bool ContainsAll(string text, JsonArray keywords) =>
        keywords.All(k => text.Contains((string)k!, StringComparison.OrdinalIgnoreCase));
}
