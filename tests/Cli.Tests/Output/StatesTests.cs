using System.Text.Json.Nodes;
using MeshConsole.Cli.Output;

namespace MeshConsole.Cli.Tests.Output;

/// <summary>Words for state.</summary>
public sealed class StatesTests
{
    private const string Online = """{"subscriptions": [{"connectTime": "2026-01-01T00:00:00Z", "disconnectTime": "2026-01-01T00:00:01Z"}, {"connectTime": "2026-01-01T00:00:02Z"}]}""";
    private const string Gone = """{"subscriptions": [{"connectTime": "2026-01-01T00:00:00Z", "disconnectTime": "2026-01-01T00:00:01Z"}]}""";

    [Theory]
    [InlineData("{\"zone\": {}, \"zoneInsight\": " + Online + "}", "online")]
    [InlineData("{\"zone\": {\"enabled\": true}, \"zoneInsight\": " + Gone + "}", "offline")]
    [InlineData("{\"zone\": {\"enabled\": false}, \"zoneInsight\": " + Online + "}", "disabled")]
    [InlineData("{\"zone\": {}}", "offline")]
    public void OfZone_Overview_IsItsState(string overview, string expected) => Assert.Equal(expected, States.OfZone(Read(overview)));

    [Theory]
    [InlineData("[]", Online, "online")]
    [InlineData("[{\"state\": \"Ready\"}, {\"health\": {\"ready\": true}}]", Online, "online")]
    [InlineData("[{}, {\"state\": \"NotReady\"}]", Online, "degraded")]
    [InlineData("[{\"health\": {\"ready\": false}}]", Online, "offline")]
    [InlineData("[{}]", Gone, "offline")]
    [InlineData("[{}]", "null", "offline")]
    public void OfDataplane_InboundsAndConnection_DecideTogether(string inbounds, string insight, string expected) =>
        Assert.Equal(expected, States.OfDataplane(Read($$"""{"dataplane": {"networking": {"inbound": {{inbounds}} } }, "dataplaneInsight": {{insight}} }""")));

    [Fact]
    public void MarkZonesGone_ZoneNotConnected_MakesItsProxiesUnknown()
    {
        var proxies = new[] { "lab", "eks" }.Select(z => Read($$"""{"labels": {"kuma.io/zone": "{{z}}"}, "dataplane": {}, "dataplaneInsight": {{Online}} }""")).ToList();

        States.MarkZonesGone(proxies, [Read($$"""{"name": "lab", "zone": {}, "zoneInsight": {{Gone}} }"""), Read($$"""{"name": "eks", "zone": {}, "zoneInsight": {{Online}} }""")]);

        Assert.Equal(["unknown", "online"], proxies.Select(States.OfDataplane));
    }

    private static JsonObject Read(string text) => (JsonObject)JsonNode.Parse(text)!;
}
