using MeshConsole.ControlPlane.Kds;
using Microsoft.Extensions.Time.Testing;

namespace MeshConsole.ControlPlane.Tests.Kds;

/// <summary>The log stays readable, whatever peers do.</summary>
public sealed class LogLimitTests
{
    private readonly FakeTimeProvider time = new();

    [Fact]
    public void Key_IsToldOnceAMinute_WithHowMuchWasNot()
    {
        var limit = new LogLimit(time);
        Assert.True(limit.MayTell("east", out var untold));
        Assert.Equal(0, untold);
        for (var i = 0; i < 59; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.False(limit.MayTell("east", out _));
        }

        Assert.True(limit.MayTell("west", out _)); // another one is not held back
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(limit.MayTell("east", out untold));
        Assert.Equal(59, untold);
    }

    [Fact]
    public void InventedKeys_ShareOneLineAMinute_AndDoNotPushOutKnownOnes()
    {
        var limit = new LogLimit(time, most: 3);
        var told = Enumerable.Range(0, 1000).Count(i => limit.MayTell($"zone-{i}", out _));
        Assert.Equal(4, told); // three of their own, one for all others
        Assert.False(limit.MayTell("zone-0", out _));

        time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(limit.MayTell("zone-2000", out _)); // room again
    }

    [Fact]
    public void ManyAtOnce_OnlyOneTells()
    {
        var limit = new LogLimit(time);
        var told = 0;
        Parallel.For(0, 1000, _ =>
        {
            if (limit.MayTell("east", out var _))
            {
                Interlocked.Increment(ref told);
            }
        });
        Assert.Equal(1, told);
    }
}
