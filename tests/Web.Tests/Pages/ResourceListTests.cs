using MeshConsole.Shared;
using MeshConsole.Web.Components.Pages.Access;
using MeshConsole.Web.Components.Pages.Policies;

namespace MeshConsole.Web.Tests.Pages;

/// <summary>The list of everything that has no page of its own, and the audit trail.</summary>
public sealed class ResourceListTests(GlobalControlPlane global) : ConsoleTest(global)
{
    [Fact]
    public async Task Resources_ListWhatHasNoOtherPage_AndFollowTheStore()
    {
        await PutMeshAsync();
        var page = Render<ResourceList>();
        Assert.DoesNotContain($"printer-{Mesh}", page.Markup, StringComparison.Ordinal);

        var stored = await PutAsync($$$"""{"type":"MeshExternalService","mesh":"{{{Mesh}}}","name":"printer-{{{Mesh}}}","spec":{"match":{"port":9100,"protocol":"tcp"},"endpoints":[{"address":"printer.example","port":9100}]}}""");

        await page.WaitForAssertionAsync(() => Assert.Contains($"printer-{Mesh}", page.Markup, StringComparison.Ordinal));
        var link = page.FindAll("a").First(a => a.TextContent.Contains($"printer-{Mesh}", StringComparison.Ordinal));
        Assert.Equal($"meshes/{Mesh}/policies/MeshExternalService/printer-{Mesh}", link.GetAttribute("href"));
        Assert.DoesNotContain("dataplane-token-signing-key", page.Markup, StringComparison.Ordinal); // secrets are not listed
        await RemoveAsync(stored);
        await page.WaitForAssertionAsync(() => Assert.DoesNotContain($"printer-{Mesh}", page.Markup, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("MeshExternalService", "meshes/default/policies/MeshExternalService/new")]
    [InlineData("HostnameGenerator", "resources/HostnameGenerator/new")]
    public async Task New_OfAKind_LeadsToItsEditor(string kind, string address)
    {
        var page = Render<ResourceList>();

        await page.Find("[data-testid=new-kind]").ChangeAsync(kind);

        Assert.Equal(address, page.Find("[data-testid=new-resource]").GetAttribute("href"));
    }

    [Fact]
    public async Task Audit_NamesWhoDidWhat_AndFollowsNewEntries()
    {
        await PutMeshAsync();
        var page = Render<AuditPage>();
        await page.WaitForAssertionAsync(() => Assert.Contains(Mesh, page.Find("[data-testid=audit]").TextContent, StringComparison.Ordinal));
        var row = page.FindAll("[data-testid=audit] tbody tr").First(r => r.TextContent.Contains($"{Mesh}", StringComparison.Ordinal));
        Assert.Contains("test", row.TextContent, StringComparison.Ordinal);
        Assert.Matches(@"^changes/\d+$", row.QuerySelector("a")!.GetAttribute("href")!);

        await Global.Store.CommitAsync(new Actor("grace", []), t => { t.AddAudit("sign-in", "console", $"of {Mesh}-late"); return 0; }, Cancel);

        await PutAsync($$"""{"type":"Mesh","name":"{{Mesh}}","labels":{"late":"yes"},"skipCreatingInitialPolicies":["*"]}""");
        await page.WaitForAssertionAsync(() => Assert.Contains($"of {Mesh}-late", page.Markup, StringComparison.Ordinal));
        Assert.Single(page.FindAll("h1"));
    }
}
