using System.Net;
using MeshConsole.ControlPlane.Access;
using Microsoft.Extensions.Time.Testing;

namespace MeshConsole.ControlPlane.Tests.Access;

public sealed class SignInThrottleTests
{
    private readonly FakeTimeProvider time = new(AccessFixture.Start);

    [Fact]
    public void Begin_MoreFailures_WaitsDoubleUpToAQuarterOfAnHour()
    {
        var throttle = new SignInThrottle(time);
        var waits = new List<double>();
        for (var i = 0; i < 16; i++)
        {
            Assert.Equal(TimeSpan.Zero, throttle.Begin("ada", IPAddress.Loopback));
            var wait = throttle.Begin("ada", IPAddress.Loopback); // refused at once while held
            if (wait > TimeSpan.Zero)
            {
                waits.Add(wait.TotalSeconds);
                time.Advance(wait);
            }
            else
            {
                i++; // it counted as a try of its own
            }
        }

        Assert.Equal([5, 10, 20, 40], waits.Take(4));
        Assert.Equal(900, waits[^1]);
    }

    [Fact]
    public void Begin_ManyNamesFromOneAddress_HoldsTheAddress()
    {
        var throttle = new SignInThrottle(time);
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(TimeSpan.Zero, throttle.Begin($"name{i}", IPAddress.Loopback));
        }

        Assert.True(throttle.Begin("fresh", IPAddress.Loopback) > TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, throttle.Begin("fresh", IPAddress.IPv6Loopback));
    }

    [Fact]
    public void Begin_OtherAddressesOfOneIpv6Network_CountTogether()
    {
        var throttle = new SignInThrottle(time);
        for (var i = 0; i < 5; i++)
        {
            throttle.Begin("ada", IPAddress.Parse($"2001:db8::{i + 1}"));
        }

        Assert.True(throttle.Begin("ada", IPAddress.Parse("2001:db8::99")) > TimeSpan.Zero);
    }

    [Fact]
    public void Succeeded_ForgetsTheFailures()
    {
        var throttle = new SignInThrottle(time);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(TimeSpan.Zero, throttle.Begin("ada", IPAddress.Loopback));
            throttle.Succeeded("ada", IPAddress.Loopback);
        }
    }

    [Fact]
    public void Begin_MoreNamesThanRoom_KeepsWhoIsHeld()
    {
        var throttle = new SignInThrottle(time, capacity: 100);
        for (var i = 0; i < 6; i++)
        {
            throttle.Begin("ada", IPAddress.Loopback);
        }

        for (var i = 0; i < 1000; i++)
        {
            throttle.Begin($"n{i}", new IPAddress([10, 0, (byte)(i / 250), (byte)(i % 250)]));
        }

        Assert.True(throttle.Begin("ada", IPAddress.Loopback) > TimeSpan.Zero);
    }
}
