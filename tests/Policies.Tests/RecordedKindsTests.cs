using System.Text.Json.Nodes;
using MeshConsole.Shared;
using MeshConsole.Testing;

namespace MeshConsole.Policies.Tests;

/// <summary>Names and traits of the kinds, compared with what a Kuma control plane lists.</summary>
public sealed class RecordedKindsTests
{
    [Fact]
    public void Kinds_NamesAndTraits_AreThoseThatKumaLists()
    {
        var file = SharedFolder.Require("peer", "rest", "global", "_resources.json");
        var recorded = JsonNode.Parse(File.ReadAllText(file))!["response"]!["json"]!["resources"]!.AsArray()
            .ToDictionary(r => (string)r!["name"]!, r => r!);
        Assert.All(PolicyKinds.All, kind =>
        {
            var expected = recorded[kind.Name];
            Assert.Equal((string?)expected["path"], kind.Path);
            Assert.Equal((string?)expected["shortName"], kind.ShortName);
            Assert.Equal((string?)expected["scope"], kind.Scope.ToString());
            Assert.Equal((string?)expected["singularDisplayName"], kind.SingularDisplayName);
            Assert.Equal((string?)expected["pluralDisplayName"], kind.PluralDisplayName);
            Assert.Equal((bool?)expected["includeInFederation"], kind.Flow.HasFlag(Flow.GlobalToZone));
            var traits = expected["policy"] is { } policy
                ? new PolicyTraits(
                    (bool)policy["isTargetRef"]!,
                    (bool)policy["hasToTargetRef"]!,
                    (bool)policy["hasFromTargetRef"]!,
                    (bool)policy["hasRulesTargetRef"]!,
                    (bool)policy["isFromAsRules"]!)
                : null;
            Assert.Equal(traits, kind.Policy);
        });
    }
}
