using Microsoft.AspNetCore.Components;
using MeshConsole.Shared;

namespace MeshConsole.Web.Live;

/// <summary>
/// A component that shows live values. It reads them in <see cref="Refresh"/> when it is first drawn (also before the browser
/// is connected) and again after each change: the first change at once, what follows within 250 ms gathered into one.
/// Nothing is polled.
/// </summary>
public abstract class LiveComponent : ComponentBase, IAsyncDisposable
{
    private readonly List<Source> sources = [];
    private readonly CancellationTokenSource stopping = new();
    private Task loop = Task.CompletedTask;

    /// <summary>The clock.</summary>
    [Inject]
    protected TimeProvider Time { get; set; } = null!;

    /// <summary>Shortest time between two refreshes caused by changes.</summary>
    protected virtual TimeSpan Gather => TimeSpan.FromMilliseconds(250);

    /// <summary>Ends when the component goes.</summary>
    protected CancellationToken Stopping => stopping.Token;

    /// <inheritdoc />
    public virtual async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await loop;
        stopping.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Names a value to be shown; called in <c>OnInitialized</c>.</summary>
    protected void Watch<T>(Live<T> live)
        where T : class => sources.Add(new Source<T>(live));

    /// <summary>Reads what is shown from the newest values. Called with the renderer's turn.</summary>
    protected virtual void Refresh()
    {
    }

    /// <summary>Reads what lies outside the live values (history, audit) after a change; what is known by then is on screen already.</summary>
    protected virtual Task RefreshAsync() => Task.CompletedTask;

    /// <inheritdoc />
    protected override void OnParametersSet() => Refresh();

    /// <inheritdoc />
    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender && sources.Count > 0)
        {
            loop = RunAsync();
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                await Task.WhenAny(sources.Select(s => s.Moved(stopping.Token)));
                stopping.Token.ThrowIfCancellationRequested();
                foreach (var source in sources)
                {
                    source.Take();
                }

                await InvokeAsync(async () =>
                {
                    Refresh();
                    var more = RefreshAsync(); // ends at once where nothing is waited for; what it read is drawn with the rest
                    StateHasChanged();
                    if (!more.IsCompletedSuccessfully)
                    {
                        await more;
                        StateHasChanged();
                    }
                });
                await Task.Delay(Gather, Time, stopping.Token);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The page was left.
        }
        catch (Exception e)
        {
            await DispatchExceptionAsync(e);
        }
    }

    private abstract class Source
    {
        public abstract Task Moved(CancellationToken cancellationToken);

        public abstract void Take();
    }

    private sealed class Source<T>(Live<T> live) : Source
        where T : class
    {
        // What the first drawing showed: a change between it and the start of the loop is not lost.
        private T known = live.Value;
        private Task? waiting;

        public override Task Moved(CancellationToken cancellationToken) =>
            waiting ??= live.NextAsync(known, cancellationToken).AsTask();

        public override void Take()
        {
            known = live.Value;
            if (waiting is { IsCompleted: true })
            {
                waiting = null;
            }
        }
    }
}
