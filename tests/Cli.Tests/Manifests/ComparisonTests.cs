using System.Text.Json.Nodes;
using MeshConsole.Cli.Manifests;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Tests.Manifests;

/// <summary>When a manifest counts as stored already.</summary>
public sealed class ComparisonTests
{
    private const string Served = """
        type: MeshTimeout
        mesh: default
        name: web
        creationTime: 2026-01-01T00:00:00Z
        labels: {kuma.io/mesh: default, team: a}
        kri: kri_mt_default___web_
        spec: {to: [{targetRef: {kind: Mesh}, default: {idleTimeout: 1h, http: {}}}]}
        status: {}
        """;

    [Theory]
    [InlineData("labels: {team: a}", "{idleTimeout: 1h}", true)]
    [InlineData("labels: {team: a, kuma.io/mesh: default}", "{idleTimeout: 1h, connectionTimeout: null}", true)]
    [InlineData("labels: {team: b}", "{idleTimeout: 1h}", false)]
    [InlineData("labels: {}", "{idleTimeout: 1h}", false)]
    [InlineData("labels: {team: a}", "{idleTimeout: 2h}", false)]
    [InlineData("labels: {team: a}", "{idleTimeout: 1h, connectionTimeout: 1s}", false)]
    public void Same_Manifest_LooksAtContentAlone(string labels, string conf, bool expected)
    {
        var manifest = Read($"type: MeshTimeout\nmesh: default\nname: web\n{labels}\nspec: {{to: [{{targetRef: {{kind: Mesh}}, default: {conf}}}]}}\n");

        Assert.Equal(expected, Comparison.Same(Read(Served), manifest));
    }

    [Fact]
    public void InOrderOf_OtherOrder_FollowsWhatIsStored()
    {
        var ordered = Comparison.InOrderOf(Read("b: {q: 1, p: 2, r: 3}\na: [{d: 1, c: 2}]\n"), Read("a: [{c: 0, d: 0}]\nb: {p: 0, q: 0}\n"));

        Assert.Equal("a:\n  - c: 2\n    d: 1\nb:\n  p: 2\n  q: 1\n  r: 3\n", Yaml.Write(ordered));
    }

    private static JsonObject Read(string text) => Yaml.Read(text).Value[0];
}
