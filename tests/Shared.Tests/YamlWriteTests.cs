using System.Text.Json.Nodes;
using CsCheck;

namespace MeshConsole.Shared.Tests;

public sealed class YamlWriteTests
{
    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.String[Gen.Char[" abcz09-_:#./{}[]'\"\n\t,&*!|>%@`~=<?\\"], 0, 20],
        OneOf("true", "null", "~", "1", "1.5", "1e3", "0x1f", "10:30", "2026-01-02", "10.0.0.1", "yes", "<<", "- a", "a: b", "a #b", "", " ", "x\n", "x\n\n", "a\n b\n", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"));

    private static readonly Gen<string> Keys = Gen.OneOf(Gen.String[Gen.Char['a', 'z'], 1, 6], OneOf("kuma.io/service", "true", "1", "a: b", "", "- x"));

    private static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<JsonNode?> Trees(int depth) => depth == 0
        ? Gen.OneOf(Texts.Select(t => (JsonNode?)t), Gen.Int.Select(i => (JsonNode?)i), Gen.Bool.Select(b => (JsonNode?)b), Gen.Const((JsonNode?)null))
        : Gen.OneOf(
            Trees(0),
            Trees(depth - 1).Array[0, 3].Select(items => (JsonNode?)new JsonArray([.. items.Select(i => i?.DeepClone())])),
            Gen.Select(Keys, Trees(depth - 1)).Array[0, 3].Select(Map));

    private static JsonNode? Map((string Key, JsonNode? Value)[] members)
    {
        var map = new JsonObject();
        foreach (var (key, value) in members)
        {
            map[key] = value?.DeepClone();
        }

        return map;
    }

    [Fact]
    public void Write_AnyTree_IsReadAsTheSameTree() =>
        Gen.Select(Keys, Trees(3)).Array[1, 4].Select(Map).Sample(tree =>
        {
            var text = Yaml.Write(tree);
            var read = Yaml.Read(text);
            Assert.True(read.Ok, text);
            Assert.True(JsonNode.DeepEquals(tree, Assert.Single(read.Value)), text);
        });

    [Fact]
    public void Write_Manifest_LooksAsPeopleWriteIt()
    {
        var manifest = new JsonObject
        {
            ["type"] = "MeshHTTPRoute",
            ["labels"] = new JsonObject { ["kuma.io/zone"] = "lab" },
            ["spec"] = new JsonObject
            {
                ["to"] = new JsonArray(new JsonObject
                {
                    ["targetRef"] = new JsonObject { ["kind"] = "MeshMultiZoneService", ["name"] = "api" },
                    ["weight"] = 90,
                    ["value"] = "1",
                    ["address"] = "10.0.0.1",
                    ["empty"] = new JsonArray(),
                }),
            },
        };

        Assert.Equal(
            """
            type: MeshHTTPRoute
            labels:
              kuma.io/zone: lab
            spec:
              to:
                - targetRef:
                    kind: MeshMultiZoneService
                    name: api
                  weight: 90
                  value: "1"
                  address: 10.0.0.1
                  empty: []

            """,
            Yaml.Write(manifest));
    }
}
