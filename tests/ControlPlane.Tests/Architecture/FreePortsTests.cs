using MeshConsole.Testing;

namespace MeshConsole.ControlPlane.Tests.Architecture;

/// <summary>Tests start many programs at once, each on ports of its own.</summary>
public sealed class FreePortsTests
{
    private static readonly int[] OfOneControlPlane = [5678, 5680, 5681, 5682, 5685];

    [Fact]
    public void ManyTakenAtOnce_ShareNoPort()
    {
        var ports = ParallelEnumerable.Range(0, 200)
            .SelectMany(i => i % 2 == 0 ? [FreePorts.Take()] : Offset())
            .ToList();

        Assert.Equal(600, ports.Count);
        Assert.Equal(600, ports.Distinct().Count());
        Assert.All(ports, p => Assert.InRange(p, 6_000, 31_000));

        static int[] Offset()
        {
            var offset = FreePorts.TakeOffset(OfOneControlPlane);
            return [.. OfOneControlPlane.Select(p => p + offset)];
        }
    }
}
