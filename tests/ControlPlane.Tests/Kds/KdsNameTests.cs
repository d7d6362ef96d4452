using MeshConsole.ControlPlane.Kds;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Tests.Kds;

public sealed class KdsNameTests
{
    [Theory]
    [InlineData("default", "redis-zone-1", "zone-1", null, "redis-zone-1-2v6wfvvcvbc9f55d")]
    [InlineData("default", "redis-zone-2", "zone-2", null, "redis-zone-2-ff29vc4685c6f594")]
    [InlineData("default", "default-timeout-global", null, null, "default-timeout-global-54dbd4c66zwbcf9c")]
    [InlineData("default", "default-timeout-zone-1", "zone-1", null, "default-timeout-zone-1-c58w24w4vw27f454")]
    [InlineData("default", "web", "east", "kuma-demo", "web-bx6896ff6c84v5zz")]
    [InlineData("", "zone-ingress", "zone-1", null, "zone-ingress-484wwxcw744wcz2z")]
    [InlineData("", "hg-1", null, null, "hg-1-4w5cccxx9c9zd426")]
    public void Hash_KnownVector_IsReproduced(string mesh, string name, string? zone, string? ns, string expected)
    {
        var labels = Labels.None;
        labels = zone is null ? labels : labels.SetItem(Labels.Zone, zone);
        labels = ns is null ? labels : labels.SetItem(Labels.Namespace, ns);
        Assert.Equal(expected, KdsName.Hash(mesh, name, labels));
    }

    [Fact]
    public void Hash_LongName_IsCutTo253()
    {
        var name = KdsName.Hash("default", new string('x', 250), Labels.None);
        Assert.Equal(new string('x', 236) + "-v2fcw854dd874b72", name);
        Assert.Equal(253, name.Length);
    }

    [Fact]
    public void Hash_DisplayName_GoesBeforeTheStoredName() =>
        Assert.Equal("web-bx6896ff6c84v5zz", KdsName.Hash("default", "whatever-else", Labels.None.SetItem(Labels.DisplayName, "web").SetItem(Labels.Zone, "east").SetItem(Labels.Namespace, "kuma-demo")));

    [Theory]
    [InlineData("default.", "default", "")]
    [InlineData("a.b.default", "a.b", "default")]
    [InlineData("lonely", "lonely", "")]
    public void Split_AtTheLastDot(string text, string name, string mesh) => Assert.Equal((name, mesh), KdsName.Split(text));
}
