using CsCheck;

namespace MeshConsole.Shared.Tests;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("0", "0s")]
    [InlineData("15s", "15s")]
    [InlineData("1h", "1h0m0s")]
    [InlineData("90m", "1h30m0s")]
    [InlineData("1h30m", "1h30m0s")]
    [InlineData("1.5s", "1.5s")]
    [InlineData(".5s", "500ms")]
    [InlineData("250ms", "250ms")]
    [InlineData("10us", "10µs")]
    [InlineData("7ns", "7ns")]
    [InlineData("-1s", "-1s")]
    [InlineData("+2m", "2m0s")]
    [InlineData("1m0.000000001s", "1m0.000000001s")]
    public void TryParse_GoText_IsReadAndWrittenAsGoDoes(string text, string written)
    {
        Assert.True(GoDuration.TryParse(text, out var value));
        Assert.Equal(written, value.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("s")]
    [InlineData("10 seconds")]
    [InlineData("1d")]
    [InlineData("1..5s")]
    [InlineData("-")]
    [InlineData("10000000h")]
    [InlineData("1s ")]
    public void TryParse_OtherText_IsRefused(string text) => Assert.False(GoDuration.TryParse(text, out _));

    [Fact]
    public void ToString_AnyLength_IsReadBack() =>
        Gen.Long[-long.MaxValue, long.MaxValue].Sample(n => GoDuration.Parse(new GoDuration(n).ToString()).Nanoseconds == n);
}
