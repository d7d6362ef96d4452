namespace MeshConsole.Cli.Tests;

/// <summary>Wrong command lines: nothing is done, and the answer says what to write.</summary>
public sealed class CommandLineFaultsTests
{
    [Theory]
    [InlineData("aply", "unknown verb 'aply', did you mean apply?")]
    [InlineData("config", "meshctl config goes on with one of: control-planes, view")]
    [InlineData("config control-planes lst", "unknown verb 'lst', did you mean list?")]
    [InlineData("get", "KIND is missing")]
    [InlineData("delete mesh", "NAME is missing")]
    [InlineData("get mesh a b", "one word too many: 'b'")]
    [InlineData("get mesh --wacth", "unknown option '--wacth', did you mean --watch?")]
    [InlineData("get mesh -m --watch", "-m has no value")]
    [InlineData("get mesh -o xml", "--output takes one of json, name, table, yaml, not 'xml'")]
    [InlineData("get mesh --size many", "--size takes a number, not 'many'")]
    [InlineData("apply", "--file is missing")]
    [InlineData("apply policies", "manifests are named by -f: meshctl apply -f policies")]
    [InlineData("inspect dataplane", "NAME is missing")]
    [InlineData("delete mesh web --dry-run --yes", "unknown option '--dry-run'")]
    [InlineData("delete mesh --force web --yes", "unknown option '--force'")]
    public async Task Run_AWrongLine_SaysWhatToWriteAndDoesNothing(string line, string fault)
    {
        using var terminal = new TestTerminal();

        Assert.Equal(ExitCode.Usage, await terminal.RunAsync(line.Split(' ')));
        Assert.StartsWith($"Error: {fault}\n", terminal.Error, StringComparison.Ordinal);
        Assert.EndsWith(" --help\n", terminal.Error, StringComparison.Ordinal);
        Assert.Equal("", terminal.Output);
    }

    [Fact]
    public async Task Help_OfEveryVerb_IsNoWiderThanAPage()
    {
        using var terminal = new TestTerminal();
        foreach (var verb in (string[])["", "get", "describe", "delete", "inspect", "inspect policy", "inspect dataplane", "apply", "diff", "export", "config control-planes add", "generate user-token", "install control-plane", "install universal"])
        {
            Assert.Equal(ExitCode.Ok, await terminal.RunAsync([.. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]));
            Assert.All(terminal.Output.Split('\n'), line => Assert.True(line.Length < 240, line));
        }
    }

    [Fact]
    public async Task Help_OfAVerbBelowInspect_HasItsOwnArgumentsOnly()
    {
        using var terminal = new TestTerminal();

        await terminal.RunAsync("inspect", "dataplane", "--help");

        Assert.Contains(" inspect dataplane <NAME> [options]\n", terminal.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("KIND", terminal.Output, StringComparison.Ordinal);
    }
}
