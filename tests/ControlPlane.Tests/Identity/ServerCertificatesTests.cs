using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MeshConsole.ControlPlane.Identity;
using Microsoft.Extensions.Time.Testing;

namespace MeshConsole.ControlPlane.Tests.Identity;

/// <summary>Our certificates and the trust in them, over real TLS connections.</summary>
public sealed class ServerCertificatesTests : IDisposable
{
    // TLS itself looks at the machine's clock, so the fake one starts there.
    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("meshconsole-tls-");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Tls => Path.Combine(folder.FullName, "tls");

    private string CaFile => Path.Combine(Tls, "ca.crt");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void LoadOrCreate_FirstStart_MakesCaAndCertificateWithPrivateKeysForTheOwnerOnly()
    {
        using var certificates = LoadOrCreate("Console.Example", "192.0.2.9");

        Assert.Equal("localhost", certificates.Names[0]);
        Assert.Contains("console.example", certificates.Names);
        Assert.Contains("192.0.2.9", certificates.Names);
        Assert.Contains("127.0.0.1", certificates.Names);
        Assert.Contains("::1", certificates.Names);
        Assert.Contains(Environment.MachineName.ToLowerInvariant(), certificates.Names);
        Assert.True(certificates.Current.MatchesHostname("console.example"));
        Assert.True(certificates.Current.MatchesHostname("192.0.2.9"));
        Assert.Equal(10, certificates.Chain[0].NotAfter.Year - certificates.Chain[0].NotBefore.Year);
        Assert.InRange(certificates.Current.NotAfter - certificates.Current.NotBefore, TimeSpan.FromDays(365), TimeSpan.FromDays(366));
        foreach (var key in (string[])["ca.key", "server.key"])
        {
            Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(Path.Combine(Tls, key)) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }
    }

    [Fact]
    public void LoadOrCreate_NextStart_KeepsBoth()
    {
        using var first = LoadOrCreate();
        using var second = LoadOrCreate();

        Assert.Equal(first.CaFingerprint, second.CaFingerprint);
        Assert.Equal(Fingerprint.Of(first.Current), Fingerprint.Of(second.Current));
        Assert.Equal(first.CaPem, second.CaPem);
    }

    [Fact]
    public void LoadOrCreate_NewName_MakesANewCertificateOfTheSameCa()
    {
        using var first = LoadOrCreate();
        using var second = LoadOrCreate("new.example");

        Assert.Equal(first.CaFingerprint, second.CaFingerprint);
        Assert.NotEqual(Fingerprint.Of(first.Current), Fingerprint.Of(second.Current));
        Assert.Contains("new.example", second.Names);
    }

    [Theory]
    [InlineData(304, false)]
    [InlineData(306, true)]
    [InlineData(400, true)]
    public void LoadOrCreate_DaysLater_RenewsWithLessThanSixtyDaysLeft(int days, bool renewed)
    {
        using var first = LoadOrCreate();
        var before = Fingerprint.Of(first.Current);
        time.Advance(TimeSpan.FromDays(days));

        using var second = LoadOrCreate();

        Assert.Equal(renewed, before != Fingerprint.Of(second.Current));
        Assert.True(second.Current.HasPrivateKey);
    }

    [Fact]
    public void Current_ProcessRunsForMonths_RenewsInPlace()
    {
        using var certificates = LoadOrCreate();
        var before = Fingerprint.Of(certificates.Current);
        time.Advance(TimeSpan.FromDays(310));

        Assert.NotEqual(before, Fingerprint.Of(certificates.Current));
        using var stored = LoadOrCreate();
        Assert.Equal(Fingerprint.Of(certificates.Current), Fingerprint.Of(stored.Current));
    }

