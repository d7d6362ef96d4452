using MeshConsole.Shared;
using MeshConsole.Web.Live;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshConsole.Web.Tests.Live;

public sealed class LiveComponentTests : BunitContext
{
    private readonly FakeTimeProvider time = new();

    public LiveComponentTests() => Services.AddSingleton<TimeProvider>(time);

    [Fact]
    public async Task Change_TheFirst_IsShownAtOnceAndWhatFollowsIsGathered()
    {
        var live = new Live<string>("one");
        var shown = Render<Probe>(p => p.Add(x => x.Source, live));
        Assert.Equal("one", shown.Markup);

        live.Set("two");
        await shown.WaitForAssertionAsync(() => Assert.Equal("two", shown.Markup));
        var renders = shown.RenderCount;
        live.Set("three");
        live.Set("four");
        Assert.Equal("two", shown.Markup);

        time.Advance(TimeSpan.FromMilliseconds(250));
        await shown.WaitForAssertionAsync(() => Assert.Equal("four", shown.Markup));
        Assert.Equal(renders + 1, shown.RenderCount);
    }

    [Fact]
    public async Task Change_BeforeTheBrowserIsConnected_IsNotLost()
    {
        var live = new Live<string>("one");
        var shown = Render<Probe>(p => p.Add(x => x.Source, live).Add(x => x.AtFirst, () => live.Set("two")));

        await shown.WaitForAssertionAsync(() => Assert.Equal("two", shown.Markup));
    }

    [Fact]
    public async Task Dispose_WhileWaiting_EndsTheLoop()
    {
        var live = new Live<string>("one");
        var shown = Render<Probe>(p => p.Add(x => x.Source, live));

        await shown.Instance.DisposeAsync();
        live.Set("two");

        Assert.Equal("one", shown.Markup);
    }

    private sealed class Probe : LiveComponent
    {
        private string value = "";

        [Parameter] public Live<string> Source { get; set; } = null!;

        [Parameter] public Action? AtFirst { get; set; }

        protected override void OnInitialized()
        {
            Watch(Source);
        }

        protected override void Refresh() => value = Source.Value;

        protected override void BuildRenderTree(RenderTreeBuilder builder)
        {
            builder.AddContent(0, value);
            var first = AtFirst;
            AtFirst = null;
            first?.Invoke();
        }
    }
}
