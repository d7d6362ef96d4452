using System.Text.Json.Nodes;
using MeshConsole.Cli.Client;
using MeshConsole.Testing;
using Microsoft.Extensions.Time.Testing;

namespace MeshConsole.Cli.Tests.Verbs;

/// <summary>meshctl reads what a real Kuma answered; skipped where the recordings are not beside the checkout.</summary>
public sealed class RecordedKumaTests
{
    [Theory]
    [InlineData("get zones", @"^NAME +STATUS +LAST CONNECTED +VERSION +AGE\nzone-1 +(online|offline) +\S+ +2\.14\.3 +\S+\n$")]
    [InlineData("get dataplanes", @"^MESH +NAME +TAGS +ADDRESS +STATUS +ZONE +AGE\n(default +\S+ +kuma\.io/.*(online|offline|degraded) +zone-1 +\S+\n)+$")]
    [InlineData("get meshtimeouts", @"^MESH +NAME +TARGET +ORIGIN +AGE\ndefault +mesh-gateways-timeout-all-default +Mesh ")]
    [InlineData("get meshes", @"\ndefault +builtin/\S+ +off +off +\S+\n")]
    [InlineData("get zoneingresses", @"\n\S+ +zone-1 +10\.0\.0\.1:10001 +\S+ +\S+\n")]
    [InlineData("inspect services", @"^MESH +NAME +STATUS +ONLINE +ADDRESS +AGE\ndefault +backend ")]
    [InlineData("get kinds", @"\nMeshTimeout +meshtimeouts +mt +mesh +yes\n")]
    [InlineData("get meshservices", @"^MESH +NAME +PORTS +STATE +ZONE +AGE\ndefault +\S+ +\d+/\S+")]
    public async Task Table_OfARealAnswer_HasItsColumns(string commandLine, string expected)
    {
        await using var kuma = await RecordedAsync(SharedFolder.Require("peer", "rest", "global"));
        using var terminal = kuma.Terminal();
        terminal.Time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 25, 21, 0, 0, TimeSpan.Zero));

        Assert.True(await terminal.RunAsync(commandLine.Split(' ')) == ExitCode.Ok, terminal.ToString());

        Assert.Matches(expected, terminal.Output);
    }

    [Fact]
    public async Task InspectDataplane_EveryRecordedCase_ListsItsPolicies()
    {
        var cases = SharedFolder.Require("peer", "rules");
        await using var kuma = await FakeKuma.StartAsync();
        using var terminal = kuma.Terminal();
        kuma.Stored["/meshes/default/dataplanes/x"] = new JsonObject { ["type"] = "Dataplane", ["mesh"] = "default", ["name"] = "x" };
        var seen = 0;
        foreach (var file in Directory.GetFiles(cases, "rules-*.json", SearchOption.AllDirectories))
        {
            var answer = (JsonObject)JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!;
            if (answer["rules"] is null)
            {
                continue;
            }

            kuma.Answers["/meshes/default/dataplanes/x/_rules"] = (200, answer.ToJsonString());
            Assert.Equal(ExitCode.Ok, await terminal.RunAsync("inspect", "dataplane", "x"));

            var rules = answer.Objects("rules").Where(r => r["proxyRule"] is not null || Lists(r) > 0).Select(r => r.String("type")).ToList();
            Assert.All(rules, type => Assert.Contains($"{type} ", terminal.Output, StringComparison.Ordinal));
            seen += rules.Count;
        }

        Assert.True(seen > 50, $"{seen} rules seen");
    }

    private static int Lists(JsonObject rule) =>
        rule.Objects("toRules").Count() + rule.Objects("toResourceRules").Count()
        + rule.Objects("fromRules").Sum(f => f.Objects("rules").Count()) + rule.Objects("inboundRules").Sum(f => f.Objects("rules").Count());

    private static async Task<FakeKuma> RecordedAsync(string folder)
    {
        var kuma = await FakeKuma.StartAsync();
        // Files of writes, refusals and other meshes answer the same paths in another state.
        foreach (var file in Directory.GetFiles(folder, "*.json").Where(f => Path.GetFileName(f) is [not ('w' or 'v'), ..] or [_, not '_', ..]))
        {
            var call = JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
            if (call.String("request", "method") == "GET" && call.At("response", "json") is { } body && call.String("request", "path") is { } path)
            {
                kuma.Answers[path] = ((int)call.Number("response", "status"), body.ToJsonString());
            }
        }

        return kuma;
    }
}
