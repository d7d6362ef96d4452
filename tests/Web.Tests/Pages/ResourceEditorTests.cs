using MeshConsole.Web.Components.Pages.Policies;

namespace MeshConsole.Web.Tests.Pages;

public sealed class ResourceEditorTests(GlobalControlPlane global) : ConsoleTest(global)
{
    [Fact]
    public async Task Text_BreakingARule_NamesFieldLineAndReasonAndCannotBeSaved()
    {
        await PutApiAsync("v1");
        await PutRouteAsync(("api-v1", 1));
        var editor = Edit();

        await editor.Find("[data-testid=yaml-editor]").InputAsync(Text(editor).Replace("weight: 1", "weight: -1", StringComparison.Ordinal));

        var fault = editor.Find("[data-testid=faults]").TextContent;
        Assert.Contains("spec.to[0].rules[0].default.backendRefs[0].weight", fault, StringComparison.Ordinal);
        Assert.Matches(@"line \d+", fault);
        Assert.True(editor.Find("[data-testid=save]").HasAttribute("disabled"));
    }

    [Theory]
    [InlineData("a: [", "line")]
    [InlineData("", "empty")]
    [InlineData("type: Mesh\nname: x", "MeshHTTPRoute")]
    public async Task Text_Unusable_SaysWhy(string text, string reason)
    {
        await PutApiAsync("v1");
        await PutRouteAsync(("api-v1", 1));
        var editor = Edit();

        await editor.Find("[data-testid=yaml-editor]").InputAsync(text);

        Assert.Contains(reason, editor.Find("[data-testid=faults]").TextContent, StringComparison.Ordinal);
    }

    /// <summary>The case of kumahq/kuma#10590, by the text of a YAML file that somebody pastes: for what is there and for what is new.</summary>
    [Theory]
    [InlineData("api")]
    [InlineData(null)]
    public async Task Text_ThatClaimsToComeFromAZone_NamesTheLabelAndCannotBeSaved(string? name)
    {
        await PutApiAsync("v1");
        await PutRouteAsync(("api-v1", 1));
        var editor = Render<ResourceEditor>(p => p.Add(x => x.Mesh, Mesh).Add(x => x.KindName, "MeshHTTPRoute").Add(x => x.Name, name));
        var text = $"""
            type: MeshHTTPRoute
            mesh: {Mesh}
            name: {name ?? "pasted"}
            labels:
              kuma.io/origin: zone
              kuma.io/zone: lab
            spec:
              targetRef:
                kind: Mesh
              to:
                - targetRef:
                    kind: MeshMultiZoneService
                    name: api
                  rules:
                    - matches:
                        - path:
                            type: PathPrefix
                            value: /
                      default:
                        backendRefs:
                          - kind: MeshMultiZoneService
                            name: api-v1
                            port: 8080
            """;

        await editor.Find("[data-testid=yaml-editor]").InputAsync(text);

        Assert.Contains("labels[\"kuma.io/origin\"]", editor.Find("[data-testid=faults]").TextContent, StringComparison.Ordinal);
        Assert.True(editor.Find("[data-testid=save]").HasAttribute("disabled"));
        Assert.Null(Stored("MeshHTTPRoute", "pasted"));
        Assert.NotEqual("zone", Stored("MeshHTTPRoute", "api")!.Origin);
    }

    [Fact]
    public async Task Save_ChangedText_ShowsTheDifferenceAndStores()
    {
        await PutApiAsync("v1");
        await PutRouteAsync(("api-v1", 1));
        var editor = Edit();

        await editor.Find("[data-testid=yaml-editor]").InputAsync(Text(editor).Replace("weight: 1", "weight: 7", StringComparison.Ordinal));
        Assert.Contains("weight: 7", editor.Find("[data-testid=diff]").TextContent, StringComparison.Ordinal);
        await editor.Find("[data-testid=save]").ClickAsync();

        await editor.WaitForAssertionAsync(() => Assert.Contains("\"weight\":7", Stored("MeshHTTPRoute", "api")!.Spec.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Save_ChangedMeanwhile_ShowsTheConflictAndStoresNothing()
    {
        await PutApiAsync("v1");
        await PutRouteAsync(("api-v1", 1));
        var editor = Edit();
        await editor.Find("[data-testid=yaml-editor]").InputAsync(Text(editor).Replace("weight: 1", "weight: 7", StringComparison.Ordinal));
        await PutRouteAsync(("api-v1", 3));

        await editor.Find("[data-testid=save]").ClickAsync();

        Assert.NotNull(editor.Find("[data-testid=conflict]"));
        Assert.Contains("\"weight\":3", Stored("MeshHTTPRoute", "api")!.Spec.ToString(), StringComparison.Ordinal);
    }

    private static string Text(IRenderedComponent<ResourceEditor> editor) => editor.Find("[data-testid=yaml-editor]").GetAttribute("value")!;

    private IRenderedComponent<ResourceEditor> Edit() =>
        Render<ResourceEditor>(p => p.Add(x => x.Mesh, Mesh).Add(x => x.KindName, "MeshHTTPRoute").Add(x => x.Name, "api"));
}
