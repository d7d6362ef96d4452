using CsCheck;

namespace MeshConsole.Shared.Tests;

public sealed class YamlTests
{
    [Fact]
    public void Read_SeveralDocuments_GivesEachAsJson()
    {
        var documents = Yaml.Read("a: 1\nb: [x, \"2\", 1.50, true, ~]\n---\n# nothing\n---\nc: {d: yes}\n").Value;
        Assert.Equal(["""{"a":1,"b":["x","2",1.50,true,null]}""", """{"c":{"d":"yes"}}"""], documents.Select(d => d.ToJsonString()));
    }

    [Fact]
    public void Read_AnchorsAndMerge_AreExpanded()
    {
        var document = Assert.Single(Yaml.Read("base: &b {x: 1, y: 2}\nitem:\n  <<: *b\n  y: 3\n").Value);
        Assert.Equal("""{"base":{"x":1,"y":2},"item":{"y":3,"x":1}}""", document.ToJsonString());
    }

    [Theory]
    [InlineData("a: 1\na: 2\n", "twice")]
    [InlineData("a: [1, 2\n", "line")]
    [InlineData("- 1\n", "mapping")]
    [InlineData("a: *nobody\n", "unknown alias")]
    [InlineData("a: 1\nb: x\u0001y\n", "line 2, column 5: a control character")]
    [InlineData("\0", "line 1, column 1: a control character")]
    public void Read_WrongText_IsRefusedWithThePlace(string text, string message)
    {
        var refusal = Yaml.Read(text).Refusal;
        Assert.Equal(RefusalReason.Malformed, refusal!.Reason);
        Assert.Contains(message, refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AliasesOfAliases_EndAtTheLimit()
    {
        var bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 12).Select(i =>
            $"a{i}: &a{i} [*a{i - 1},*a{i - 1},*a{i - 1},*a{i - 1},*a{i - 1},*a{i - 1},*a{i - 1},*a{i - 1}]\n"));
        Assert.Contains("more than", Yaml.Read(bomb).Refusal!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_DeepNesting_IsRefused() =>
        Assert.Contains("nested deeper", Yaml.Read("a: " + new string('[', 200) + new string(']', 200)).Refusal!.Detail, StringComparison.Ordinal);

    [Fact]
    public void Read_AnyText_NeverThrows() =>
        Gen.String[Gen.Char["ab:-[]{}&*!|>'\"#%@`, \n\t0.~<"], 0, 60].Sample(text => { _ = Yaml.Read(text); }, iter: 20_000);
}
