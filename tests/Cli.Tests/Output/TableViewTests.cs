using MeshConsole.Cli.Output;

namespace MeshConsole.Cli.Tests.Output;

/// <summary>Tables, ages and differences as people and scripts read them.</summary>
public sealed class TableViewTests
{
    [Fact]
    public void Write_NotATerminal_AlignsColumnsAndCutsNothing()
    {
        var table = new TableView("NAME", "TAGS", "AGE");
        table.Add("a", new string('x', 400), "1s");
        table.Add("longer [name]", "", "12d");

        var lines = Write(table).Split('\n');

        Assert.Equal($"NAME            TAGS{new string(' ', 399)}AGE", lines[0]);
        Assert.Equal($"a               {new string('x', 400)}   1s", lines[1]);
        Assert.Equal($"longer [name]   -{new string(' ', 402)}12d", lines[2]);
    }

    [Fact]
    public void Write_NarrowTerminal_WrapsWhatIsLongButNotNames()
    {
        var table = new TableView("NAME", "TAGS", "AGE");
        table.Add("api-v1-1-894dwz84f4b2vvc5", string.Join(' ', Enumerable.Repeat("kuma.io/service=api", 6)), "12d");
        using var terminal = new TestTerminal { OutIsTerminal = true };

        table.Write(terminal.Terminal());

        Assert.True(terminal.Output.Split('\n').Length > 3, terminal.Output);
        Assert.Contains("api-v1-1-894dwz84f4b2vvc5   kuma.io/service=api", terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ControlCharacters_NeverReachTheTerminal()
    {
        var table = new TableView("NAME");
        table.Add("a\e[2Jb\nc");

        Assert.Equal("NAME\na\uFFFD[2Jb c\n", Write(table));
    }

    [Theory]
    [InlineData("2026-01-01T11:59:30Z", "30s")]
    [InlineData("2026-01-01T12:00:30Z", "0s")]
    [InlineData("2026-01-01T11:01:00.123456789Z", "58m")]
    [InlineData("2025-12-31T13:00:00+00:00", "23h")]
    [InlineData("2025-12-01T12:00:00Z", "31d")]
    [InlineData("2023-12-01T12:00:00Z", "2y")]
    [InlineData("0001-01-01T00:00:00Z", "never")]
    [InlineData("soon", "never")]
    [InlineData(null, "never")]
    public void Age_Time_IsTheLargestWholeUnit(string? time, string expected) =>
        Assert.Equal(expected, Words.Age(time, new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero)));

    [Fact]
    public void UnifiedDiff_OneChangedLine_HasContextAndCountsThatFit()
    {
        var diff = UnifiedDiff.Of("a: 1\nb: 2\nc: 3\n", "a: 1\nb: 4\nc: 3\n", "stored", "file");

        Assert.Equal("--- stored\n+++ file\n@@ -1,3 +1,3 @@\n a: 1\n-b: 2\n+b: 4\n c: 3\n", diff.ReplaceLineEndings("\n").TrimEnd('\n') + "\n");
        Assert.Equal("", UnifiedDiff.Of("a", "a", "x", "y"));
    }

    private static string Write(TableView table)
    {
        using var terminal = new TestTerminal();
        table.Write(terminal.Terminal());
        return terminal.Output;
    }
}
