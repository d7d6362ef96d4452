using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Tests.Resources;

public sealed class StoreRulesTests
{
    private static readonly KindRegistry Kinds = new(CoreKinds.All);

    private static readonly string Constraints =
        """{"constraints":{"dataplaneProxy":{"requirements":[{"tags":{"kuma.io/zone":"lab"}},{"tags":{"kuma.io/zone":"eks","team":"*"}}],"restrictions":[{"tags":{"kuma.io/service":"legacy-ftp"}}]}}}""";

    [Theory]
    [InlineData("""{"kuma.io/zone":"lab","kuma.io/service":"api"}""", null)]
    [InlineData("""{"kuma.io/zone":"eks","kuma.io/service":"frontend","team":"web"}""", null)]
    [InlineData("""{"kuma.io/zone":"eks","kuma.io/service":"frontend"}""", "does not fulfill any requirements")]
    [InlineData("""{"kuma.io/zone":"lab","kuma.io/service":"legacy-ftp"}""", "matches restricted tags \"kuma.io/service=legacy-ftp\"")]
    [InlineData("""{"kuma.io/zone":"gke","kuma.io/service":"api"}""", "does not fulfill any requirements")]
    public void Dataplane_MustFitTheConstraintsOfItsMesh(string tags, string? refused)
    {
        var violations = Check(
            Make("Dataplane", "d", $$$"""{"networking":{"address":"10.0.0.1","inbound":[{"port":80,"tags":{{{tags}}}}]}}"""),
            Make("Mesh", "default", Constraints));
        AssertOne(violations, "networking.inbound[0].tags", refused);
    }

    [Fact]
    public void Gateway_MustFitTheConstraintsOfItsMesh() => AssertOne(
        Check(
            Make("Dataplane", "d", """{"networking":{"address":"10.0.0.1","gateway":{"tags":{"kuma.io/service":"legacy-ftp","kuma.io/zone":"lab"}}}}"""),
            Make("Mesh", "default", Constraints)),
        "networking.gateway.tags",
        "restricted");

    [Theory]
    [InlineData("""{"meshServices":{"mode":"Exclusive"}}""", null)]
    [InlineData("""{"meshServices":{"mode":"Everywhere"}}""", "has to exist")]
    [InlineData("{}", "has to exist")]
    public void InboundWithoutTags_NeedsAMeshThatDoesWithoutThem(string mesh, string? refused) => AssertOne(
        Check(Make("Dataplane", "d", """{"networking":{"address":"10.0.0.1","inbound":[{"port":80}]}}"""), Make("Mesh", "default", mesh)),
        "networking.inbound[0].tags[\"kuma.io/service\"]",
        refused);

    [Theory]
    [InlineData("""{"name":"ca","type":"vault"}""", "mtls.backends[0].type", "could not find installed plugin")]
    [InlineData("""{"name":"CA","type":"builtin"}""", "mtls.backends[0].conf.mtls.backends.name", "valid dns name")]
    [InlineData("""{"name":"ca","type":"builtin","conf":{"caCert":"x"}}""", "mtls.backends[0].conf", "could not parse")]
    [InlineData("""{"name":"ca","type":"builtin"}""", "", null)]
    public void MeshBackend_IsChecked(string backend, string field, string? refused) =>
        AssertOne(Check(Make("Mesh", "default", $$$"""{"mtls":{"backends":[{{{backend}}}]}}""")), field, refused);

    [Fact]
    public void ProvidedBackend_WithoutSources_NamesBoth() => Assert.Equal(
        ["mtls.backends[0].conf.cert", "mtls.backends[0].conf.key.secret"],
        Check(Make("Mesh", "default", """{"mtls":{"backends":[{"name":"ca","type":"provided","conf":{"key":{"secret":""}}}]}}""")).Select(v => v.Field));

    [Fact]
    public void ProvidedBackend_WithMissingSecretAndFile_SaysSo() => Assert.Equal(
        ["mtls.backends[0].conf.cert", "mtls.backends[0].conf.key"],
        Check(Make("Mesh", "default", """{"mtls":{"backends":[{"name":"ca","type":"provided","conf":{"cert":{"secret":"none"},"key":{"file":"/does/not/exist"}}}]}}""")).Select(v => v.Field));

