using MeshConsole.Web.Components.Controls;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Web.Tests.Controls;

public sealed class ResourceTableTests : BunitContext
{
    private sealed record Thing(string Name, string Zone, int Value = 0);

    private static Thing[] Many(int count) => [.. Enumerable.Range(1, count).Select(i => new Thing($"dp-{i}", i % 2 == 0 ? "lab" : "eks"))];

    private string Address => Services.GetRequiredService<NavigationManager>().Uri;

    public ResourceTableTests() => JSInterop.Mode = JSRuntimeMode.Loose;

    /// <summary>The case of kumahq/kuma-gui#3542: a filter on a page that the hits do not fill.</summary>
    [Fact]
    public async Task Search_OnPageFive_ReturnsToPageOneAndCountsTheHits()
    {
        var table = Table(Many(300));
        for (var i = 0; i < 4; i++)
        {
            await table.Find("[aria-label='Next page']").ClickAsync();
        }

        Assert.Equal("Page 5 of 6", table.Find("[data-testid=page]").TextContent);

        table.Find("[data-testid=search]").Input("dp-12");

        Assert.Equal("11 of 300 things", table.Find("[data-testid=count]").TextContent);
        Assert.Equal(11, table.FindAll("tbody tr").Count);
        Assert.Contains("q=dp-12", Address, StringComparison.Ordinal);
        Assert.DoesNotContain("page=", Address, StringComparison.Ordinal);
    }

    [Fact]
    public void Address_OfAFilteredPage_ShowsTheSameInANewTab()
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo("?q=dp&zone=lab&sort=-name&size=25&page=2");

        var table = Table(Many(300));

        Assert.Equal("Page 2 of 6", table.Find("[data-testid=page]").TextContent);
        Assert.Equal("dp-250", table.Find("tbody tr td").TextContent);
        Assert.Equal("descending", table.Find("th").GetAttribute("aria-sort"));
    }

    [Fact]
    public async Task Sort_ByName_OrdersNumbersByTheirValue()
    {
        var table = Table([new("api-10", "lab"), new("api-9", "lab"), new("Api-1", "lab")]);

        await table.Find("th button").ClickAsync();

        Assert.Equal(["Api-1", "api-9", "api-10"], Names(table));
    }

    [Fact]
    public void Items_Changed_GlowOnceAndNewOnesToo()
    {
        var table = Table([new("a", "lab"), new("b", "lab")]);
        Assert.DoesNotContain("glow", table.Markup, StringComparison.Ordinal);

        table.Render(p => p.Add(t => t.Items, [new Thing("a", "lab", 1), new Thing("b", "lab"), new Thing("c", "lab")]));

        Assert.Contains("glow", table.Find("[data-row=a]").ClassName, StringComparison.Ordinal);
        Assert.DoesNotContain("glow", table.Find("[data-row=b]").ClassName ?? "", StringComparison.Ordinal);
        Assert.Contains("glow", table.Find("[data-row=c]").ClassName, StringComparison.Ordinal);
        table.Render(p => p.Add(t => t.Items, [new Thing("a", "lab", 2), new Thing("b", "lab"), new Thing("c", "lab")]));
        Assert.Contains("glow-again", table.Find("[data-row=a]").ClassName, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Items_ChangedUnderThePointer_NothingMoves()
    {
        var table = Table([new("b", "lab"), new("d", "lab")]);
        await table.Find("tbody").TriggerEventAsync("onmouseenter", new MouseEventArgs());

        table.Render(p => p.Add(t => t.Items, [new Thing("a", "lab"), new Thing("d", "lab")]));

        Assert.Equal(["b", "d", "a"], Names(table));
        Assert.Contains("gone", table.Find("[data-row=b]").ClassName, StringComparison.Ordinal);
        await table.Find("tbody").TriggerEventAsync("onmouseleave", new MouseEventArgs());
        Assert.Equal(["a", "d"], Names(table));
    }

    [Fact]
    public async Task Search_NothingFits_OffersToClear()
    {
        var table = Table(Many(3));
        table.Find("[data-testid=search]").Input("nowhere");

        Assert.Contains("No thing fits", table.Markup, StringComparison.Ordinal);
        await table.Find("[data-testid=empty] button").ClickAsync();
        Assert.Equal(3, table.FindAll("tbody tr").Count);
    }

    [Fact]
    public void Items_NoneAtAll_ShowsTheEmptyState() => Assert.Contains("Nothing here", Table([]).Markup, StringComparison.Ordinal);

    [Fact]
    public void Items_NotReadYet_ShowsASkeleton() => Assert.NotNull(Table(null).Find("[aria-label=Loading]"));

    private static string[] Names(IRenderedComponent<ResourceTable<Thing>> table) => [.. table.FindAll("tbody tr").Select(r => r.GetAttribute("data-row")!)];

    private IRenderedComponent<ResourceTable<Thing>> Table(Thing[]? items) => Render<ResourceTable<Thing>>(p => p
        .Add(t => t.Items, items)
        .Add(t => t.Key, x => x.Name)
        .Add(t => t.Text, x => [x.Name, x.Zone])
        .Add(t => t.Noun, "thing")
        .Add(t => t.Filters, [new TableFilter<Thing>("zone", "zone", x => x.Zone)])
        .Add(t => t.Empty, "<p>Nothing here</p>")
        .Add(t => t.Columns, builder =>
        {
            builder.OpenComponent<Column<Thing>>(0);
            builder.AddAttribute(1, nameof(Column<Thing>.Title), "Name");
            builder.AddAttribute(2, nameof(Column<Thing>.Sort), (Func<Thing, IComparable?>)(x => x.Name));
            builder.AddAttribute(3, nameof(Column<Thing>.ChildContent), (RenderFragment<Thing>)(x => b => b.AddContent(0, x.Name)));
            builder.CloseComponent();
        }));
}
