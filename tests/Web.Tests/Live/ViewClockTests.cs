using MeshConsole.Web.Live;
using Microsoft.Extensions.Time.Testing;

namespace MeshConsole.Web.Tests.Live;

public sealed class ViewClockTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(null, "12:00:00")]
    [InlineData("Europe/Berlin|60", "13:00:00")]
    [InlineData("No/Such_Zone|-300", "07:00:00")]
    [InlineData("No/Such_Zone|99999", "12:00:00")]
    [InlineData("<script>", "12:00:00")]
    public void At_Today_IsTheTimeOfTheBrowser(string? zone, string expected)
    {
        var clock = new ViewClock(new FakeTimeProvider(Noon));
        clock.Use(zone);

        Assert.Equal(expected, clock.At(Noon));
    }

    [Fact]
    public void At_AnotherDay_NamesTheDay() => Assert.Equal("2026-11-24 12:00", new ViewClock(new FakeTimeProvider(Noon)).At(Noon.AddDays(-1)));

    [Theory]
    [InlineData(0.0004, "<1 ms")]
    [InlineData(0.018, "18 ms")]
    [InlineData(1.44, "1.4 s")]
    [InlineData(42, "42 s")]
    [InlineData(300, "5 min")]
    [InlineData(10800, "3 h")]
    [InlineData(259200, "3 d")]
    public void Span_AnyLength_IsShort(double seconds, string expected) => Assert.Equal(expected, ViewClock.Span(TimeSpan.FromSeconds(seconds)));
}
