using System.Net;
using System.Net.Sockets;
using MeshConsole.Testing;

namespace MeshConsole.EndToEnd.Tests;

/// <summary>The scripts of the repository do what the README says, from any folder.</summary>
public sealed class ScriptTests : IDisposable
{
    private readonly TempFolder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task MeshConsole_FromAnotherFolder_StartsTheBuiltProgram()
    {
        await using var version = MeshConsoleProcess.StartOther(RepoRoot.Combine("scripts", "meshconsole"), folder.Path, "version");

        Assert.Equal(0, await version.ExitAsync(Cancel));
        Assert.StartsWith("meshconsole ", Assert.Single(version.StandardOutput), StringComparison.Ordinal);
    }

    [Fact]
    public async Task MeshConsole_Help_NamesTheVerbs()
    {
        await using var help = MeshConsoleProcess.StartOther(RepoRoot.Combine("scripts", "meshconsole"), folder.Path, "--help");

        Assert.Equal(0, await help.ExitAsync(Cancel));
        var text = string.Join('\n', help.StandardOutput);
        Assert.All(new[] { "demo", "global", "zone", "version" }, verb => Assert.Contains(verb, text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("run.sh")]
    [InlineData("test.sh")]
    [InlineData("meshconsole")]
    public async Task AnyScript_WithoutSdk_SaysWhatToInstall(string script)
    {
        Directory.CreateDirectory(folder.Combine("bin"));
        foreach (var tool in new[] { "bash", "dirname", "sed", "head", "env" })
        {
            File.CreateSymbolicLink(folder.Combine("bin", tool), Which(tool));
        }

        await using var process = MeshConsoleProcess.StartOther("env", folder.Path, $"PATH={folder.Combine("bin")}", RepoRoot.Combine("scripts", script));

        Assert.Equal(1, await process.ExitAsync(Cancel));
        var line = Assert.Single(process.StandardError);
        Assert.Contains(".NET SDK 10.0.", line, StringComparison.Ordinal);
        Assert.Contains("Install it", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_TakenPort_SaysWhatToDoBeforeItBuilds()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 5681);
        try
        {
            taken.Start();
        }
        catch (SocketException)
        {
            // Somebody else has it: as good for this test.
        }

        await using var run = MeshConsoleProcess.StartOther(RepoRoot.Combine("scripts", "run.sh"), folder.Path);

        Assert.Equal(1, await run.ExitAsync(Cancel));
        Assert.Contains("--port-offset", Assert.Single(run.StandardError), StringComparison.Ordinal);
    }

    private static string Which(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(d => Path.Combine(d, tool)).First(File.Exists);
}
