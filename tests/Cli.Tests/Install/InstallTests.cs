using MeshConsole.Cli.Client;
using MeshConsole.ControlPlane.Hosting;
using MeshConsole.Shared;
using MeshConsole.Testing;
using Microsoft.Extensions.Configuration;

namespace MeshConsole.Cli.Tests.Install;

/// <summary>What <c>install</c> prints for a zone on Kubernetes and on a machine.</summary>
public sealed class InstallTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly TestTerminal terminal = new();

    /// <inheritdoc />
    public void Dispose()
    {
        terminal.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task ControlPlane_KumaWithCa_PrintsValuesOfItsChart()
    {
        var ca = await CaAsync();

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("install", "control-plane", "--zone", "eks", "--kds-global-address", "grpcs://global.example:5685", "--kds-ca-file", ca, "--egress-enabled", "--env-var", "KUMA_X=1"));

        Assert.Equal(
            """
            controlPlane:
              mode: zone
              zone: eks
              kdsGlobalAddress: grpcs://global.example:5685
              tls:
                kdsZoneClient:
                  secretName: meshconsole-kds-ca
              envVars:
                KUMA_X: "1"
            ingress:
              enabled: true
            egress:
              enabled: true

            """,
            terminal.Output);
        Assert.Contains("helm upgrade --install --namespace kuma-system -f eks-values.yaml kuma kuma/kuma", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ControlPlane_KongMeshWithToken_WritesBothFilesTheSecretOneForItsOwner()
    {
        var ca = await CaAsync();
        await File.WriteAllTextAsync(folder.Combine("token"), "a.b.c\n", TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("install", "control-plane", "--distribution", "kong-mesh", "--zone", "eks", "--kds-global-address", "grpcs://g:5685", "--kds-ca-file", ca, "--zone-token-file", folder.Combine("token"), "--out-dir", folder.Combine("out")));

        var values = Assert.Single(Yaml.Read(await File.ReadAllTextAsync(folder.Combine("out/eks-values.yaml"), TestContext.Current.CancellationToken)).Value);
        Assert.Equal("meshconsole-zone-token", values.At("kuma", "controlPlane").Objects("secrets").Single().String("Secret"));
        var manifests = Yaml.Read(await File.ReadAllTextAsync(folder.Combine("out/eks-manifests.yaml"), TestContext.Current.CancellationToken)).Value;
        Assert.Equal(["Namespace", "Secret", "Secret"], manifests.Select(m => m.String("kind")));
        Assert.StartsWith("-----BEGIN CERTIFICATE-----", manifests[1].String("stringData", "ca.crt"), StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", manifests[1].String("stringData", "ca.crt"), StringComparison.Ordinal);
        Assert.Equal("a.b.c", manifests[2].String("stringData", "token"));
        Assert.Equal("kong-mesh-system", manifests[2].String("metadata", "namespace"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.Combine("out/eks-manifests.yaml")));
    }

    [Theory]
    [InlineData("--zone", "Bad", "--kds-global-address", "grpcs://g:5685")]
    [InlineData("--zone", "eks", "--kds-global-address", "https://g:5685")]
    [InlineData("--zone", "eks", "--kds-global-address", "grpcs://g")]
    [InlineData("--zone", "eks", "--kds-global-address", "grpcs://g:5685", "--kds-skip-verify", "--kds-ca-file", "x")]
    [InlineData("--zone", "eks", "--kds-global-address", "grpcs://g:5685", "--zone-token-file", "x")]
    [InlineData("--zone", "eks", "--kds-global-address", "grpcs://g:5685", "--mode", "global")]
    public async Task ControlPlane_WrongOptions_IsWrongUsage(params string[] options)
    {
        Assert.Equal(ExitCode.Usage, await terminal.RunAsync(["install", "control-plane", .. options]));
        Assert.Equal("", terminal.Output);
    }

    [Fact]
    public async Task Universal_Zone_PrintsUnitAndSettingsWithoutSecrets()
    {
        var fingerprint = string.Join(':', Enumerable.Repeat("3f", 32));

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("install", "universal", "--name", "lab", "--global", "grpcs://global.example:5685", "--ca-fingerprint", fingerprint, "--out-dir", folder.Path));

        Assert.Equal(
            $"""
            # Settings of the zone control plane; each is MESHCONSOLE__Section__Key.
            MESHCONSOLE__Zone__Name=lab
            MESHCONSOLE__Zone__Global=grpcs://global.example:5685
            MESHCONSOLE__Zone__TokenFile=/etc/meshconsole/zone.token
            MESHCONSOLE__Zone__CaFingerprint={fingerprint}
            MESHCONSOLE__DataDir=/var/lib/meshconsole

            """,
            await File.ReadAllTextAsync(folder.Combine("zone.env"), TestContext.Current.CancellationToken));
        var unit = await File.ReadAllTextAsync(folder.Combine("meshconsole-zone.service"), TestContext.Current.CancellationToken);
        Assert.Contains("\nEnvironmentFile=/etc/meshconsole/zone.env\nExecStart=/opt/meshconsole/meshconsole zone\n", unit, StringComparison.Ordinal);
        Assert.Contains("\nStateDirectory=meshconsole\n", unit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Universal_EnvironmentFile_IsWhatAZoneReads()
    {
        await terminal.RunAsync("install", "universal", "--name", "lab", "--global", "grpcs://global.example:5685", "--tls-skip-verify", "--data-dir", "/srv/mesh", "--out-dir", folder.Path);
        var settings = (await File.ReadAllLinesAsync(folder.Combine("zone.env"), TestContext.Current.CancellationToken))
            .Where(l => l.StartsWith("MESHCONSOLE__", StringComparison.Ordinal))
            .Select(l => l["MESHCONSOLE__".Length..].Split('=', 2))
            .Select(p => KeyValuePair.Create(p[0].Replace("__", ":", StringComparison.Ordinal), (string?)p[1]));

        var options = ControlPlaneOptions.From(new ConfigurationBuilder().AddInMemoryCollection([.. settings, new("Mode", "zone")]).Build());

        Assert.Equal(("lab", "grpcs://global.example:5685", "/etc/meshconsole/zone.token", true, "/srv/mesh"), (options.Zone.Name, options.Zone.Global, options.Zone.TokenFile, options.Zone.TlsSkipVerify, options.DataDir));
        var missing = Assert.Single(options.Validate());
        Assert.StartsWith("Zone:TokenFile is '/etc/meshconsole/zone.token', which does not exist", missing, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--name", "lab", "--ca-fingerprint", "3f")]
    [InlineData("--name", "lab", "--program", "meshconsole")]
    [InlineData("--name", "lab", "--data-dir", "/a\nExecStart=/bin/sh")]
    [InlineData("--name", "lab", "--user", "a b")]
    [InlineData("--name", "lab", "--ca-file", "/a", "--tls-skip-verify")]
    public async Task Universal_WrongOptions_IsWrongUsage(params string[] options) => Assert.Equal(ExitCode.Usage, await terminal.RunAsync(["install", "universal", .. options]));

    private async Task<string> CaAsync()
    {
        var file = folder.Combine("both.pem");
        await terminal.RunAsync("generate", "tls-certificate", "--type", "server", "--hostname", "g", "--cert-file", "-", "--key-file", "-");
        await File.WriteAllTextAsync(file, terminal.Output, TestContext.Current.CancellationToken);
        return file;
    }
}
