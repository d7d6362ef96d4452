using MeshConsole.Testing;

namespace MeshConsole.Cli.Tests.Verbs;

/// <summary><c>apply</c> against a real global control plane.</summary>
public sealed class ApplyVerbTests(GlobalFixture global) : IDisposable
{
    private readonly TempFolder folder = new();

    /// <inheritdoc />
    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Apply_NewChangedAndSame_SaysWhatBecameOfEach()
    {
        using var terminal = await global.TerminalAsync();
        var file = Write("mesh.yaml", "type: Mesh\nname: apply-states\n---\ntype: MeshTrafficPermission\nmesh: apply-states\nname: all\nspec:\n  from:\n    - targetRef: {kind: Mesh}\n      default: {action: {{ action }}}\n");

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("apply", "-f", file, "--var", "action=Allow"));
        Assert.Equal("Mesh apply-states: created\nMeshTrafficPermission all (mesh apply-states): created\n2 documents: 2 created\n", terminal.Output);

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("apply", "-f", file, "--var", "action=Allow"));
        Assert.Equal("Mesh apply-states: unchanged\nMeshTrafficPermission all (mesh apply-states): unchanged\n2 documents: 2 unchanged\n", terminal.Output);

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("apply", "-f", file, "--var", "action=Deny"));
        Assert.Contains("MeshTrafficPermission all (mesh apply-states): updated\n", terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_OneRefused_NamesTheFieldsAndGoesOn()
    {
        using var terminal = await global.TerminalAsync();
        var file = Write("mixed.yaml", "type: MeshTrafficPermission\nmesh: default\nname: apply-bad\nspec:\n  targetRef: {kind: Mes}\n  from: [{targetRef: {kind: Mesh}, default: {action: Perhaps}}]\n---\ntype: Mesh\nname: apply-after-bad\n");

        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("apply", "-f", file));

        Assert.Equal("Mesh apply-after-bad: created\n2 documents: 1 created, 1 refused\n", terminal.Output);
        Assert.Contains("MeshTrafficPermission apply-bad (mesh default): refused: Could not process a resource (Resource is not valid)", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("  * spec.targetRef.kind: ", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("  * spec.from[0].default.action: ", terminal.Error, StringComparison.Ordinal);
        Assert.Contains($"in {file}, document 1", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_RefusedForAMisspeltField_NamesIt()
    {
        using var terminal = await global.TerminalAsync();
        terminal.Input = "type: MeshTimeout\nmesh: default\nname: apply-typo\nspec:\n  to: [{targetRef: {kind: Mesh}, default: {idleTimeouts: 10s}}]\n";

        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("apply", "-f", "-"));

        Assert.Contains("  * spec.to[0].default: ", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("did you mean 'idleTimeout'?", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_MeshAfterItsPolicy_SendsThePolicyOnceTheMeshIsThere()
    {
        using var terminal = await global.TerminalAsync();
        Write("a-policy.yaml", "type: MeshTrafficPermission\nmesh: apply-late\nname: all\nspec:\n  from: [{targetRef: {kind: Mesh}, default: {action: Allow}}]\n");
        Write("b-mesh.yml", "type: Mesh\nname: apply-late\n");

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("apply", "-f", folder.Path));

        Assert.Equal("Mesh apply-late: created\nMeshTrafficPermission all (mesh apply-late): created\n2 documents: 2 created\n", terminal.Output);
    }

    [Fact]
    public async Task Apply_DryRun_ChangesNothing()
    {
        using var terminal = await global.TerminalAsync();
        terminal.Input = "type: Mesh\nname: apply-dry\n---\ntype: MeshTrafficPermission\nmesh: apply-dry\nname: all\nspec:\n  from: [{targetRef: {kind: Mesh}, default: {action: Allow}}]\n";

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("apply", "-f", "-", "--dry-run"));

        Assert.Equal("Mesh apply-dry: created (dry run)\nMeshTrafficPermission all (mesh apply-dry): created (dry run)\n2 documents: 2 created (dry run, nothing changed)\n", terminal.Output);
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("get", "mesh", "apply-dry"));
    }

    [Fact]
    public async Task Apply_VariableWithoutValueInTheSecondFile_SendsNothing()
    {
        using var terminal = await global.TerminalAsync();
        Write("1.yaml", "type: Mesh\nname: apply-unsent\n");
        Write("2.json", """{"type": "Mesh", "name": "{{ mesh.name }}"}""");

        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("apply", "-f", folder.Path));

        Assert.Equal("", terminal.Output);
        Assert.Contains("{{ mesh.name }} has no value", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("get", "mesh", "apply-unsent"));
    }

    [Fact]
    public async Task Apply_UnknownFieldAndWrongToken_WarnsAndStops()
    {
        using var terminal = await global.TerminalAsync();
        terminal.Input = "type: Mesh\nname: apply-warned\nrouting: {zoneEgres: true}\n";
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("apply", "-f", "-"));
        Assert.Contains("Warning: Mesh apply-warned: ", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("zoneEgres", terminal.Error, StringComparison.Ordinal);

        terminal.Environment.Remove("MESHCTL_TOKEN_FILE");
        terminal.Environment["MESHCTL_TOKEN"] = "not-a-token";
        terminal.Input += "---\ntype: Mesh\nname: apply-second\n";
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("apply", "-f", "-"));
        Assert.Equal("", terminal.Output);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(folder.Path, name);
        File.WriteAllText(path, text);
        return path;
    }
}
