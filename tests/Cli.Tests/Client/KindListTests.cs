using System.Text.Json.Nodes;
using MeshConsole.Cli.Client;

namespace MeshConsole.Cli.Tests.Client;

/// <summary>By which words a kind is found.</summary>
public sealed class KindListTests
{
    private static readonly KindList Kinds = KindList.Read((JsonObject)JsonNode.Parse("""
        {"resources": [
          {"name": "MeshTimeout", "path": "meshtimeouts", "scope": "Mesh", "shortName": "mt", "singularDisplayName": "Mesh Timeout", "pluralDisplayName": "Mesh Timeouts", "policy": {"isTargetRef": true}},
          {"name": "Mesh", "path": "meshes", "scope": "Global", "shortName": "m", "singularDisplayName": "Mesh", "pluralDisplayName": "Meshes"},
          {"name": "TrafficPermission", "path": "traffic-permissions", "scope": "Mesh", "shortName": "", "singularDisplayName": "Traffic Permission", "pluralDisplayName": "Traffic Permissions", "policy": {"isTargetRef": false}},
          {"name": "ZoneIngress", "path": "zoneingresses", "scope": "Global", "shortName": "zi", "singularDisplayName": "Zone Ingress", "pluralDisplayName": "Zone Ingresses"}
        ]}
        """)!);

    [Theory]
    [InlineData("MeshTimeout", "MeshTimeout")]
    [InlineData("meshtimeouts", "MeshTimeout")]
    [InlineData("mt", "MeshTimeout")]
    [InlineData("mesh-timeout", "MeshTimeout")]
    [InlineData("m", "Mesh")]
    [InlineData("meshes", "Mesh")]
    [InlineData("traffic-permission", "TrafficPermission")]
    [InlineData("TRAFFICPERMISSIONS", "TrafficPermission")]
    [InlineData("zone-ingresses", "ZoneIngress")]
    public void Find_AnyOfItsNames_FindsTheKind(string word, string expected) => Assert.Equal(expected, Kinds.Find(word).Value.Name);

    [Theory]
    [InlineData("meshtimout", "did you mean MeshTimeout?")]
    [InlineData("meshs", "did you mean Mesh?")]
    [InlineData("deployments", "'meshctl get kinds' lists those that this control plane has")]
    [InlineData("", "'meshctl get kinds' lists those that this control plane has")]
    public void Find_Unknown_HelpsAlong(string word, string expected) => Assert.Equal(expected, Kinds.Find(word).Refusal!.Detail);

    [Fact]
    public void ItemPath_ScopesAndOddNames_AreKuma()
    {
        Assert.Equal("/meshes/default/meshtimeouts/a%2Fb", Kinds.Find("mt").Value.ItemPath("default", "a/b"));
        Assert.Equal("/zoneingresses/x", Kinds.Find("zi").Value.ItemPath("default", "x"));
        Assert.Equal("/meshtimeouts", Kinds.Find("mt").Value.ListPath(null));
    }
}
