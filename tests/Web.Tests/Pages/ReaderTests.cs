using MeshConsole.Web.Components.Controls;
using MeshConsole.Web.Components.Pages.Access;
using MeshConsole.Web.Components.Pages.Changes;
using MeshConsole.Web.Components.Pages.Meshes;
using MeshConsole.Web.Components.Pages.Overview;
using MeshConsole.Web.Components.Pages.Policies;
using MeshConsole.Web.Components.Pages.Services;
using MeshConsole.Web.Components.Pages.Traffic;
using MeshConsole.Web.Components.Pages.Zones;
using Microsoft.AspNetCore.Components;

namespace MeshConsole.Web.Tests.Pages;

/// <summary>Who may read only sees everything, and nothing that changes something can be pressed.</summary>
public sealed class ReaderTests(GlobalControlPlane global) : ConsoleTest(global)
{
    /// <summary>Links to pages that only show.</summary>
    private static readonly string[] OnlyShow = ["services", "mtls", "traffic"];

    [Fact]
    public async Task Reader_SeesEveryWriteButtonDisabled_WithTheReason_AndTheAdministratorCanPressThem()
    {
        await PutApiAsync("v1");
        var route = await PutRouteAsync(("api-v1", 1));
        var again = await PutRouteAsync(("api-v1", 2));
        Assert.NotEqual(route.Revision, again.Revision);
        foreach (var asReader in (bool[])[false, true])
        {
            if (asReader)
            {
                SignInAsReader();
            }

            var seen = 0;
            seen += await LookAsync<OverviewPage>(asReader);
            seen += await LookAsync<ZoneList>(asReader);
            seen += await LookAsync<ZoneNew>(asReader);
            seen += await LookAsync<ZoneDetail>(asReader, ("Name", "no-such-zone"));
            seen += await LookAsync<MeshList>(asReader);
            seen += await LookAsync<MeshNew>(asReader);
            seen += await LookAsync<MeshDetail>(asReader, ("Name", Mesh));
            seen += await LookAsync<MtlsPage>(asReader, ("Name", Mesh));
            seen += await LookAsync<PolicyList>(asReader, ("Mesh", Mesh));
            seen += await LookAsync<PolicyDetail>(asReader, ("Mesh", Mesh), ("KindName", "MeshHTTPRoute"), ("Name", "api"));
            seen += await LookAsync<ResourceList>(asReader);
            seen += await LookAsync<ServiceDetail>(asReader, ("Mesh", Mesh), ("KindName", "MeshMultiZoneService"), ("Name", "api"));
            seen += await LookAsync<ChangeDetail>(asReader, ("Revision", route.Revision));
            Assert.True(seen >= 13, $"only {seen} write buttons were met");
        }
    }

    [Fact]
    public async Task Reader_IsToldWhyTheEditorAndTrafficAreClosed()
    {
        await PutApiAsync("v1");
        await PutRouteAsync(("api-v1", 1));
        SignInAsReader();

        var editor = Render<ResourceEditor>(p => p.Add(x => x.Mesh, Mesh).Add(x => x.KindName, "MeshHTTPRoute").Add(x => x.Name, "api"));
        Assert.Empty(editor.FindAll("[data-testid=save]"));
        Assert.Contains("cannot access", editor.Markup, StringComparison.Ordinal);
        var traffic = Render<TrafficPage>(p => p.Add(x => x.Mesh, Mesh).Add(x => x.KindName, "MeshMultiZoneService").Add(x => x.Name, "api"));
        Assert.Empty(traffic.FindAll("[data-testid=apply]"));
        Assert.Contains("cannot access", traffic.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reader_HasNoFormsForPeopleAndTokens()
    {
        SignInAsReader();
        var page = Render<AccessPage>();
        await page.WaitForAssertionAsync(() => Assert.Contains("Administrators issue tokens", page.Markup, StringComparison.Ordinal));
        Assert.Empty(page.FindAll("form"));
    }

    private async Task<int> LookAsync<T>(bool asReader, params (string Name, object Value)[] parameters)
        where T : IComponent
    {
        var page = Render<T>(p =>
        {
            foreach (var (name, value) in parameters)
            {
                p.TryAdd(name, value);
            }
        });
        await page.WaitForAssertionAsync(() => Assert.Empty(page.FindAll("[aria-label=Loading]")));
        var writes = page.FindAll("[data-write]");
        Assert.True(writes.Count > 0, $"{typeof(T).Name}: no write button");
        if (asReader)
        {
            Assert.All(writes, w => Assert.True(w.HasAttribute("disabled") && w.GetAttribute("title") == WriteButton.ReadsOnly, w.OuterHtml));
            var others = page.FindAll("button.primary, button.danger, a.btn.primary, a.btn.danger").Where(b => !b.HasAttribute("disabled"));
            Assert.All(others, b => Assert.True(OnlyShow.Any(s => b.GetAttribute("href")?.Contains(s, StringComparison.Ordinal) == true), $"{typeof(T).Name}: {b.OuterHtml}"));
        }
        else
        {
            Assert.All(writes, w => Assert.NotEqual(WriteButton.ReadsOnly, w.GetAttribute("title")));
        }

        page.Dispose();
        return writes.Count;
    }
}
