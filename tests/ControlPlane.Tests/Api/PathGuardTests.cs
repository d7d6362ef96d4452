using CsCheck;
using MeshConsole.ControlPlane.Api;

namespace MeshConsole.ControlPlane.Tests.Api;

public sealed class PathGuardTests
{
    [Theory]
    [InlineData("/meshes/default", false)]
    [InlineData("/meshes/a.b/meshtimeouts/c..d", false)]
    [InlineData("/meshes/.../x", false)]
    [InlineData("/meshes?next=/../x", false)]
    [InlineData("/meshes/%2e%2e%2e", false)]
    [InlineData("/meshes/..", true)]
    [InlineData("/../x", true)]
    [InlineData("/a/./b", true)]
    [InlineData("/a/%2e", true)]
    [InlineData("/a/%2E%2e/b", true)]
    [InlineData("/a/.%2E?x", true)]
    [InlineData("", false)]
    [InlineData("*", false)]
    public void Target_WithASegmentOfDots_IsSeen(string target, bool seen) => Assert.Equal(seen, PathGuard.HasDots(target));

    /// <summary>Whatever a URI would resolve is seen, and nothing else.</summary>
    [Fact]
    public void Target_OfAnySegments_IsSeenExactlyWhenAUriWouldResolveIt()
    {
        string[] segments = ["a", "..", ".", "%2e", "%2E.", "a.b", "...", "%2e%2e%2e", "", "%2f", "x%2e"];
        Gen.Int[0, segments.Length - 1].Select(i => segments[i]).Array[1, 6].Sample(parts =>
        {
            var path = "/a/b/" + string.Join('/', parts);
            var resolved = parts.Any(p => p.Replace("%2e", ".", StringComparison.OrdinalIgnoreCase) is "." or "..");
            Assert.Equal(resolved, PathGuard.HasDots(path));
        });
    }
}
