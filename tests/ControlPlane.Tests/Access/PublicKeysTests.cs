using System.Security.Cryptography;
using MeshConsole.ControlPlane.Access;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace MeshConsole.ControlPlane.Tests.Access;

/// <summary>Tokens that were signed elsewhere and are checked with keys of the settings.</summary>
public sealed class PublicKeysTests : IDisposable
{
    private readonly RSA key = RSA.Create(SigningKeys.KeySize);

    /// <inheritdoc />
    public void Dispose() => key.Dispose();

    [Fact]
    public async Task ValidateUser_SignedElsewhere_IsTheActorWithoutAnyKeyInTheStore()
    {
        await using var fixture = await AccessFixture.StartAsync(Options("User", "laptop"));

        var actor = fixture.Tokens.ValidateUser(Sign("laptop", """{"Name":"ci","Groups":["mesh-system:admin"],"exp":1800000000,"jti":"1"}"""));

        Assert.True(actor.Value.IsAdmin);
        Assert.Contains("no signing key with KID desktop", fixture.Tokens.ValidateUser(Sign("desktop", """{"Name":"ci","exp":1800000000}""")).Refusal!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ValidateUser_SignedElsewhere_CanBeRevokedAndEnds()
    {
        await using var fixture = await AccessFixture.StartAsync(Options("User", "laptop"));
        var token = Sign("laptop", """{"Name":"ci","exp":1800000000,"jti":"lost"}""");
        Assert.True(fixture.Tokens.ValidateUser(token).Ok);

        await fixture.PutSecretAsync("GlobalSecret", "", "user-token-revocations", "lost"u8);

        Assert.Contains("was revoked", fixture.Tokens.ValidateUser(token).Refusal!.Detail, StringComparison.Ordinal);
        Assert.Contains("expired", fixture.Tokens.ValidateUser(Sign("laptop", """{"Name":"ci","exp":1700000000}""")).Refusal!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_KeyOfAnotherFamily_IsNotTaken()
    {
        await using var fixture = await AccessFixture.StartAsync(Options("Zone", "hq"));
        var token = Sign("hq", """{"Name":"ci","Groups":["mesh-system:admin"],"Zone":"lab","Scope":["cp"],"exp":1800000000}""");

        Assert.True(fixture.Tokens.ValidateZone(token, "lab", ZoneToken.CpScope).Ok);
        Assert.False(fixture.Tokens.ValidateUser(token).Ok);
    }

    [Fact]
    public async Task ValidateDataplane_KeyOfOneMesh_IsNotTakenInAnother()
    {
        var options = Options("Dataplane", "a");
        options.Dataplane.PublicKeys[0].Mesh = "default";
        await using var fixture = await AccessFixture.StartAsync(options);
        var token = Sign("a", """{"Name":"web","Mesh":"","exp":1800000000}""");

        Assert.True(fixture.Tokens.ValidateDataplane(token, "default").Ok);
        Assert.False(fixture.Tokens.ValidateDataplane(token, "other").Ok);
    }

    [Fact]
    public async Task ValidateZone_WithoutSecrets_TakesTheGivenKeysOnly()
    {
        var options = Options("Zone", "hq");
        options.Zone.UseSecrets = false;
        await using var fixture = await AccessFixture.StartAsync(options, null, SigningKeyFamily.Zone);

        Assert.Contains("keys in secrets do not count", fixture.Tokens.ValidateZone(fixture.Tokens.IssueZone("lab", ["cp"]).Value.Text, "lab", "cp").Refusal!.Detail, StringComparison.Ordinal);
        Assert.True(fixture.Tokens.ValidateZone(Sign("hq", """{"Zone":"lab","Scope":["cp"],"exp":1800000000}"""), "lab", "cp").Ok);
    }

    [Fact]
    public void Validate_SettingsThatAreWrong_AreNamedEach()
    {
        using var small = RSA.Create(1024);
        var options = new TokenOptions();
        options.User.UseSecrets = false;
        options.User.PublicKeys.Add(new PublicKeyOptions { Key = key.ExportRSAPublicKeyPem() });
        options.Zone.PublicKeys.Add(new PublicKeyOptions { Kid = "a", Mesh = "default", Key = key.ExportSubjectPublicKeyInfoPem() });
        options.Zone.PublicKeys.Add(new PublicKeyOptions { Kid = "a" });
        options.Zone.PublicKeys.Add(new PublicKeyOptions { Kid = "b", Key = key.ExportRSAPrivateKeyPem() });
        options.Dataplane.PublicKeys.Add(new PublicKeyOptions { Kid = "a", Key = small.ExportRSAPublicKeyPem() });
        options.Dataplane.PublicKeys.Add(new PublicKeyOptions { Kid = "b", KeyFile = "/nowhere/key.pub" });

        var faults = options.Validate().ToList();

        Assert.Collection(
            faults,
            f => Assert.StartsWith("Tokens:User:UseSecrets is false", f, StringComparison.Ordinal),
            f => Assert.StartsWith("Tokens:User:PublicKeys:0:Kid is missing", f, StringComparison.Ordinal),
            f => Assert.StartsWith("Tokens:Zone:PublicKeys:0:Mesh is 'default'", f, StringComparison.Ordinal),
            f => Assert.StartsWith("Tokens:Zone:PublicKeys:1 takes either Key or KeyFile", f, StringComparison.Ordinal),
            f => Assert.StartsWith("Tokens:Zone:PublicKeys:2:Key holds a private key", f, StringComparison.Ordinal),
            f => Assert.StartsWith("Tokens:Dataplane:PublicKeys:0:Key holds no RSA public key of 2048 bits or more", f, StringComparison.Ordinal),
            f => Assert.StartsWith("Tokens:Dataplane:PublicKeys:1:KeyFile is '/nowhere/key.pub'; it cannot be read", f, StringComparison.Ordinal));
        Assert.DoesNotContain("BEGIN", string.Concat(faults), StringComparison.Ordinal);
    }

    private TokenOptions Options(string family, string kid)
    {
        var options = new TokenOptions();
        options.All.Single(f => f.Name == family).Family.PublicKeys.Add(new PublicKeyOptions { Kid = kid, Key = key.ExportRSAPublicKeyPem() });
        Assert.Empty(options.Validate());
        return options;
    }

    private string Sign(string kid, string claims) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(claims, new SigningCredentials(new RsaSecurityKey(key) { KeyId = kid }, SecurityAlgorithms.RsaSha256));
}
