using System.Text.Json.Nodes;
using CsCheck;
using MeshConsole.Shared;
using MeshConsole.Web.Components.Pages.Traffic;
using MeshConsole.Web.Live;

namespace MeshConsole.Web.Tests.Pages;

public sealed class SplitDraftTests
{
    private static readonly ServiceFacts Api = new()
    {
        Key = new ResourceKey("MeshMultiZoneService", "default", "api"),
        Kind = "MeshMultiZoneService",
        Name = "api",
        Mesh = "default",
        Zone = "",
        Revision = 1,
        Ports = [new PortFacts(8080, "http", "http")],
    };

    [Fact]
    public void SetWeight_KnownTarget_ChangesThatMemberAndNothingElse()
    {
        var stored = Route(90, 10);
        stored["spec"]!["to"]![0]!["rules"]![0]!["default"]!["filters"] = new JsonArray(new JsonObject { ["type"] = "FromTheFuture" });
        var draft = SplitDraft.Open(stored, Api);

        draft.SetWeight(draft.Rules[0], 0, "50");
        draft.SetWeight(draft.Rules[0], 1, "50");

        var expected = stored.DeepClone();
        Backends(expected)[0]!["weight"] = 50;
        Backends(expected)[1]!["weight"] = 50;
        Assert.True(JsonNode.DeepEquals(expected, draft.Manifest));
        Assert.True(draft.Dirty);
    }

    [Theory]
    [InlineData("-5")]
    [InlineData("1.5")]
    [InlineData("many")]
    [InlineData("")]
    [InlineData("99999999999999999999")]
    public void SetWeight_NoWeight_IsKeptForTheRulesToRefuseAndCountsAsNothing(string typed)
    {
        var draft = SplitDraft.Open(Route(90, 10), Api);

        draft.SetWeight(draft.Rules[0], 0, typed);

        Assert.Equal(0, draft.Rules[0].Targets[0].Weight);
        Assert.Equal(1, draft.Rules[0].Share(1));
    }

    [Fact]
    public void Drag_AnyWeightsAndPositions_KeepTheSumAndStayInBounds() =>
        Gen.Select(Gen.Long[0, uint.MaxValue / 4].Array[2, 4], Gen.Double[-0.5, 1.5].Array[1, 8], Gen.Int[0, 2]).Sample((weights, positions, handle) =>
        {
            var draft = SplitDraft.Open(Route(weights), Api);
            draft.BeginDrag(draft.Rules[0]);
            var total = draft.Rules[0].Total;
            foreach (var position in positions)
            {
                draft.Drag(draft.Rules[0], Math.Min(handle, weights.Length - 2), position);
                var rule = draft.Rules[0];
                Assert.Equal(total, rule.Total);
                Assert.All(rule.Targets, t => Assert.InRange(t.Weight, 0, total));
                Assert.InRange(rule.Border(0), 0, 1);
            }
        });

    [Fact]
    public void Drag_ToAShare_SetsTheBorderThere()
    {
        var draft = SplitDraft.Open(Route(90, 10), Api);

        draft.BeginDrag(draft.Rules[0]);
        draft.Drag(draft.Rules[0], 0, 0.75);
        draft.EndDrag();

        Assert.Equal([75L, 25L], draft.Rules[0].Targets.Select(t => t.Weight));
    }

    [Fact]
    public void BeginDrag_SmallWeights_AreRewrittenInHundredths()
    {
        var draft = SplitDraft.Open(Route(1, 1, 1), Api);

        draft.BeginDrag(draft.Rules[0]);

        Assert.Equal([33L, 34L, 33L], draft.Rules[0].Targets.Select(t => t.Weight));
    }

    [Fact]
    public void BeginDrag_DrainedRule_BeginsInEqualSharesSoThatHandlesWork()
    {
        var draft = SplitDraft.Open(Route(90, 10), Api);
        draft.Drain(draft.Rules[0]);
        Assert.True(draft.Rules[0].Drained);
        Assert.Equal("0 %", SplitRule.Percent(draft.Rules[0].Share(0)));
        Assert.Equal(0.5, draft.Rules[0].Border(0));

        draft.BeginDrag(draft.Rules[0]);
        draft.Drag(draft.Rules[0], 0, 0.6);

        Assert.Equal([60L, 40L], draft.Rules[0].Targets.Select(t => t.Weight));
    }

    [Fact]
    public void Undo_AfterADrag_TakesTheWholeDragBack()
    {
        var draft = SplitDraft.Open(Route(90, 10), Api);
        draft.BeginDrag(draft.Rules[0]);
        draft.Drag(draft.Rules[0], 0, 0.8);
        draft.Drag(draft.Rules[0], 0, 0.7);
        draft.EndDrag();

        draft.Undo();

        Assert.Equal([90L, 10L], draft.Rules[0].Targets.Select(t => t.Weight));
        Assert.False(draft.CanUndo);
        Assert.False(draft.Dirty);
    }

    [Fact]
    public void EndDrag_NothingMoved_LeavesNothingToUndo()
    {
        var draft = SplitDraft.Open(Route(90, 10), Api);

        draft.BeginDrag(draft.Rules[0]);
        draft.EndDrag();

        Assert.False(draft.CanUndo);
    }

