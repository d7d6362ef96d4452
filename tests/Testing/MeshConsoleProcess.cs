using System.Diagnostics;
using System.Net.Http.Headers;
using MeshConsole.Shared;

namespace MeshConsole.Testing;

/// <summary>
/// The built <c>meshconsole</c> as a process of its own, on free ports: what a person starts, with its real start, its real
/// output and its real end.
/// </summary>
public sealed class MeshConsoleProcess : IAsyncDisposable
{
    /// <summary>How long anything of a process is waited for; generous, since the machine may be busy.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process process;
    private readonly Live<Output> output = new(new Output([], [], false));
    private readonly Task reading;
    private HttpClient? http;

    private MeshConsoleProcess(Process process, int portOffset, string? adminTokenFile)
    {
        this.process = process;
        PortOffset = portOffset;
        AdminTokenFile = adminTokenFile;
        reading = Task.WhenAll(
            ReadAsync(process.StandardOutput, (o, line) => o with { Out = [.. o.Out, line] }),
            ReadAsync(process.StandardError, (o, line) => o with { Error = [.. o.Error, line] }))
            .ContinueWith(_ => output.Update(o => o with { Ended = true }), TaskScheduler.Default);
    }

    /// <summary>The path of the built program.</summary>
    public static string Program { get; } = RepoRoot.Combine("src", "Web", "bin", Configuration, "net10.0", "meshconsole.dll");

    /// <summary>What was added to every port.</summary>
    public int PortOffset { get; }

    /// <summary>File with the administrator's token, when it was asked for.</summary>
    public string? AdminTokenFile { get; }

    /// <summary>The system's number of the process.</summary>
    public int Id => process.Id;

    /// <summary>Port of REST and console.</summary>
    public int HttpPort => 5681 + PortOffset;

    /// <summary>Port of KDS.</summary>
    public int KdsPort => 5685 + PortOffset;

    /// <summary>Port of diagnostics.</summary>
    public int DiagnosticsPort => 5680 + PortOffset;

    /// <summary>Address of REST and console.</summary>
    public Uri Address => new($"http://localhost:{HttpPort}");

    /// <summary>Lines on standard output so far.</summary>
    public IReadOnlyList<string> StandardOutput => output.Value.Out;

    /// <summary>Lines on standard error so far.</summary>
    public IReadOnlyList<string> StandardError => output.Value.Error;

    /// <summary>A client of its REST API, with the administrator's token.</summary>
    public HttpClient Http => http ??= CreateClient();

    private static string Configuration =>
        AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug";

    /// <summary>Starts a global control plane and waits until it is ready.</summary>
    /// <param name="folder">Where its data directory and token file are made.</param>
    /// <param name="portOffset">The offset of an earlier one that is started again, or null for free ports.</param>
    /// <param name="arguments">Further arguments.</param>
    public static Task<MeshConsoleProcess> StartGlobalAsync(TempFolder folder, int? portOffset = null, params string[] arguments) =>
        StartReadyAsync(folder, "global", portOffset, ["global", .. arguments]);

    /// <summary>Starts a zone control plane and waits until it is ready.</summary>
    /// <param name="folder">Where its data directory and token file are made.</param>
    /// <param name="name">The zone's name.</param>
    /// <param name="portOffset">The offset of an earlier one that is started again, or null for free ports.</param>
    /// <param name="arguments">Further arguments.</param>
    public static Task<MeshConsoleProcess> StartZoneAsync(TempFolder folder, string name, int? portOffset = null, params string[] arguments) =>
        StartReadyAsync(folder, name, portOffset, ["zone", "--name", name, .. arguments]);

    /// <summary>Starts <c>meshconsole</c> with exactly these arguments, and waits for nothing.</summary>
    /// <param name="workingDirectory">Where it is started.</param>
    /// <param name="arguments">The arguments.</param>
    public static MeshConsoleProcess Start(string workingDirectory, params string[] arguments) =>
        new(Launch("dotnet", workingDirectory, [Program, .. arguments]), 0, null);

