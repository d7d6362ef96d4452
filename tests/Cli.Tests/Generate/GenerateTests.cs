using System.Buffers.Text;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Cli.Client;
using MeshConsole.Testing;
using Microsoft.Extensions.Time.Testing;

namespace MeshConsole.Cli.Tests.Generate;

/// <summary>Keys, certificates and tokens made on this machine.</summary>
public sealed class GenerateTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly TestTerminal terminal = new();

    /// <inheritdoc />
    public void Dispose()
    {
        terminal.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("pem")]
    [InlineData("pem-base64")]
    public async Task SigningKey_SignsATokenThatItsPublicKeyVerifies(string format)
    {
        terminal.Time = new FakeTimeProvider(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("generate", "signing-key", "--format", format));
        var keyFile = folder.Combine("key");
        await File.WriteAllTextAsync(keyFile, terminal.Output, TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("generate", "public-key", "--signing-key-path", keyFile));
        using var publicKey = RSA.Create();
        publicKey.ImportFromPem(terminal.Output);

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("generate", "dataplane-token", "--name", "api-1", "--tag", "kuma.io/service=api", "--tag", "version=v1,v2", "--valid-for", "24h", "--signing-key-path", keyFile, "--kid", "7"));

        var parts = terminal.Output.TrimEnd('\n').Split('.');
        Assert.True(publicKey.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        var header = JsonNode.Parse(Base64Url.DecodeFromChars(parts[0]));
        Assert.Equal(("RS256", "7"), (header.String("alg"), header.String("kid")));
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]));
        Assert.Equal(("api-1", "default", """{"kuma.io/service":["api"],"version":["v1","v2"]}"""), (claims.String("Name"), claims.String("Mesh"), claims!["Tags"]!.ToJsonString()));
        Assert.Equal(86_700, claims.Number("exp") - claims.Number("nbf"));
    }

    [Theory]
    [InlineData("rsa")]
    [InlineData("ecdsa")]
    public async Task TlsCertificate_Server_IsTakenByAClientThatTrustsItAlone(string keyType)
    {
        var cert = folder.Combine("cert.pem");
        var key = folder.Combine("key.pem");
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("generate", "tls-certificate", "--type", "server", "--hostname", "mesh.example", "--hostname", "127.0.0.1", "--cert-file", cert, "--key-file", key, "--key-type", keyType));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var server = ServeAsync(listener, cert, key);
        using var socket = new TcpClient();
        await socket.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        await using var stream = new SslStream(socket.GetStream());
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(cert);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "mesh.example", CertificateChainPolicy = policy }, TestContext.Current.CancellationToken);
        await server;

        Assert.True(stream.IsAuthenticated);
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("generate", "tls-certificate", "--type", "client", "--cert-file", cert, "--key-file", key));
    }

    [Theory]
    [InlineData("generate", "tls-certificate", "--type", "server")]
    [InlineData("generate", "tls-certificate", "--type", "server", "--hostname", "a b")]
    [InlineData("generate", "user-token", "--name", "bob")]
    [InlineData("generate", "user-token", "--name", "bob", "--valid-for", "tomorrow")]
    [InlineData("generate", "user-token", "--name", "bob", "--valid-for", "1h", "--kid", "1")]
    [InlineData("generate", "zone-token", "--zone", "lab", "--scope", "all")]
    [InlineData("generate", "dataplane-token", "--tag", "x", "--valid-for", "1h")]
    public async Task Generate_WrongOptions_IsWrongUsage(params string[] arguments) => Assert.Equal(ExitCode.Usage, await terminal.RunAsync(arguments));

    [Fact]
    public async Task PublicKey_OfNoKey_SaysSo()
    {
        await File.WriteAllTextAsync(folder.Combine("x"), "no key", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("generate", "public-key", "--signing-key-path", folder.Combine("x")));
        Assert.Contains("holds no RSA private key", terminal.Error, StringComparison.Ordinal);
    }

    private static async Task ServeAsync(TcpListener listener, string cert, string key)
    {
        using var accepted = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        using var certificate = X509Certificate2.CreateFromPemFile(cert, key);
        await using var stream = new SslStream(accepted.GetStream());
        await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, TestContext.Current.CancellationToken);
    }
}