    [Fact]
    public void LoadOrCreate_CaKeyGone_SaysWhatToDo()
    {
        LoadOrCreate().Dispose();
        File.Delete(Path.Combine(Tls, "ca.key"));

        var e = Assert.Throws<InvalidOperationException>(() => LoadOrCreate());

        Assert.Contains("Restore both", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OwnCertificate_FromFiles_IsShown()
    {
        using var made = LoadOrCreate();
        var options = new TlsOptions { CertificateFile = Path.Combine(Tls, "server.crt"), KeyFile = Path.Combine(Tls, "server.key") };

        using var own = ServerCertificates.LoadOrCreate(Path.Combine(folder.FullName, "other"), options, time);

        Assert.Equal(Fingerprint.Of(made.Current), own.CaFingerprint);
        Assert.False(Directory.Exists(Path.Combine(folder.FullName, "other")));
        Assert.Null(await ConnectAsync(own, Trust(fingerprint: own.CaFingerprint), "127.0.0.1"));
        options.KeyFile = Path.Combine(Tls, "ca.key");
        Assert.Throws<InvalidOperationException>(() => ServerCertificates.LoadOrCreate(folder.FullName, options, time));
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    public async Task Trust_CaFileOrFingerprint_Connects(string host)
    {
        using var certificates = LoadOrCreate();

        Assert.Null(await ConnectAsync(certificates, Trust(caFile: CaFile), host));
        Assert.Null(await ConnectAsync(certificates, Trust(fingerprint: certificates.CaFingerprint), host));
        Assert.Null(await ConnectAsync(certificates, Trust(fingerprint: Fingerprint.Of(certificates.Current)), "whatever.example"));
        Assert.Null(await ConnectAsync(certificates, Trust(skip: true), "whatever.example"));
    }

    [Fact]
    public async Task Trust_PresentedCaAlone_IsEnoughAsCaFile()
    {
        using var certificates = LoadOrCreate();
        var file = Path.Combine(folder.FullName, "only-presented.crt");
        await File.WriteAllTextAsync(file, certificates.Chain[0].ExportCertificatePem(), Cancel);

        Assert.Null(await ConnectAsync(certificates, Trust(caFile: file), "localhost"));
    }

    [Fact]
    public async Task Trust_OtherCa_IsRefusedWithTheReason()
    {
        using var certificates = LoadOrCreate();
        using var other = ServerCertificates.LoadOrCreate(Path.Combine(folder.FullName, "other"), new TlsOptions(), time);

        Assert.Equal(
            "The server's certificate is not signed by the CA in the CA file.",
            await ConnectAsync(certificates, Trust(caFile: Path.Combine(folder.FullName, "other", "ca.crt")), "localhost"));
        Assert.StartsWith(
            $"No certificate that the server presents has the fingerprint {other.CaFingerprint}.",
            await ConnectAsync(certificates, Trust(fingerprint: other.CaFingerprint), "localhost"),
            StringComparison.Ordinal);
        Assert.StartsWith(
            "The server's certificate is not signed by a CA that this system trusts.",
            await ConnectAsync(certificates, Trust(), "localhost"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trust_OtherName_IsRefusedAndNamesTheNames()
    {
        using var certificates = LoadOrCreate();

        var refusal = await ConnectAsync(certificates, Trust(caFile: CaFile), "global.example");

        Assert.StartsWith("The server's certificate is for other names (localhost", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trust_FingerprintOfOurOwnCa_NeedsNoName()
    {
        using var certificates = LoadOrCreate();

        Assert.Null(await ConnectAsync(certificates, Trust(fingerprint: certificates.CaFingerprint), "global.example"));
    }

    [Fact]
    public void Trust_FingerprintOfACaThatSignsForOthersToo_NeedsTheName()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (from, until) = (time.GetUtcNow().AddDays(-1), time.GetUtcNow().AddDays(9));
        using var company = CertificateMaker.Authority(new CertificateRequest("CN=Company CA", key, HashAlgorithmName.SHA256), null, null, from, until);
        using var serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var server = CertificateMaker.Server("other.example", serverKey, ["other.example"], company, from, until);
        using var presented = X509CertificateLoader.LoadCertificate(company.RawDataMemory.Span);
        using var chain = new X509Chain();
        chain.ChainPolicy.ExtraStore.Add(presented);
        using var trust = Trust(fingerprint: Fingerprint.Of(presented));

        Assert.False(trust.Validate(this, server, chain, SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch));
        Assert.StartsWith("The server's certificate is for other names (other.example)", trust.LastRefusal, StringComparison.Ordinal);
        Assert.True(trust.Validate(this, server, chain, SslPolicyErrors.RemoteCertificateChainErrors));
    }

    [Fact]
    public async Task Trust_FingerprintOfACaThatDidNotSign_IsRefused()
    {
        // A server that presents somebody else's CA beside its own certificate must not pass for the owner of that CA.
        using var owner = ServerCertificates.LoadOrCreate(Path.Combine(folder.FullName, "owner"), new TlsOptions(), time);
        using var impostor = LoadOrCreate();
        var server = impostor.Current;
        using var presentedCa = X509CertificateLoader.LoadCertificate(owner.Chain[0].RawDataMemory.Span);
        using var chain = new X509Chain();
        chain.ChainPolicy.ExtraStore.Add(presentedCa);
        using var trust = Trust(fingerprint: owner.CaFingerprint);

        Assert.False(trust.Validate(this, server, chain, SslPolicyErrors.RemoteCertificateChainErrors));
        Assert.Equal("The server's certificate is not signed by the CA with the given fingerprint.", trust.LastRefusal);
    }

    [Fact]
    public void Trust_ForgedCertificateInTheNameOfThePinnedCa_IsRefused()
    {
        using var owner = ServerCertificates.LoadOrCreate(Path.Combine(folder.FullName, "owner"), new TlsOptions(), time);
        using var pinned = X509CertificateLoader.LoadCertificate(owner.Chain[0].RawDataMemory.Span);
        using var forgersKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", forgersKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(pinned, true, false));
        using var forged = request.Create(pinned.SubjectName, X509SignatureGenerator.CreateForECDsa(forgersKey), time.GetUtcNow().AddDays(-1), time.GetUtcNow().AddDays(1), [1, 2, 3]);
        using var chain = new X509Chain();
        chain.ChainPolicy.ExtraStore.Add(pinned);
        using var byFingerprint = Trust(fingerprint: owner.CaFingerprint);
        using var byFile = Trust(caFile: Path.Combine(folder.FullName, "owner", "ca.crt"));

        Assert.False(byFingerprint.Validate(this, forged, chain, SslPolicyErrors.RemoteCertificateChainErrors));
        Assert.False(byFile.Validate(this, forged, chain, SslPolicyErrors.RemoteCertificateChainErrors));
    }

    [Fact]
    public async Task Trust_SelfSignedServerInTheCaFile_Connects()
    {
        // Kuma's own tools make such certificates, and tell people to give them to the zone as CA.
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=global", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var server = request.CreateSelfSigned(time.GetUtcNow().AddDays(-1), time.GetUtcNow().AddDays(30));
        var file = Path.Combine(folder.FullName, "self.crt");
        await File.WriteAllTextAsync(file, server.ExportCertificatePem(), Cancel);
        using var trust = Trust(caFile: file);

        Assert.True(trust.Validate(this, server, null, SslPolicyErrors.RemoteCertificateChainErrors));
        Assert.False(trust.Validate(this, server, null, SslPolicyErrors.RemoteCertificateNameMismatch));
    }

    [Fact]
    public void Trust_Expired_SaysWhen()
    {
        using var certificates = LoadOrCreate();
        var server = certificates.Current;
        using var trust = Trust(caFile: CaFile);
        time.Advance(TimeSpan.FromDays(370));

        Assert.False(trust.Validate(this, server, null, SslPolicyErrors.RemoteCertificateChainErrors));
        Assert.StartsWith("The server's certificate ended on ", trust.LastRefusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SHA256:AB:cd", false)]
    [InlineData("", false)]
    [InlineData("sha256:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff", true)]
    [InlineData("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", true)]
    public void Fingerprint_Pasted_IsRead(string text, bool good)
    {
        Assert.Equal(good, Fingerprint.TryParse(text, out var parsed));
        Assert.True(!good || parsed == "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    }

    [Fact]
    public void Trust_WrongSettings_NameTheField()
    {
        Assert.Equal("caFingerprint", PeerTrust.From(null, "abc", false, time).Refusal!.Violations[0].Field);
        Assert.Equal("caFile", PeerTrust.From("/nowhere/ca.crt", null, false, time).Refusal!.Violations[0].Field);
        Assert.Equal("tls", PeerTrust.From("ca.crt", "abc", false, time).Refusal!.Violations[0].Field);
    }

    private ServerCertificates LoadOrCreate(params string[] names)
    {
        var options = new TlsOptions();
        foreach (var name in names)
        {
            options.Names.Add(name);
        }

        return ServerCertificates.LoadOrCreate(Tls, options, time);
    }

    private PeerTrust Trust(string? caFile = null, string? fingerprint = null, bool skip = false) => PeerTrust.From(caFile, fingerprint, skip, time).Value;

    /// <summary>Shakes hands as Kestrel and SocketsHttpHandler do; the refusal, or null when it went well.</summary>
    private static async Task<string?> ConnectAsync(ServerCertificates certificates, PeerTrust trust, string host)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepting = listener.AcceptTcpClientAsync(Cancel);
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, Cancel);
        using var accepted = await accepting;
        await using var server = new SslStream(accepted.GetStream());
        var context = SslStreamCertificateContext.Create(certificates.Current, certificates.Chain, offline: true);
        var serving = server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = context }, Cancel);
        await using var stream = new SslStream(client.GetStream());
        var options = trust.ToSslOptions();
        options.TargetHost = host;
        string? refusal = null;
        try
        {
            await stream.AuthenticateAsClientAsync(options, Cancel);
        }
        catch (AuthenticationException)
        {
            refusal = trust.LastRefusal ?? "refused without a reason";
            client.Close();
        }

        await serving.ContinueWith(_ => { }, Cancel, TaskContinuationOptions.None, TaskScheduler.Default);
        trust.Dispose();
        return refusal;
    }
}
