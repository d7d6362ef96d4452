using System.Net;
using System.Net.Sockets;
using MeshConsole.Testing;

namespace MeshConsole.EndToEnd.Tests;

/// <summary>The scripts of the repository do what the README says, from any folder.</summary>
[Collection(Name)]
public sealed class ScriptTests : IDisposable
{
    /// <summary>Tests that start the newest build do not run while another test makes one.</summary>
    public const string Name = "newest build";

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

    [Fact]
    public async Task Run_FromAnotherFolder_BuildsAndStartsTheDemoInThatFolder()
    {
        var offset = FreePorts.TakeOffset([.. new[] { 0, 1000, 2000 }.SelectMany(zone => new[] { 5678, 5680, 5681, 5682, 5685 }.Select(port => port + zone))]);
        await using var run = MeshConsoleProcess.StartOther(RepoRoot.Combine("scripts", "run.sh"), folder.Path, "--port-offset", $"{offset}");

        await run.ErrorLineAsync(line => line.StartsWith("Starting", StringComparison.Ordinal), Cancel, TimeSpan.FromMinutes(15));
        await run.OutputLineAsync(line => line.Contains("/gui/setup#", StringComparison.Ordinal), Cancel);
        await run.OutputLineAsync(line => line.StartsWith("Ready.", StringComparison.Ordinal), Cancel);
        run.Signal("INT"); // Ctrl+C

        Assert.Equal(0, await run.ExitAsync(Cancel));
        Assert.True(Directory.Exists(folder.Combine(".meshconsole", "demo", "lab")));
    }

    [Fact]
    public async Task Readme_EveryCommand_IsOneThatRuns()
    {
        var lines = File.ReadAllText(RepoRoot.Combine("README.md")).Split("```").Where((_, i) => i % 2 == 1).SelectMany(block => block.Split('\n').Skip(1))
            .Select(line => line.Split('#')[0].Trim()).Where(line => line.Length > 0).ToList();

        Assert.Contains("./scripts/run.sh", lines);
        Assert.Contains("./scripts/test.sh", lines);
        foreach (var words in lines.Select(line => line.Split(' ')))
        {
            Assert.True(File.GetUnixFileMode(RepoRoot.Combine(words[0])).HasFlag(UnixFileMode.UserExecute), words[0]);
            if (words[0] == "scripts/meshconsole")
            {
                await using var help = MeshConsoleProcess.StartOther(RepoRoot.Combine(words[0]), folder.Path, [.. words[1..], "--help"]);
                Assert.Equal(0, await help.ExitAsync(Cancel));
                Assert.Empty(help.StandardError);
            }
        }
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
