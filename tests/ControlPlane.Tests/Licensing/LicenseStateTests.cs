using MeshConsole.ControlPlane.Licensing;

namespace MeshConsole.ControlPlane.Tests.Licensing;

public sealed class LicenseStateTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 20, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, 0, LicenseStatus.Valid)]
    [InlineData(25, 5000, LicenseStatus.Valid)]
    [InlineData(26, 5000, LicenseStatus.OverLimit)]
    [InlineData(25, 5001, LicenseStatus.OverLimit)]
    public void Community_Usage_OnlyWarns(int zones, int dataplanes, LicenseStatus expected)
    {
        var state = LicenseState.Of(License.Community, new LicenseUsage(zones, dataplanes), Now);

        Assert.Equal(expected, state.Status);
        Assert.False(state.ReadOnlyConfiguration);
    }

    [Fact]
    public void Community_OverBothLimits_NamesBoth()
    {
        var state = LicenseState.Of(License.Community, new LicenseUsage(30, 6000), Now);

        Assert.Equal("over limit", state.Word);
        Assert.Equal("More is in use than the license covers: 30 of 25 zones and 6,000 of 5,000 data planes. Everything goes on working.", state.Message);
    }

    [Theory]
    [InlineData(30 * 24, LicenseStatus.Valid)]
    [InlineData((30 * 24) - 1, LicenseStatus.Expiring)]
    [InlineData(1, LicenseStatus.Expiring)]
    [InlineData(0, LicenseStatus.Grace)]
    [InlineData((-14 * 24) + 1, LicenseStatus.Grace)]
    [InlineData(-14 * 24, LicenseStatus.Expired)]
    public void Dated_HoursLeft_DecideTheStatus(int hours, LicenseStatus expected)
    {
        var license = new License("Enterprise", "Example", Now.AddHours(hours), 100, null);

        var state = LicenseState.Of(license, new LicenseUsage(0, 1_000_000), Now);

        Assert.Equal(expected, state.Status);
        Assert.Equal(expected == LicenseStatus.Expired, state.ReadOnlyConfiguration);
    }

    [Fact]
    public void Dated_ExpiringAndOverLimit_DateComesFirstAndExcessIsKept()
    {
        var state = LicenseState.Of(new License("Enterprise", "Example", Now.AddDays(3), 10, null), new LicenseUsage(11, 0), Now);

        Assert.Equal(LicenseStatus.Expiring, state.Status);
        Assert.Equal(new LicenseExcess("zones", 11, 10), Assert.Single(state.Excess));
        Assert.Equal("The license ends on 2026-11-28.", state.Message);
    }
}
