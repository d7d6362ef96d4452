using System.Reflection;
using MeshConsole.Web.Components.Pages;
using Microsoft.AspNetCore.Components;

namespace MeshConsole.Web.Tests.Pages;

public sealed class EveryPageTests(GlobalControlPlane global) : ConsoleTest(global)
{
    /// <summary>All interactive pages; the static ones need a request.</summary>
    public static TheoryData<string> Interactive => [.. typeof(NotFound).Assembly.GetTypes()
        .Where(t => t.GetCustomAttributes<RouteAttribute>().Any() && t.GetCustomAttribute<ExcludeFromInteractiveRoutingAttribute>() is null)
        .Select(t => t.FullName!)];

    [Theory]
    [MemberData(nameof(Interactive))]
    public async Task Page_OfThingsThatAreNotThere_StillHasOneHeadingAndASentence(string type)
    {
        var page = typeof(NotFound).Assembly.GetType(type)!;

        var shown = Render(builder =>
        {
            builder.OpenComponent(0, page);
            foreach (var parameter in page.GetProperties().Where(p => p.GetCustomAttribute<ParameterAttribute>() is not null && p.GetCustomAttribute<EditorRequiredAttribute>() is not null))
            {
                builder.AddAttribute(1, parameter.Name, parameter.PropertyType == typeof(long) ? 999_999L : "not-there");
            }

            builder.CloseComponent();
        });

        await shown.WaitForAssertionAsync(() =>
        {
            Assert.Single(shown.FindAll("h1"));
            Assert.Empty(shown.FindAll("[aria-label=Loading]"));
        });
        Assert.All(shown.FindAll("button, a, input, select, textarea"), control => Assert.True(
            control.TextContent.Trim().Length > 0 || control.HasAttribute("aria-label") || control.Closest("label") is not null,
            $"a control without a name: {control.OuterHtml}"));
    }
}
