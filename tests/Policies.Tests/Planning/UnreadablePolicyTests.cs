using MeshConsole.ControlPlane.Planning;

namespace MeshConsole.Policies.Tests.Planning;

/// <summary>What a peer sends may be read leniently and still make no sense; it must not take the others with it.</summary>
public sealed class UnreadablePolicyTests
{
    [Theory]
    [InlineData("to: [null]")]
    [InlineData("to: [{targetRef: null, default: {connectionTimeout: 2s}}]")]
    [InlineData("to: [{targetRef: {kind: Mesh}}]")]
    [InlineData("from: [null]")]
    [InlineData("rules: [null]")]
    [InlineData("targetRef: {}")]
    public void Plan_WithAPolicyThatCannotBeRead_KeepsAllOthers(string spec)
    {
        var world = SmallWorld.With(SmallWorld.Timeout("good", "{kind: Mesh}", "{connectionTimeout: 7s}") + $"type: MeshTimeout\nmesh: shop\nname: bad\nspec: {{{spec}}}\n");

        var matches = world.Match("MeshTimeout", "web-1");

        var conf = Assert.Single(matches.Outbound.All).Conf[0];
        Assert.Equal("7s", (string?)conf["connectionTimeout"]);
        for (var i = 0; i < matches.Proxy.Inbounds.Length; i++)
        {
            _ = matches.Inbound(i)?.Rules;
            _ = matches.Clients(i);
        }

        Assert.Contains("good", matches.Names());
        _ = MeshPlan.Of(world, "shop").Affected(world.Find("MeshTimeout", "shop", "bad")!).Count();
    }
}
