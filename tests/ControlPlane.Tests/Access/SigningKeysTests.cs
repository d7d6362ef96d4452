using System.Security.Cryptography;
using System.Text;
using MeshConsole.ControlPlane.Access;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Tests.Access;

public sealed class SigningKeysTests
{
    [Fact]
    public async Task Ensure_NoKey_StoresPkcs1PemOf2048Bits()
    {
        await using var fixture = await AccessFixture.StartAsync();

        await fixture.Keys.EnsureAsync(AccessFixture.Cancel, SigningKeyFamily.User, SigningKeyFamily.Zone, SigningKeyFamily.Dataplane("default"));

        var world = fixture.Store.World.Value;
        var secret = world.Find("GlobalSecret", "user-token-signing-key-1");
        Assert.NotNull(secret);
        Assert.NotNull(world.Find("GlobalSecret", "zone-token-signing-key-1"));
        Assert.NotNull(world.Find("Secret", "default", "dataplane-token-signing-key-default-1"));
        Assert.Empty(secret.Labels);
        var pem = SecretData.ReadText(secret);
        Assert.StartsWith("-----BEGIN RSA PRIVATE KEY-----\n", pem, StringComparison.Ordinal);
        using var rsa = RSA.Create();
        rsa.ImportFromPem(pem);
        Assert.Equal(2048, rsa.KeySize);
    }

    [Fact]
    public async Task Ensure_KeyExists_LeavesItAlone()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.User);
        var before = fixture.Store.World.Value;

        await fixture.Keys.EnsureAsync(AccessFixture.Cancel, SigningKeyFamily.User);

        Assert.Same(before, fixture.Store.World.Value);
    }

    [Fact]
    public async Task Prepare_AppliedTwice_KeepsTheFirst()
    {
        await using var fixture = await AccessFixture.StartAsync();
        var family = SigningKeyFamily.Dataplane("m1");
        var first = fixture.Keys.Prepare(fixture.Store.World.Value, family);
        var second = fixture.Keys.Prepare(fixture.Store.World.Value, family);

        Assert.True(await fixture.Store.CommitAsync(Actor.System, first!.Apply, AccessFixture.Cancel));
        Assert.False(await fixture.Store.CommitAsync(Actor.System, second!.Apply, AccessFixture.Cancel));

        var stored = fixture.Store.World.Value.Find("Secret", "m1", "dataplane-token-signing-key-m1-1");
        Assert.Equal(first.Secrets[0].Spec, stored!.Spec);
        Assert.Null(fixture.Keys.Prepare(fixture.Store.World.Value, family));
    }

    [Theory]
    [InlineData("user-token-signing-key", 0)]
    [InlineData("user-token-signing-key-7", 7)]
    [InlineData("user-token-signing-key-07", null)]
    [InlineData("user-token-signing-key-", null)]
    [InlineData("user-token-signing-key-x", null)]
    [InlineData("user-token-signing-keys", null)]
    [InlineData("zone-token-signing-key-1", null)]
    public void SerialOf_Name_ReadsTheSerial(string name, int? expected) => Assert.Equal(expected, SigningKeyFamily.User.SerialOf(name));

    [Fact]
    public async Task Rotate_OldTokens_StayGoodAndNewKeySigns()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.User);
        var old = fixture.Tokens.IssueUser("john", [], TimeSpan.FromHours(1)).Value;

        Assert.Equal(2, await fixture.Keys.RotateAsync(AccessFixture.Admin, SigningKeyFamily.User, AccessFixture.Cancel));

        var renewed = fixture.Tokens.IssueUser("john", [], TimeSpan.FromHours(1)).Value;
        Assert.Equal("2", TokenText.Header(renewed.Text).GetProperty("kid").GetString());
        Assert.True((fixture.Tokens.ValidateUser(old.Text)).Ok);
        Assert.True((fixture.Tokens.ValidateUser(renewed.Text)).Ok);
    }

    [Fact]
    public async Task Verify_KeyDeleted_SaysWhichOne()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.User);
        var token = fixture.Tokens.IssueUser("john", [], TimeSpan.FromHours(1)).Value;
        await fixture.Keys.RotateAsync(AccessFixture.Admin, SigningKeyFamily.User, AccessFixture.Cancel);
        await fixture.Store.CommitAsync(Actor.System, t => t.Delete(new ResourceKey("GlobalSecret", "", "user-token-signing-key-1"), history: false), AccessFixture.Cancel);

        var result = fixture.Tokens.ValidateUser(token.Text);

        Assert.Equal("there is no signing key with KID 1. GlobalSecret of name \"user-token-signing-key-1\" is not found. If signing key was rotated, regenerate the token", result.Refusal!.Detail);
    }

    [Fact]
    public async Task Sign_NewestSecretIsNoKey_RefusesAndNamesIt()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.Zone);
        await fixture.PutSecretAsync("GlobalSecret", "", "zone-token-signing-key-2", "not a key"u8);

        var result = fixture.Tokens.IssueZone("lab", ["cp"]);

        Assert.Contains("\"zone-token-signing-key-2\" does not hold an RSA key", result.Refusal!.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("not a key", result.Refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sign_KeyOf1024Bits_IsRefused()
    {
        await using var fixture = await AccessFixture.StartAsync();
        using var weak = RSA.Create(1024);
        await fixture.PutSecretAsync("GlobalSecret", "", "user-token-signing-key-1", Encoding.ASCII.GetBytes(weak.ExportRSAPrivateKeyPem()));

        Assert.False(fixture.Tokens.IssueUser("john", [], TimeSpan.FromHours(1)).Ok);
    }

    [Fact]
    public async Task FederatedZone_PublicKeyOnly_VerifiesZoneTokensAndSignsNone()
    {
        await using var global = await AccessFixture.StartAsync(null, SigningKeyFamily.Zone);
        var token = global.Tokens.IssueZone("lab", ["ingress"]).Value;
        using var rsa = RSA.Create();
        rsa.ImportFromPem(SecretData.ReadText(global.Store.World.Value.Find("GlobalSecret", "zone-token-signing-key-1")!));
        await using var zone = await AccessFixture.StartAsync(new Site(SiteMode.Zone, "lab", Federated: true));
        await zone.PutSecretAsync("GlobalSecret", "", "zone-token-signing-public-key-1", Encoding.ASCII.GetBytes(rsa.ExportRSAPublicKeyPem()));

        Assert.True((zone.Tokens.ValidateZone(token.Text, "lab", ZoneToken.IngressScope)).Ok);
        Assert.Equal("Signing Key not found", zone.Tokens.IssueZone("lab", ["ingress"]).Refusal!.Title);
    }
}
