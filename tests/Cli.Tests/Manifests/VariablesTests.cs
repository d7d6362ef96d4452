using MeshConsole.Cli.Manifests;

namespace MeshConsole.Cli.Tests.Manifests;

/// <summary>What <c>{{ key }}</c> becomes.</summary>
public sealed class VariablesTests
{
    [Theory]
    [InlineData("name: {{ name }}", "name: web")]
    [InlineData("name: {{name}}-{{  name  }}", "name: web-web")]
    [InlineData("{{ zone.region }}", "eu")]
    [InlineData("template: \"{{ .DisplayName }}.{{ .Zone }}.mesh\"", "template: \"{{ .DisplayName }}.{{ .Zone }}.mesh\"")]
    [InlineData("template: \"{{ label \\\"app\\\" }}\"", "template: \"{{ label \\\"app\\\" }}\"")]
    [InlineData("host: {{.service}}.mesh", "host: {{.service}}.mesh")]
    [InlineData("# such as {{ other }}\nname: {{ name }}", "# such as {{ other }}\nname: web")]
    [InlineData("{{ }} {{", "{{ }} {{")]
    public void Fill_Text_ReplacesVariablesAlone(string text, string expected)
    {
        var missing = new SortedSet<string>();

        var filled = Variables.Parse(["name=web", "zone.region=eu"], out _)!.Fill(text, missing);

        Assert.Equal(expected, filled);
        Assert.Empty(missing);
    }

    [Fact]
    public void Fill_KeysWithoutValue_NamesEachOnce()
    {
        var missing = new SortedSet<string>();

        Variables.Parse([], out _)!.Fill("{{ b }} {{ a.x }} {{ b }}", missing);

        Assert.Equal(["a.x", "b"], missing);
    }

    [Theory]
    [InlineData("novalue")]
    [InlineData("=x")]
    [InlineData("a b=x")]
    public void Parse_NoKeyAndValue_NamesTheWord(string word)
    {
        Assert.Null(Variables.Parse(["ok=1", word], out var wrong));
        Assert.Equal(word, wrong);
    }

    [Fact]
    public void Parse_ValueWithEqualsAndRepeatedKey_TakesAllAfterTheFirstAndTheLast()
    {
        var filled = Variables.Parse(["a=1", "a=x=y"], out _)!.Fill("{{ a }}", new SortedSet<string>());

        Assert.Equal("x=y", filled);
    }
}
