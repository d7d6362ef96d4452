using System.Security.Cryptography.X509Certificates;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Identity;
using MeshConsole.ControlPlane.Tests.Access;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Tests.Identity;

public sealed class MeshCaTests
{
    private static readonly JsonBody OneBuiltin = JsonBody.FromText("""{"mtls":{"enabledBackend":"ca-1","backends":[{"name":"ca-1","type":"builtin"},{"name":"own","type":"provided"}]}}""");

    [Fact]
    public async Task Prepare_BuiltinBackend_StoresRootAsKumaDoes()
    {
        await using var fixture = await AccessFixture.StartAsync();
        var ca = new MeshCa(fixture.Kinds, fixture.Time);

        var prepared = Assert.Single(ca.Prepare(fixture.Store.World.Value, "demo", OneBuiltin).Value);
        Assert.True(await fixture.Store.CommitAsync(Actor.System, prepared.Apply, AccessFixture.Cancel));

        var world = fixture.Store.World.Value;
        Assert.Equal(2, world.Count("Secret"));
        var pem = SecretData.ReadText(world.Find("Secret", "demo", "demo.ca-builtin-cert-ca-1")!);
        var keyPem = SecretData.ReadText(world.Find("Secret", "demo", "demo.ca-builtin-key-ca-1")!);
        Assert.StartsWith("-----BEGIN RSA PRIVATE KEY-----", keyPem, StringComparison.Ordinal);
        using var root = X509Certificate2.CreateFromPem(pem, keyPem);
        Assert.Equal("CN=demo, OU=Mesh, O=MeshConsole", root.Subject);
        Assert.Equal(root.Subject, root.Issuer);
        Assert.Equal(AccessFixture.Start.AddSeconds(-10), root.NotBefore.ToUniversalTime());
        Assert.Equal(AccessFixture.Start.AddDays(3650), root.NotAfter.ToUniversalTime());
        Assert.Equal(2048, root.GetRSAPublicKey()!.KeySize);
        Assert.True(root.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.Equal(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, root.Extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages);
        var names = new AsnReaderOfUris(root).Uris;
        Assert.Equal(["spiffe://demo"], names);
    }

    [Fact]
    public async Task Prepare_Exists_MakesNothingAndKeepsIt()
    {
        await using var fixture = await AccessFixture.StartAsync();
        var ca = new MeshCa(fixture.Kinds, fixture.Time);
        var first = Assert.Single(ca.Prepare(fixture.Store.World.Value, "demo", OneBuiltin).Value);
        var late = Assert.Single(ca.Prepare(fixture.Store.World.Value, "demo", OneBuiltin).Value);
        await fixture.Store.CommitAsync(Actor.System, first.Apply, AccessFixture.Cancel);

        Assert.Empty(ca.Prepare(fixture.Store.World.Value, "demo", OneBuiltin).Value);
        Assert.False(await fixture.Store.CommitAsync(Actor.System, late.Apply, AccessFixture.Cancel));
        Assert.Equal(first.Secrets[0].Spec, fixture.Store.World.Value.Find("Secret", "demo", "demo.ca-builtin-cert-ca-1")!.Spec);
    }

    [Fact]
    public async Task Prepare_Settings_AreUsed()
    {
        await using var fixture = await AccessFixture.StartAsync();
        var spec = JsonBody.FromText("""{"mtls":{"backends":[{"name":"b","type":"builtin","conf":{"caCert":{"RSAbits":3072,"expiration":"90d"}}}]}}""");

        var prepared = Assert.Single(new MeshCa(fixture.Kinds, fixture.Time).Prepare(fixture.Store.World.Value, "m", spec).Value);

        using var root = X509Certificate2.CreateFromPem(SecretData.ReadText(prepared.Secrets[0]));
        Assert.Equal(3072, root.GetRSAPublicKey()!.KeySize);
        Assert.Equal(AccessFixture.Start.AddDays(90), root.NotAfter.ToUniversalTime());
    }

    [Theory]
    [InlineData("""{"RSAbits":512}""", "mtls.backends[0].conf.caCert.RSAbits")]
    [InlineData("""{"RSAbits":"2048"}""", "mtls.backends[0].conf.caCert.RSAbits")]
    [InlineData("""{"RSAbits":1000000}""", "mtls.backends[0].conf.caCert.RSAbits")]
    [InlineData("""{"expiration":"10"}""", "mtls.backends[0].conf.caCert.expiration")]
    [InlineData("""{"expiration":"0d"}""", "mtls.backends[0].conf.caCert.expiration")]
    [InlineData("""{"expiration":"5000y"}""", "mtls.backends[0].conf.caCert.expiration")]
    [InlineData("""{"expiration":7}""", "mtls.backends[0].conf.caCert.expiration")]
    public async Task Prepare_WrongSettings_NamesTheField(string caCert, string field)
    {
        await using var fixture = await AccessFixture.StartAsync();
        var spec = JsonBody.FromText("""{"mtls":{"backends":[{"name":"b","type":"builtin","conf":{"caCert":""" + caCert + "}}]}}");

        var refusal = new MeshCa(fixture.Kinds, fixture.Time).Prepare(fixture.Store.World.Value, "m", spec).Refusal!;

        Assert.Equal(field, Assert.Single(refusal.Violations).Field);
    }

    [Fact]
    public async Task Prepare_HalfACa_IsRefused()
    {
        await using var fixture = await AccessFixture.StartAsync();
        await fixture.PutSecretAsync("Secret", "demo", "demo.ca-builtin-key-ca-1", "x"u8);

        var refusal = new MeshCa(fixture.Kinds, fixture.Time).Prepare(fixture.Store.World.Value, "demo", OneBuiltin).Refusal!;

        Assert.Equal(RefusalReason.Conflict, refusal.Reason);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"mtls":{}}""")]
    [InlineData("""{"mtls":null}""")]
    [InlineData("""{"mtls":{"backends":[]}}""")]
    [InlineData("""{"mtls":{"backends":[{"type":"builtin"},7,null]}}""")]
    public async Task Prepare_NoBuiltinBackend_MakesNothing(string spec)
    {
        await using var fixture = await AccessFixture.StartAsync();

        Assert.Empty(new MeshCa(fixture.Kinds, fixture.Time).Prepare(fixture.Store.World.Value, "m", JsonBody.FromText(spec)).Value);
    }

    /// <summary>The URIs among a certificate's alternative names, which .NET does not list.</summary>
    private sealed class AsnReaderOfUris
    {
        public AsnReaderOfUris(X509Certificate2 certificate)
        {
            var extension = certificate.Extensions.Single(e => e.Oid!.Value == "2.5.29.17");
            var names = new System.Formats.Asn1.AsnReader(extension.RawData, System.Formats.Asn1.AsnEncodingRules.DER).ReadSequence();
            var uri = new System.Formats.Asn1.Asn1Tag(System.Formats.Asn1.TagClass.ContextSpecific, 6);
            while (names.HasData)
            {
                Uris.Add(names.ReadCharacterString(System.Formats.Asn1.UniversalTagNumber.IA5String, uri));
            }
        }

        public List<string> Uris { get; } = [];
    }
}