    [Fact]
    public void ProvidedBackend_SkipValidation_IsNotChecked() =>
        Assert.Empty(Check(Make("Mesh", "default", """{"mtls":{"skipValidation":true,"backends":[{"name":"ca","type":"provided"}]}}""")));

    [Theory]
    [InlineData(true, X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign)]
    [InlineData(false, X509KeyUsageFlags.KeyCertSign, "basic constraint 'CA'")]
    [InlineData(true, X509KeyUsageFlags.CrlSign, "keyCertSign")]
    [InlineData(true, X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.KeyAgreement, "keyAgreement")]
    public void ProvidedBackend_MustBeAnAuthority(bool authority, X509KeyUsageFlags usage, string? refused = null)
    {
        var (certificate, key) = Pair(authority, usage);
        var violations = Check(
            Make("Mesh", "default", """{"mtls":{"backends":[{"name":"ca","type":"provided","conf":{"cert":{"secret":"c"},"key":{"secret":"k"}}}]}}"""),
            Secret("c", certificate),
            Secret("k", key));
        AssertOne(violations, "mtls.backends[0].conf.cert[0]", refused);
    }

    [Fact]
    public void ProvidedBackend_WithTheKeyOfAnother_IsRefused()
    {
        var (certificate, _) = Pair(true, X509KeyUsageFlags.KeyCertSign);
        var (_, key) = Pair(true, X509KeyUsageFlags.KeyCertSign);
        var violations = Check(
            Make("Mesh", "default", """{"mtls":{"backends":[{"name":"ca","type":"provided","conf":{"cert":{"secret":"c"},"key":{"secret":"k"}}}]}}"""),
            Secret("c", certificate),
            Secret("k", key));
        AssertOne(violations, "mtls.backends[0].conf.cert", "not a valid TLS key pair");
    }

    [Theory]
    [InlineData("""{"kuma.io/service":"payments"}""", false)]
    [InlineData("""{"kuma.io/service":"payments","version":"v1"}""", true)]
    [InlineData("""{"kuma.io/service":"*","version":"v1"}""", true)]
    [InlineData("""{"kuma.io/service":"api","version":"v1"}""", false)]
    public void RateLimit_OfAnExternalService_KnowsItByServiceOnly(string destination, bool refused)
    {
        var limit = Make("RateLimit", "l", $$"""{"destinations":[{"match":{{destination}}}]}""");
        var service = Make("ExternalService", "e", """{"tags":{"kuma.io/service":"payments"}}""");
        AssertOne(Check(limit, service), "ratelimit", refused ? "kuma.io/service" : null);
        AssertOne(Check(service, limit), "externalservice", refused ? "RateLimit 'l'" : null);
    }

    private static Resource Make(string kind, string name, string spec) => new()
    {
        Kind = Kinds[kind],
        Mesh = Kinds[kind].Scope == Scope.Mesh ? "default" : "",
        Name = name,
        Spec = JsonBody.FromText(spec),
    };

    private static Resource Secret(string name, string text) =>
        Make("Secret", name, $$"""{"data":"{{Convert.ToBase64String(Encoding.ASCII.GetBytes(text))}}"}""");

    private static (string Certificate, string Key) Pair(bool authority, X509KeyUsageFlags usage)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=ca", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private static Violation[] Check(Resource draft, params Resource[] stored)
    {
        var world = stored.Aggregate(World.Empty, (w, r) => w.With(r));
        var violations = new ViolationList();
        StoreRules.Check(draft, world, violations);
        return [.. violations.ToImmutable()];
    }

    private static void AssertOne(Violation[] violations, string field, string? words)
    {
        if (words is null)
        {
            Assert.Empty(violations);
            return;
        }

        var violation = Assert.Single(violations);
        Assert.Equal(field, violation.Field);
        Assert.Contains(words, violation.Message);
    }
}