    [Fact]
    public void Rules_OfOtherServices_AreNotShownAndStay()
    {
        var stored = Route(90, 10);
        ((JsonArray)stored["spec"]!["to"]!).Insert(0, new JsonObject { ["targetRef"] = new JsonObject { ["kind"] = "MeshMultiZoneService", ["name"] = "web" }, ["rules"] = new JsonArray(new JsonObject()) });
        var draft = SplitDraft.Open(stored, Api);

        var rule = Assert.Single(draft.Rules);

        Assert.Equal("spec.to[1].rules[0].default.backendRefs[1]", rule.FieldOf(1));
        draft.Remove(rule, 0);
        Assert.Equal("web", draft.Manifest["spec"]!["to"]![0]!["targetRef"]!["name"]!.GetValue<string>());
        Assert.Single(draft.Rules[0].Targets);
    }

    [Fact]
    public void Create_NewRoute_SendsEverythingToTheServiceItself()
    {
        var draft = SplitDraft.Create("api", Api);

        var rule = Assert.Single(draft.Rules);
        Assert.True(rule.TakesAll);
        Assert.Equal(("api", 8080, 100L), (rule.Targets[0].Title, rule.Targets[0].Port, rule.Targets[0].Weight));
    }

    [Fact]
    public void Reference_ServiceOfAZone_IsNamedByLabelsThatEveryZoneFinds()
    {
        var inZone = Api with { Kind = "MeshService", Zone = "lab", Key = new ResourceKey("MeshService", "default", "api-xyz") };

        var reference = SplitDraft.Reference(inZone);

        Assert.Equal("""{"kind":"MeshService","labels":{"kuma.io/display-name":"api","kuma.io/zone":"lab"}}""", reference.ToJsonString());
    }

    [Fact]
    public void AddHeaderRule_ExistingRoute_StandsBeforeTheOthers()
    {
        var draft = SplitDraft.Open(Route(90, 10), Api);

        draft.AddHeaderRule("x-beta", "1");

        Assert.Equal(["header x-beta = 1", "path /*"], draft.Rules.Select(r => Assert.Single(r.Matches)));
        Assert.False(draft.Rules[0].TakesAll);
        Assert.True(draft.Rules[1].TakesAll);
    }

    [Fact]
    public void OnTopOf_AnotherStoredVersion_KeepsTheEdits()
    {
        var draft = SplitDraft.Open(Route(90, 10), Api);
        draft.SetWeight(draft.Rules[0], 0, "50");

        var onTop = draft.OnTopOf(Route(10, 90));

        Assert.Equal([50L, 10L], onTop.Rules[0].Targets.Select(t => t.Weight));
        Assert.Equal(10, Backends(onTop.Saved!)[0]!["weight"]!.GetValue<int>());
        Assert.True(onTop.CanUndo);
    }

    [Fact]
    public void Spread_AnyWeights_AddsUpExactly() =>
        Gen.Select(Gen.Long[1, 1000], Gen.Long[0, uint.MaxValue].Array[1, 6]).Sample((total, weights) =>
        {
            var shares = SplitDraft.Spread(total, [.. weights]);
            Assert.Equal(weights.Sum() == 0 ? 0 : total, shares.Sum());
            Assert.All(shares, s => Assert.InRange(s, 0, total));
        });

    [Theory]
    [InlineData(0d, "0 %")]
    [InlineData(double.NaN, "0 %")]
    [InlineData(0.0001, "<0.1 %")]
    [InlineData(0.25, "25 %")]
    [InlineData(0.3333, "33.3 %")]
    [InlineData(0.99999, ">99.9 %")]
    [InlineData(1d, "100 %")]
    public void Percent_AnyShare_ReadsAsPeopleWriteIt(double share, string text) => Assert.Equal(text, SplitRule.Percent(share));

    private static JsonArray Backends(JsonNode manifest) => (JsonArray)manifest["spec"]!["to"]![0]!["rules"]![0]!["default"]!["backendRefs"]!;

    private static JsonObject Route(params long[] weights)
    {
        var refs = new JsonArray([.. weights.Select((w, i) => (JsonNode)new JsonObject { ["kind"] = "MeshMultiZoneService", ["name"] = $"api-v{i + 1}", ["port"] = 8080, ["weight"] = w })]);
        return new JsonObject
        {
            ["type"] = "MeshHTTPRoute",
            ["mesh"] = "default",
            ["name"] = "api",
            ["spec"] = new JsonObject
            {
                ["targetRef"] = new JsonObject { ["kind"] = "Mesh" },
                ["to"] = new JsonArray(new JsonObject
                {
                    ["targetRef"] = new JsonObject { ["kind"] = "MeshMultiZoneService", ["name"] = "api" },
                    ["rules"] = new JsonArray(new JsonObject
                    {
                        ["matches"] = new JsonArray(new JsonObject { ["path"] = new JsonObject { ["type"] = "PathPrefix", ["value"] = "/" } }),
                        ["default"] = new JsonObject { ["backendRefs"] = refs },
                    }),
                }),
            },
        };
    }
}
