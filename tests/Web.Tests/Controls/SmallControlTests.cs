using MeshConsole.Shared;
using MeshConsole.Web.Components.Controls;
using MudBlazor;
using MudBlazor.Services;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Web.Tests.Controls;

public sealed class SmallControlTests : BunitContext
{
    public SmallControlTests()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddMudServices();
    }

    [Theory]
    [InlineData("online", "ok")]
    [InlineData("degraded", "warn")]
    [InlineData("offline", "bad")]
    [InlineData("unknown", "mute")]
    [InlineData("disabled", "mute")]
    [InlineData("pending", "mute")]
    [InlineData("sent", "acc")]
    [InlineData("accepted", "ok")]
    [InlineData("rejected", "bad")]
    public void StatusChip_AnyState_HasIconAndWord(string word, string tone)
    {
        var chip = Render<StatusChip>(p => p.Add(c => c.Word, word));

        Assert.Contains(tone, chip.Find(".chip").ClassName, StringComparison.Ordinal);
        Assert.Equal(word, chip.Find(".chip").TextContent.Trim(), ignoreCase: true);
        Assert.NotNull(chip.Find("svg[aria-hidden=true]"));
    }

    [Fact]
    public void DiffView_LongText_FoldsWhatDidNotChange()
    {
        var before = string.Join('\n', Enumerable.Range(1, 40).Select(i => $"line {i}"));

        var diff = Render<DiffView>(p => p.Add(d => d.Before, before).Add(d => d.After, before.Replace("line 20", "line twenty", StringComparison.Ordinal)));

        Assert.Equal("- line 20", diff.Find(".d").TextContent);
        Assert.Equal("+ line twenty", diff.Find(".a").TextContent);
        Assert.Equal(["… 16 lines unchanged", "… 17 lines unchanged"], diff.FindAll(".skip-lines").Select(l => l.TextContent));
    }

    [Fact]
    public void DiffView_SameText_SaysThatNothingChanges() =>
        Assert.Contains("Nothing changes", Render<DiffView>(p => p.Add(d => d.Before, "a\n").Add(d => d.After, "a")).Markup, StringComparison.Ordinal);

    [Fact]
    public void ErrorSummary_Violations_NamesEveryField()
    {
        var violations = new ViolationList();
        violations.Add("spec.to[0].targetRef.kind", "must be set");
        violations.Add("name", "cannot be empty");

        var summary = Render<ErrorSummary>(p => p.Add(e => e.Refusal, Refusal.Invalid(violations)));

        Assert.Equal("alert", summary.Find("[data-testid=errors]").GetAttribute("role"));
        Assert.Equal(2, summary.FindAll("li").Count);
        Assert.Contains("spec.to[0].targetRef.kind", summary.Find("li").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConfirmDelete_NameAsked_OpensOnlyForThatName()
    {
        var dialogs = Render<MudDialogProvider>();
        Task<bool>? answer = null;
        await dialogs.InvokeAsync(() => { answer = ConfirmDelete.AskAsync(Services.GetRequiredService<IDialogService>(), "Retire zone lab?", "Retire lab", ["3 data planes"], null, "lab"); });
        Assert.Contains("3 data planes", dialogs.Markup, StringComparison.Ordinal);
        Assert.True(dialogs.Find("[data-testid=confirm]").HasAttribute("disabled"));

        dialogs.Find("[data-testid=confirm-name]").Input("lab");
        await dialogs.Find("[data-testid=confirm]").ClickAsync();

        Assert.True(await answer!);
    }

    [Fact]
    public async Task ConfirmDelete_Kept_AnswersNo()
    {
        var dialogs = Render<MudDialogProvider>();
        Task<bool>? answer = null;
        await dialogs.InvokeAsync(() => { answer = ConfirmDelete.AskAsync(Services.GetRequiredService<IDialogService>(), "Delete it?", "Delete", []); });

        await dialogs.FindAll("button").First(b => b.TextContent == "Keep it").ClickAsync();

        Assert.False(await answer!);
    }
}
