using MeshConsole.Web.Components.Pages.Policies;

namespace MeshConsole.Web.Tests.Pages;

public sealed class YamlLinesTests
{
    private const string Text = """
        type: MeshHTTPRoute
        name: api
        labels:
          kuma.io/zone: lab
        spec:
          to:
            - targetRef:
                kind: Mesh
              rules:
                - default:
                    backendRefs: []
        """;

    [Theory]
    [InlineData("name", 2)]
    [InlineData("labels[\"kuma.io/zone\"]", 4)]
    [InlineData("spec.to[0].targetRef.kind", 8)]
    [InlineData("spec.to[0].rules[0].default.backendRefs", 11)]
    [InlineData("spec.to[0].targetRef.name", 7)]
    [InlineData("spec.to[7].targetRef", 6)]
    [InlineData("elsewhere", 0)]
    [InlineData("", 0)]
    public void Find_AnyField_IsItsLineOrThatOfTheNearestParent(string field, int line) => Assert.Equal(line, YamlLines.Find(Text, field));

    [Fact]
    public void Find_TextThatIsNoYaml_IsTheLineOfTheFault() => Assert.Equal(2, YamlLines.Find("a: 1\nb: ]", "a"));
}
