using System.Diagnostics;
using MeshConsole.Testing;

namespace MeshConsole.Cli.Tests;

/// <summary>The built executable: exit codes, streams, completion in a real shell.</summary>
public sealed class ProgramTests(GlobalFixture global)
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "meshctl.dll");

    [Theory]
    [InlineData(ExitCode.Ok, "version", "--client")]
    [InlineData(ExitCode.Ok, "--help")]
    [InlineData(ExitCode.Ok, "apply", "--help")]
    [InlineData(ExitCode.Usage)]
    [InlineData(ExitCode.Usage, "frobnicate")]
    [InlineData(ExitCode.Usage, "apply")]
    [InlineData(ExitCode.Usage, "get", "meshes", "--output", "xml")]
    [InlineData(ExitCode.Failed, "apply", "-f", "/nowhere/at/all.yaml")]
    [InlineData(ExitCode.Failed, "get", "meshes", "--address", "http://127.0.0.1:1", "--no-config")]
    public async Task Run_Arguments_EndsWithTheDocumentedCode(int expected, params string[] arguments)
    {
        var (code, output, error) = await RunAsync(new ProcessStartInfo("dotnet", [Program, .. arguments]));

        Assert.True(expected == code, $"{code}: {output}{error}");
        Assert.Equal(expected == ExitCode.Ok, output.Length > 0);
        Assert.Equal(expected == ExitCode.Ok, error.Length == 0);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ApplyFromAPipe_WorksAgainstARealControlPlane()
    {
        var start = new ProcessStartInfo("dotnet", [Program, "apply", "-f", "-"]) { RedirectStandardInput = true };
        start.Environment["MESHCTL_ADDRESS"] = await global.AddressAsync();
        start.Environment["MESHCTL_TOKEN_FILE"] = global.TokenFile;

        var (code, output, error) = await RunAsync(start, "type: Mesh\nname: piped\n---\ntype: Mesh\nname: Not_A_Name\n");

        Assert.Equal(ExitCode.Failed, code);
        Assert.Equal("Mesh piped: created\n2 documents: 1 created, 1 refused\n", output);
        Assert.Contains("* name: ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("meshctl ", "apply completion config delete describe diff export generate get inspect install version")]
    [InlineData("meshctl config ", "control-planes view")]
    [InlineData("meshctl ge", "generate get")]
    [InlineData("meshctl get mesht", "meshtcproutes meshtimeouts meshtlses meshtraces meshtrafficpermissions meshtrusts")]
    [InlineData("meshctl get meshes -o ", "json name table yaml")]
    [InlineData("meshctl config control-planes s", "switch")]
    [InlineData("meshctl apply -f a.yaml --d", "--dry-run")]
    public async Task Completion_InBash_OffersWhatMayComeNext(string line, string expected)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "bash is not installed");
        var script = $$"""
            meshctl() { dotnet '{{Program}}' "$@"; }
            source <(meshctl completion bash)
            COMP_LINE='{{line}}' COMP_POINT={{line.Length}}
            COMP_WORDS=($COMP_LINE)
            [[ "$COMP_LINE" == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _meshctl
            echo "${COMPREPLY[*]}"
            """;

        var (code, output, error) = await RunAsync(new ProcessStartInfo("/bin/bash", ["-c", script]));

        Assert.True(code == 0, error);
        Assert.Equal(expected, output.TrimEnd('\n').ReplaceLineEndings(" "));
    }

    [Theory]
    [InlineData("meshctl conf", "config")]
    [InlineData("meshctl config ", "control-planes view")]
    [InlineData("meshctl get meshes -o ", "json name table yaml")]
    public async Task Completion_InFish_OffersWhatMayComeNextAndNoFilesBesides(string line, string expected)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/fish"), "fish is not installed");
        var script = $"function meshctl; dotnet '{Program}' $argv; end; meshctl completion fish | source; complete -C '{line}'";

        var (code, output, error) = await RunAsync(new ProcessStartInfo("/usr/bin/fish", ["--no-config", "-c", script]));

        Assert.True(code == 0, error);
        Assert.Equal(expected, output.TrimEnd('\n').ReplaceLineEndings(" "));
    }

    [Fact]
    public void Program_References_AreSharedAloneOfOurs()
    {
        var ours = typeof(ExitCode).Assembly.GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("MeshConsole", StringComparison.Ordinal) || n.StartsWith("mesh", StringComparison.Ordinal));

        Assert.Equal(["MeshConsole.Shared"], ours);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(ProcessStartInfo start, string? input = null)
    {
        using var folder = new TempFolder();
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.RedirectStandardInput = true;
        start.Environment["XDG_CONFIG_HOME"] = folder.Path;
        start.Environment["DOTNET_NOLOGO"] = "1";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }
}
