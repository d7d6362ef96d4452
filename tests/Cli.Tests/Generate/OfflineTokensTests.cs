using MeshConsole.ControlPlane.Hosting;
using MeshConsole.Testing;
using MeshConsole.Web.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Cli.Tests.Generate;

/// <summary>Tokens that meshctl signs itself, at a control plane that was told the public half of the key.</summary>
public sealed class OfflineTokensTests : IDisposable
{
    private readonly TempFolder folder = new();

    /// <inheritdoc />
    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task UserToken_SignedHere_IsGoodWhereThePublicKeyIsSet()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var terminal = new TestTerminal();
        var (privateKey, publicKey, token) = (folder.Combine("key.pem"), folder.Combine("key.pub"), folder.Combine("ci.token"));
        await terminal.RunAsync("generate", "signing-key", "--format", "pem");
        await File.WriteAllTextAsync(privateKey, terminal.Output, cancel);
        await terminal.RunAsync("generate", "public-key", "--signing-key-path", privateKey);
        await File.WriteAllTextAsync(publicKey, terminal.Output, cancel);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("generate", "user-token", "--name", "ci", "--group", "mesh-system:admin", "--valid-for", "1h", "--signing-key-path", privateKey, "--kid", "laptop", "--out-file", token));

        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Logging:LogLevel:Default"] = "Error",
            ["DataDir"] = folder.Combine("data"),
            ["Tokens:User:EnableIssuer"] = "false",
            ["Tokens:User:PublicKeys:0:Kid"] = "laptop",
            ["Tokens:User:PublicKeys:0:KeyFile"] = publicKey,
            ["KUMA_DP_SERVER_AUTHN_ZONE_PROXY_ZONE_TOKEN_ENABLE_ISSUER"] = "false",
        }).Build();
        var options = ControlPlaneOptions.From(settings);
        options.Ports = new PortOptions { Http = 0, Https = 0, Kds = 0, Diagnostics = 0 };
        options.Bind = new BindOptions { Http = "127.0.0.1", Public = "127.0.0.1" };
        Assert.Empty(options.Validate());
        await using var global = MeshConsoleHost.Build(options, settings);
        await global.StartAsync(cancel);
        terminal.Environment["MESHCTL_ADDRESS"] = $"http://localhost:{global.Services.GetRequiredService<ListenAddresses>().PortOf(Listener.Api)}";
        terminal.Environment["MESHCTL_TOKEN_FILE"] = token;

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("get", "globalsecrets", "-o", "name"));
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("generate", "user-token", "--name", "john", "--valid-for", "1h"));
        Assert.Contains("Could not issue a token (issuing tokens using the control plane is disabled.", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("generate", "zone-token", "--zone", "lab", "--valid-for", "1h"));
        Assert.Contains("Tokens:Zone:EnableIssuer", terminal.Error, StringComparison.Ordinal);
        await global.StopAsync(cancel);
    }
}
