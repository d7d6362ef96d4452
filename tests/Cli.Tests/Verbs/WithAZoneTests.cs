using MeshConsole.Testing;

namespace MeshConsole.Cli.Tests.Verbs;

/// <summary>What meshctl shows of a zone and its data planes, which really joined.</summary>
public sealed class WithAZoneTests(GlobalFixture global)
{
    private const string Permission = "type: MeshTrafficPermission\nmesh: default\nname: zone-wide\nspec:\n  from: [{targetRef: {kind: Mesh}, default: {action: Allow}}]\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ApplyWait_ChangeForAZone_SaysWhoAcceptedIt()
    {
        await JoinAsync();
        using var terminal = await global.TerminalAsync();
        terminal.Input = Permission.Replace("zone-wide", "waited-for", StringComparison.Ordinal);

        Assert.True(await terminal.RunAsync("apply", "-f", "-", "--wait", "--timeout", "30s") == ExitCode.Ok, terminal.ToString());

        Assert.Matches(@"^MeshTrafficPermission waited-for \(mesh default\): created\nMeshTrafficPermission waited-for \(mesh default\): accepted by lab \(\d+ ms\)\n$", terminal.Output);
    }

    [Fact]
    public async Task Zone_ThatJoined_IsOnlineWithItsVersion()
    {
        await JoinAsync();
        using var terminal = await global.TerminalAsync();

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("get", "zones"));
        Assert.Matches(@"\nlab +online +\d+s +\S+ +\d+s\n", terminal.Output);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("describe", "zone", "lab"));
        Assert.Contains("State:       online\n", terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_OfDataplanes_ShowsThemWithTheStateOfTheirZone()
    {
        using var zone = await JoinAsync();
        using var terminal = await global.TerminalAsync();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var watching = terminal.RunUntilAsync(["get", "dataplanes", "--search", "watched", "--watch", "--interval", "1h"], end.Token);
        await Eventually.TrueAsync(() => Task.FromResult(terminal.Output.StartsWith("CHANGE", StringComparison.Ordinal)), "the first look", Cancel);
        zone.Input = "type: Dataplane\nmesh: default\nname: watched-1\nnetworking:\n  address: 127.0.0.1\n  inbound: [{port: 21102, tags: {kuma.io/service: watched}}]\n";
        Assert.True(await zone.RunAsync("apply", "-f", "-") == ExitCode.Ok, zone.ToString());
        await Eventually.TrueAsync(() => Task.FromResult(terminal.Output.Contains("\nadded ", StringComparison.Ordinal)), "the new one", Cancel);
        Assert.Matches(@"\nadded +default +watched-1-\S+ .*offline +lab", terminal.Output);
        await end.CancelAsync();
        Assert.Equal(ExitCode.Interrupted, await watching);
    }

    [Fact]
    public async Task Dataplane_OfAZone_IsFoundByItsOwnNameAndInspected()
    {
        using var zone = await JoinAsync();
        using var terminal = await global.TerminalAsync();
        terminal.Input = Permission;
        await terminal.RunAsync("apply", "-f", "-");
        zone.Input = "type: Dataplane\nmesh: default\nname: api-1\nnetworking:\n  address: 127.0.0.1\n  inbound: [{port: 21101, servicePort: 21201, tags: {kuma.io/service: api, kuma.io/protocol: http}}]\n";
        Assert.True(await zone.RunAsync("apply", "-f", "-") == ExitCode.Ok, zone.ToString());
        await Eventually.TrueAsync(async () => await terminal.RunAsync("get", "dataplane", "api-1") == ExitCode.Ok, "api-1 at global", Cancel);
        Assert.Matches(@"\ndefault +api-1-\S+ +kuma\.io/protocol=http kuma\.io/service=api\S* .*127\.0\.0\.1 +offline +lab +", terminal.Output);

        Assert.True(await terminal.RunAsync("inspect", "policy", "mtp", "zone-wide", "-o", "name") == ExitCode.Ok, terminal.ToString());
        Assert.StartsWith("api-1-", terminal.Output, StringComparison.Ordinal);
        Assert.True(await terminal.RunAsync("inspect", "dataplane", "api-1") == ExitCode.Ok, terminal.ToString());
        Assert.Matches(@"\nMeshTrafficPermission +\S+ .*port 21101.*\{""action"":""Allow""\}.*zone-wide", terminal.Output);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("inspect", "dataplanes", "-m", "default"));
        Assert.Contains("api-1-", terminal.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("describe", "dataplane", "api-1"));
        Assert.Contains("Label:       kuma.io/display-name=api-1\n", terminal.Output, StringComparison.Ordinal);
        Assert.True(await terminal.RunAsync("inspect", "dp", "api-1") == ExitCode.Ok, terminal.ToString()); // by its short name
        Assert.Contains("MeshTrafficPermission", terminal.Output, StringComparison.Ordinal);
        zone.Input = "type: MeshService\nmesh: default\nname: api-own\nlabels: {kuma.io/origin: zone}\nspec:\n  selector: {dataplaneTags: {kuma.io/service: api}}\n  ports: [{port: 80, targetPort: 21101, appProtocol: http}]\n";
        Assert.True(await zone.RunAsync("apply", "-f", "-") == ExitCode.Ok, zone.ToString());
        await Eventually.TrueAsync(async () => await terminal.RunAsync("inspect", "meshservice", "api-own", "-o", "name") == ExitCode.Ok, "the service of the zone by its own name", Cancel);
        Assert.StartsWith("api-1-", terminal.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("inspect", "dataplanes", "--tag", "kuma.io/service=api", "-m", "default"));
        Assert.Contains("api-1-", terminal.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("inspect", "dataplanes", "--tag", "kuma.io/service=api", "--gateway"));
        Assert.Equal("There are no dataplanes.\n", terminal.Error);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("get", "dataplanes", "--tag", "kuma.io/service=api", "--offset", "1", "-o", "name"));
        Assert.Equal("", terminal.Output);

        zone.Input = "type: ZoneIngress\nname: door\nnetworking: {address: 127.0.0.1, port: 10001, advertisedAddress: 127.0.0.1, advertisedPort: 10001}\n";
        Assert.True(await zone.RunAsync("apply", "-f", "-") == ExitCode.Ok, zone.ToString());
        await Eventually.TrueAsync(
            async () => await terminal.RunAsync("inspect", "zoneingress", "door", "--type", "stats") == ExitCode.Failed && terminal.Error.Contains("ZoneIngress door is not connected", StringComparison.Ordinal),
            "the ingress, which has no Envoy",
            Cancel);
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("inspect", "zoneegress", "absent"));
        Assert.Equal("Error: No ZoneEgress 'absent'\n", terminal.Error);

        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("inspect", "mtp", "absent"));
        Assert.Equal("Error: No MeshTrafficPermission 'absent' in mesh default\n", terminal.Error);
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("inspect", "zone", "lab"));
        Assert.Contains("'meshctl describe zones NAME' shows this", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("inspect", "dataplane", "absent"));
    }

    [Fact]
    public async Task Apply_WhatGlobalOwns_IsRefusedByTheZone()
    {
        using var zone = await JoinAsync();
        zone.Input = "type: Mesh\nname: elsewhere\n";

        Assert.Equal(ExitCode.Failed, await zone.RunAsync("apply", "-f", "-"));

        Assert.Contains("Mesh elsewhere: refused: Method not allowed", zone.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InstallControlPlane_AllowFrom_LetsTheZoneInAtGlobal()
    {
        using var terminal = await global.TerminalAsync();

        Assert.True(await terminal.RunAsync("install", "control-plane", "--zone", "gke", "--kds-global-address", "grpcs://g:5685", "--allow-from", "10.1.0.0/16") == ExitCode.Ok, terminal.ToString());

        Assert.Contains("zone: gke\n", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("lets zone gke in without a token from 10.1.0.0/16", terminal.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("send no token", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("install", "control-plane", "--zone", "gke", "--kds-global-address", "grpcs://g:5685", "--allow-from", "everywhere"));
        Assert.Contains("* networks", terminal.Error, StringComparison.Ordinal);
        Assert.Equal("", terminal.Output);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("delete", "zone", "gke", "--yes")); // a zone that never comes would keep changes pending for the other tests
    }

    /// <summary>Waits until the zone has the mesh, and so a working link in both directions.</summary>
    private async Task<TestTerminal> JoinAsync()
    {
        var zone = await global.ZoneTerminalAsync();
        await Eventually.TrueAsync(async () => await zone.RunAsync("get", "mesh", "default") == ExitCode.Ok, "mesh default at the zone", Cancel);
        return zone;
    }
}
