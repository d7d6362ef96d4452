using MeshConsole.ControlPlane.Access;

namespace MeshConsole.ControlPlane.Tests.Access;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("1h", 3600)]
    [InlineData("1h30m", 5400)]
    [InlineData("1.5h", 5400)]
    [InlineData("720h", 2592000)]
    [InlineData("250ms", 0.25)]
    [InlineData("-1m", -60)]
    [InlineData("0", 0)]
    public void TryParse_GoText_ReadsSeconds(string text, double seconds)
    {
        Assert.True(GoDuration.TryParse(text, out var value, out _));
        Assert.Equal(seconds, value.TotalSeconds);
    }

    [Theory]
    [InlineData("abc", "time: invalid duration \"abc\"")]
    [InlineData("", "time: invalid duration \"\"")]
    [InlineData("10", "time: missing unit in duration \"10\"")]
    [InlineData("10d", "time: unknown unit \"d\" in duration \"10d\"")]
    [InlineData("9999999999h", "time: invalid duration \"9999999999h\"")]
    [InlineData(".h", "time: invalid duration \".h\"")]
    public void TryParse_NoDuration_SaysWhatGoSays(string text, string expected)
    {
        Assert.False(GoDuration.TryParse(text, out _, out var error));
        Assert.Equal(expected, error);
    }
}
