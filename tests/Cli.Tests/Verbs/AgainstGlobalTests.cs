using System.Net;
using System.Net.Sockets;
using MeshConsole.Cli.Client;
using MeshConsole.Cli.Config;
using MeshConsole.Shared;
using MeshConsole.Testing;

namespace MeshConsole.Cli.Tests.Verbs;

/// <summary>The other verbs against a real global control plane.</summary>
public sealed class AgainstGlobalTests(GlobalFixture global)
{
    [Fact]
    public async Task Get_TableYamlJsonAndName_ShowTheSameMesh()
    {
        using var terminal = await global.TerminalAsync();
        terminal.Input = "type: Mesh\nname: get-formats\nlabels: {team: blue}\nrouting: {localityAwareLoadBalancing: true}\n---\ntype: Mesh\nname: get-other\n";
        await terminal.RunAsync("apply", "-f", "-");

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("get", "mesh", "get-formats"));
        Assert.Matches(@"^NAME +MTLS +LOCALITY +ZONEEGRESS +AGE\nget-formats +off +on +off +\d+s\n$", terminal.Output);

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("get", "meshes", "--filter", "team=blue", "-o", "name"));
        Assert.Equal("get-formats\n", terminal.Output);

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("get", "m", "get-formats", "-o", "yaml"));
        var document = Assert.Single(Yaml.Read(terminal.Output).Value);
        Assert.Equal("kri_m____get-formats_", document.String("kri"));

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("get", "meshes", "--search", "get-", "-o", "json"));
        Assert.Contains("\"total\": 2", terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_TellsChangesAsTheyHappen_WithoutAskingAgain()
    {
        using var terminal = await global.TerminalAsync();
        using var watching = await global.TerminalAsync();
        using var one = await global.TerminalAsync();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        terminal.Input = "type: Mesh\nname: watched\nlabels: {watch: me}\n";
        await terminal.RunAsync("apply", "-f", "-");

        // The pause between two questions would be an hour: what is seen was told.
        var list = watching.RunUntilAsync(["get", "meshes", "-l", "watch=me", "--watch", "--interval", "1h", "-o", "name"], end.Token);
        var single = one.RunUntilAsync(["get", "mesh", "watched-later", "--watch", "--interval", "1h", "-o", "json"], end.Token);
        await Eventually.TrueAsync(() => Task.FromResult(watching.Output == "added watched\n" && one.Error.Contains("Waiting for Mesh watched-later", StringComparison.Ordinal)), "the first look", end.Token);
        terminal.Input = "type: Mesh\nname: watched\nlabels: {watch: me, more: x}\n---\ntype: Mesh\nname: watched-later\nlabels: {watch: me}\n";
        await terminal.RunAsync("apply", "-f", "-");
        await terminal.RunAsync("delete", "mesh", "watched", "--yes");
        await Eventually.TrueAsync(() => Task.FromResult(watching.Output.EndsWith("deleted watched\n", StringComparison.Ordinal)), "the changes", end.Token);
        Assert.Contains("added watched-later\n", watching.Output, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => Task.FromResult(one.Output.Contains("\"change\":\"added\"", StringComparison.Ordinal)), "the one", end.Token);

        await end.CancelAsync();
        Assert.All(await Task.WhenAll(list, single), code => Assert.Equal(ExitCode.Interrupted, code));
    }

    [Fact]
    public async Task Get_WhatIsNotThere_FailsAndSaysWhere()
    {
        using var terminal = await global.TerminalAsync();

        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("get", "meshtrafficpermission", "absent"));
        Assert.Equal("Error: No MeshTrafficPermission 'absent' in mesh default\n", terminal.Error);
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("get", "meshtrafficpermissions", "-m", "nowhere"));
        Assert.Equal("Error: Failed to retrieve Mesh (there is no mesh 'nowhere')\n", terminal.Error);
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("get", "mehs"));
        Assert.Contains("did you mean Mesh", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("get", "meshes", "-o", "xml"));
        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("get", "mesh", "x", "--all-meshes"));
        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("get", "mesh", "--filter", "novalue"));
    }

    [Fact]
    public async Task WithoutAToken_EveryWayToFailSaysHowToSignIn()
    {
        using var folder = new TempFolder();
        using var terminal = new TestTerminal();
        terminal.Environment["MESHCTL_CONFIG"] = folder.Combine("config.yaml");

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("config", "control-planes", "add", "--name", "g", "--address", await global.AddressAsync()));
        Assert.Contains("answers nobody without a token", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("get", "meshes"));
        Assert.Contains(Words.SignInHint, terminal.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("generate", "dataplane-token", "--name", "a", "--valid-for", "1h"));
        Assert.Contains(Words.SignInHint, terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_WithoutAControlPlane_SaysHowToNameOne()
    {
        using var folder = new TempFolder();
        using var terminal = new TestTerminal();
        terminal.Environment["MESHCTL_CONFIG"] = folder.Combine("config.yaml");

        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("get", "meshes", "--address", "localhost:5681"));
        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("get", "meshes", "--api-timeout", "soon"));
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var closed = ((IPEndPoint)taken.LocalEndpoint).Port;
        taken.Stop();
        await terminal.RunAsync("get", "meshes", "--address", $"http://localhost:{closed}");
        Assert.DoesNotContain("no control plane is configured", terminal.Error, StringComparison.Ordinal);
        var fallback = ControlPlaneClient.Create(new ControlPlaneEntry { Address = $"http://localhost:{closed}", IsFallback = true }, TimeSpan.FromSeconds(10));
        using var client = fallback.Value;
        Assert.Contains("no control plane is configured", (await client.GetAsync("/", TestContext.Current.CancellationToken)).Refusal!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_OfAMeshAndWhatIsInIt_ShowsBothAsNew()
    {
        using var terminal = await global.TerminalAsync();
        terminal.Input = "type: MeshTimeout\nmesh: diff-new\nname: t\nspec:\n  to: [{targetRef: {kind: Mesh}, default: {idleTimeout: 10s}}]\n---\ntype: Mesh\nname: diff-new\n";

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("diff", "-f", "-"));

        Assert.Contains("+++ standard input, document 1\n@@ -0,0 +1,", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("+name: diff-new\n", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("its mesh would be new too", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetJson_AppliedAgain_ChangesNothing()
    {
        using var terminal = await global.TerminalAsync();
        await terminal.RunAsync("get", "meshtimeouts", "-o", "json");
        terminal.Input = terminal.Output;

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("apply", "-f", "-"));
        Assert.DoesNotContain("updated", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("unchanged", terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_WithoutAMesh_IsOfTheDefaultMeshWhereKumactlTakesItSo()
    {
        using var terminal = await global.TerminalAsync();
        terminal.Input = "type: MeshTimeout\nname: of-no-mesh\nspec:\n  to: [{targetRef: {kind: Mesh}, default: {idleTimeout: 10s}}]\n";
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("apply", "-f", "-"));
        Assert.Equal("MeshTimeout of-no-mesh (mesh default): created\n", terminal.Output);

        terminal.Input = "type: TrafficPermission\nname: of-no-mesh\n";
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("apply", "-f", "-"));
        Assert.Contains("mesh: cannot be empty", terminal.Error, StringComparison.Ordinal);

        terminal.Input = "type: MeshTimout\nname: of-no-mesh\nspec: {}\n";
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("apply", "-f", "-"));
        Assert.Contains("unknown type 'MeshTimout'; did you mean MeshTimeout", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetYaml_AppliedAgain_ChangesNothing()
    {
        using var terminal = await global.TerminalAsync();
        terminal.Input = "type: Mesh\nname: round-trip\n---\ntype: MeshTrafficPermission\nmesh: round-trip\nname: all\nspec:\n  from: [{targetRef: {kind: Mesh}, default: {action: Allow}}]\n";
        await terminal.RunAsync("apply", "-f", "-");
        await terminal.RunAsync("get", "meshtrafficpermissions", "-m", "round-trip", "-o", "yaml");
        terminal.Input = terminal.Output;

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("apply", "-f", "-"));

        Assert.Equal("MeshTrafficPermission all (mesh round-trip): unchanged\n", terminal.Output);
        Assert.DoesNotContain("kri", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_NewChangedSameAndWrong_ShowsUnifiedDiffsAndTheFields()
    {
        using var terminal = await global.TerminalAsync();
        terminal.Input = "type: Mesh\nname: diffed\n---\ntype: MeshTrafficPermission\nmesh: diffed\nname: all\nspec:\n  from: [{targetRef: {kind: Mesh}, default: {action: Allow}}]\n";
        await terminal.RunAsync("apply", "-f", "-");
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("diff", "-f", "-", "--exit-code"));
        Assert.Equal("", terminal.Output);

        terminal.Input = terminal.Input.Replace("Allow", "Deny", StringComparison.Ordinal) + "---\ntype: Mesh\nname: diffed-new\n";
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("diff", "-f", "-", "--exit-code"));
        Assert.Contains("--- stored/meshes/diffed/meshtrafficpermissions/all\n+++ standard input, document 2\n@@ ", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("\n-        action: Allow\n+        action: Deny\n", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("+name: diffed-new", terminal.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("diff", "-f", "-"));

        terminal.Input = terminal.Input.Replace("Deny", "Perhaps", StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("diff", "-f", "-"));
        Assert.Contains("* spec.from[0].default.action: ", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("get", "mesh", "diffed-new"));
    }

    [Fact]
    public async Task Diff_Secret_SaysOnlyThatItWouldChange()
    {
        using var terminal = await global.TerminalAsync();
        terminal.Input = "type: Secret\nmesh: default\nname: diff-secret\ndata: c2VjcmV0\n";

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("diff", "-f", "-"));

        Assert.Equal("Secret diff-secret (mesh default): would be created; its content is secret\n", terminal.Output);
    }

    [Fact]
    public async Task Describe_Policy_ShowsSpecAndHistory()
    {
        using var terminal = await global.TerminalAsync();
        terminal.Input = "type: Mesh\nname: described\n---\ntype: MeshTrafficPermission\nmesh: described\nname: all\nlabels: {team: a}\nspec:\n  from: [{targetRef: {kind: Mesh}, default: {action: Allow}}]\n";
        await terminal.RunAsync("apply", "-f", "-");

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("describe", "mtp", "all", "-m", "described"));

        Assert.Contains("Kind:        MeshTrafficPermission\nName:        all\nMesh:        described\n", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("Label:       team=a\n", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("Spec:\n  from:\n    - targetRef:\n        kind: Mesh\n", terminal.Output, StringComparison.Ordinal);
        Assert.Matches(@"History:\n  REVISION +AGE +CHANGE +BY\n  \d+ +\d+s +created +mesh-system:admin", terminal.Output);
    }

    [Fact]
    public async Task Delete_OnATerminal_AsksAndKeepsUnlessTold()
    {
        using var terminal = await global.TerminalAsync();
        terminal.Input = "{type: Mesh, name: deleted-1}\n---\n{type: Mesh, name: deleted-2}\n";
        await terminal.RunAsync("apply", "-f", "-");
        terminal.IsInteractive = true;

        terminal.Input = "\n";
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("delete", "mesh", "deleted-1"));
        Assert.Equal("Mesh deleted-1: kept\n", terminal.Output);
        Assert.Contains("Delete Mesh deleted-1 with all policies, services and secrets in it? [y/N]", terminal.Error, StringComparison.Ordinal);

        terminal.Input = "y\n";
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("delete", "mesh", "deleted-1"));
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("delete", "mesh", "deleted-1", "deleted-2", "--yes"));
        Assert.Equal("Mesh deleted-2: deleted\n", terminal.Output);
        Assert.Equal("Error: there is no Mesh with name \"deleted-1\"\n", terminal.Error);
    }

    [Fact]
    public async Task GenerateTokens_FromTheControlPlane_AreTakenByIt()
    {
        using var terminal = await global.TerminalAsync();
        using var folder = new TempFolder();
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("generate", "zone-token", "--zone", "lab", "--scope", "cp"));
        Assert.Equal(3, terminal.Output.TrimEnd().Split('.').Length);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("generate", "dataplane-token", "--name", "api-1", "--valid-for", "1h"));
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("generate", "user-token", "--name", "bob", "--group", "team-a", "--valid-for", "1h", "--out-file", folder.Combine("bob")));
        Assert.Equal("", terminal.Output);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.Combine("bob")));

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("get", "meshes", "--token-file", folder.Combine("bob")));
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("get", "secrets", "--token-file", folder.Combine("bob")));
        Assert.Contains("Access Denied", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_WithoutToken_IsRefused()
    {
        using var terminal = new TestTerminal();

        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("get", "meshes", "--address", await global.AddressAsync()));

        Assert.StartsWith("Error: ", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("--token-file", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConfigAdd_OverTls_TrustsTheGivenCaAlone()
    {
        using var terminal = new TestTerminal();
        using var folder = new TempFolder();
        terminal.Environment["XDG_CONFIG_HOME"] = folder.Path;
        var address = await global.SecureAddressAsync();
        string[] add = ["config", "control-planes", "add", "--name", "tls", "--address", address, "--auth-type", "tokens", "--token-file", global.TokenFile];

        Assert.Equal(ExitCode.Failed, await terminal.RunAsync(add));
        Assert.Contains("its certificate is not trusted", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync([.. add, "--ca-cert-file", Path.Combine(global.DataDir, "tls", "ca.crt")]));
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("get", "mesh", "default", "-o", "name"));
        Assert.Equal("default\n", terminal.Output);

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("version"));
        Assert.Matches(@"^meshctl \S+\nMeshConsole \S+ \(speaks Kuma 2\.14\.3\), global at https://localhost:\d+\n$", terminal.Output);

        await File.WriteAllTextAsync(folder.Combine("bad"), "not.a.token", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("config", "control-planes", "add", "--name", "bad", "--address", address, "--skip-verify", "--auth-type", "tokens", "--token-file", folder.Combine("bad")));
        Assert.Contains("does not take this token", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_Meshes_ShowsCounts()
    {
        using var terminal = await global.TerminalAsync();

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("get", "kinds"));
        Assert.Matches(@"\nMeshHTTPRoute +meshhttproutes +mhttpr +mesh +yes\n", terminal.Output);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("inspect", "zones"));
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("inspect", "meshes"));
        Assert.Matches(@"^NAME +ONLINE +SERVICES +POLICIES +AGE\n", terminal.Output);
    }
}