    /// <summary>Starts another program, such as a script of the repository, and waits for nothing.</summary>
    /// <param name="program">What to start.</param>
    /// <param name="workingDirectory">Where it is started.</param>
    /// <param name="arguments">The arguments.</param>
    public static MeshConsoleProcess StartOther(string program, string workingDirectory, params string[] arguments) =>
        new(Launch(program, workingDirectory, arguments), 0, null);

    /// <summary>Waits for a line of standard output.</summary>
    /// <param name="match">Which line.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">The process ended without it; the message holds what it said.</exception>
    public Task<string> OutputLineAsync(Func<string, bool> match, CancellationToken cancellationToken) => LineAsync(o => o.Out, match, cancellationToken);

    /// <summary>Waits for a line of standard error.</summary>
    /// <param name="match">Which line.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="patience">How long; default <see cref="Patience"/>.</param>
    /// <exception cref="InvalidOperationException">The process ended without it; the message holds what it said.</exception>
    public Task<string> ErrorLineAsync(Func<string, bool> match, CancellationToken cancellationToken, TimeSpan? patience = null) =>
        LineAsync(o => o.Error, match, cancellationToken, patience);

    /// <summary>Waits for the end of the process.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
            await reading.WaitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The process did not end. It said:\n{Said()}");
        }

        return process.ExitCode;
    }

    /// <summary>Ends it as <c>kill -9</c> does, and waits until the system has taken it away.</summary>
    public async Task KillAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync().ConfigureAwait(false);
    }

    /// <summary>Sends a signal: <c>TERM</c>, <c>INT</c>, <c>STOP</c>, <c>CONT</c>.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Everything it printed.</summary>
    public string Said() => string.Join('\n', [.. StandardOutput, "--- standard error ---", .. StandardError]);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        http?.Dispose();
        if (!process.HasExited)
        {
            await KillAsync().ConfigureAwait(false);
        }

        process.Dispose();
    }

    private static async Task<MeshConsoleProcess> StartReadyAsync(TempFolder folder, string name, int? portOffset, string[] arguments)
    {
        var offset = portOffset ?? FreePorts.TakeOffset(5678, 5680, 5681, 5682, 5685);
        var tokenFile = folder.Combine(name + ".admin-token");
        var started = new MeshConsoleProcess(
            Launch("dotnet", folder.Path, [Program, .. arguments, "--data-dir", folder.Combine(name), "--port-offset", $"{offset}", "--admin-token-file", tokenFile]),
            offset,
            tokenFile);
        try
        {
            await started.OutputLineAsync(line => line.StartsWith("Ready.", StringComparison.Ordinal), CancellationToken.None).ConfigureAwait(false);
            return started;
        }
        catch
        {
            await started.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static Process Launch(string program, string workingDirectory, string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private HttpClient CreateClient()
    {
        var client = new HttpClient { BaseAddress = Address };
        if (AdminTokenFile is not null)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(AdminTokenFile).Trim());
        }

        return client;
    }

    private async Task<string> LineAsync(Func<Output, IReadOnlyList<string>> lines, Func<string, bool> match, CancellationToken cancellationToken, TimeSpan? limit = null)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(limit ?? Patience);
        try
        {
            await foreach (var seen in output.WatchAsync(patience.Token).ConfigureAwait(false))
            {
                if (lines(seen).FirstOrDefault(match) is { } line)
                {
                    return line;
                }

                if (seen.Ended)
                {
                    throw new InvalidOperationException($"The process ended without the line that was waited for. It said:\n{Said()}");
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The line that was waited for did not come. The process said:\n{Said()}");
        }

        throw new InvalidOperationException("Unreachable: watching ends by return or exception only.");
    }

    private async Task ReadAsync(StreamReader reader, Func<Output, string, Output> add)
    {
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            output.Update(o => add(o, line));
        }
    }

    private sealed record Output(IReadOnlyList<string> Out, IReadOnlyList<string> Error, bool Ended);
}
