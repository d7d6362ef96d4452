using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using MeshConsole.ControlPlane.Access;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Tests.Access;

public sealed class TokensTests
{
    [Fact]
    public async Task IssueZone_Claims_AreKumas()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.Zone);

        var token = fixture.Tokens.IssueZone("zone-1", ["ingress", "egress"], TimeSpan.FromHours(1)).Value;

        Assert.Equal("""{"alg":"RS256","kid":"1","typ":"JWT"}""", TokenText.Header(token.Text).GetRawText());
        var now = AccessFixture.Start.ToUnixTimeSeconds();
        Assert.Equal(
            $$"""{"Zone":"zone-1","Scope":["ingress","egress"],"exp":{{now + 3600}},"nbf":{{now - 5}},"iat":{{now - 5}},"jti":"{{token.Id}}"}""",
            TokenText.Payload(token.Text).GetRawText());
        Assert.True(Guid.TryParse(token.Id, out _));
        Assert.DoesNotContain(token.Text, token.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task IssueDataplane_Claims_AreKumas()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.Dataplane("default"));
        var tags = DataplaneBinding.NoTags.Add("kuma.io/service", ["backend"]);

        var token = fixture.Tokens.IssueDataplane(new DataplaneBinding("backend-1", "default", tags, "dataplane"), TimeSpan.FromHours(1)).Value;

        Assert.StartsWith(
            """{"Name":"backend-1","Mesh":"default","Tags":{"kuma.io/service":["backend"]},"Type":"dataplane","Workload":"","exp":""",
            TokenText.Payload(token.Text).GetRawText(),
            StringComparison.Ordinal);
        var read = (fixture.Tokens.ValidateDataplane(token.Text, "default")).Value;
        Assert.Equal("backend-1", read.Binding.Name);
        Assert.Equal<string>(["backend"], read.Binding.Tags["kuma.io/service"]);
    }

    [Fact]
    public async Task IssueDataplane_NoKeyOfMesh_IsKumasNotFound()
    {
        await using var fixture = await AccessFixture.StartAsync();

        var refusal = fixture.Tokens.IssueDataplane(new DataplaneBinding("a", "nope", DataplaneBinding.NoTags)).Refusal!;

        Assert.Equal(RefusalReason.NotFound, refusal.Reason);
        Assert.Equal("Signing Key not found", refusal.Title);
        Assert.Equal("there is no signing key with KID 1. Secret of name \"dataplane-token-signing-key-nope-1\" in mesh \"nope\" is not found. If signing key was rotated, regenerate the token", refusal.Detail);
    }

    [Fact]
    public async Task ValidateUser_GoodToken_IsTheActor()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.User);
        var token = fixture.Tokens.IssueUser("john", ["team-a"], TimeSpan.FromHours(1)).Value;

        var actor = (fixture.Tokens.ValidateUser(token.Text)).Value;

        Assert.Equal("john/team-a,mesh-system:authenticated", actor.ToString());
        Assert.False(actor.IsAdmin);
    }

    [Fact]
    public async Task ZoneToken_NothingSaid_LivesAYear()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.Zone);

        Assert.Equal(AccessFixture.Start.AddDays(365), fixture.Tokens.IssueZone("lab", ["cp"]).Value.Expires);
    }

    [Fact]
    public async Task ValidateZone_Expired_SaysWhen()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.Zone);
        var token = fixture.Tokens.IssueZone("lab", ["cp"], TimeSpan.FromHours(1)).Value;

        fixture.Time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(1));
        Assert.True((fixture.Tokens.ValidateZone(token.Text, "lab", "cp")).Ok);
        fixture.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("The token expired on 2026-11-25 21:00:00 UTC; issue a new one.", (fixture.Tokens.ValidateZone(token.Text, "lab", "cp")).Refusal!.Detail);
    }

    [Fact]
    public async Task ValidateZone_ClockBehind_SaysSo()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.Zone);
        fixture.Time.Advance(TimeSpan.FromHours(1));
        var token = fixture.Tokens.IssueZone("lab", ["cp"]).Value;
        fixture.Time.AdjustTime(AccessFixture.Start);

        Assert.Contains("not good yet", (fixture.Tokens.ValidateZone(token.Text, "lab", "cp")).Refusal!.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("eks", "cp", "The token is for zone \"lab\", not for \"eks\".")]
    [InlineData("lab", "egress", "The token has the scope cp, ingress; egress is needed.")]
    public async Task ValidateZone_OtherUse_SaysWhy(string zone, string scope, string reason)
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.Zone);
        var token = fixture.Tokens.IssueZone("lab", ["cp", "ingress"]).Value;

        var refusal = (fixture.Tokens.ValidateZone(token.Text, zone, scope)).Refusal!;

        Assert.Equal(RefusalReason.Unauthenticated, refusal.Reason);
        Assert.Equal(reason, refusal.Detail);
    }

    [Fact]
    public async Task ValidateZone_BoundToNoZone_IsGoodForIngressNotForControlPlanes()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.Zone);
        var token = fixture.Tokens.IssueZone("", ["cp", "ingress"]).Value;

        Assert.True((fixture.Tokens.ValidateZone(token.Text, "lab", "ingress")).Ok);
        Assert.Contains("bound to no zone", (fixture.Tokens.ValidateZone(token.Text, "lab", "cp")).Refusal!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revoke_OneToken_EndsItAndNoOther()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.Zone);
        var first = fixture.Tokens.IssueZone("lab", ["cp"]).Value;
        var second = fixture.Tokens.IssueZone("lab", ["cp"]).Value;
        await fixture.PutSecretAsync("GlobalSecret", "", "zone-token-revocations", "11111111-1111-1111-1111-111111111111,\n"u8);

        Assert.True((await fixture.Tokens.RevokeAsync(AccessFixture.Admin, SigningKeyFamily.Zone, first.Id, AccessFixture.Cancel)).Value);
        Assert.False((await fixture.Tokens.RevokeAsync(AccessFixture.Admin, SigningKeyFamily.Zone, first.Id, AccessFixture.Cancel)).Value);

        Assert.Equal($"The token {first.Id} was revoked; issue a new one.", (fixture.Tokens.ValidateZone(first.Text, "lab", "cp")).Refusal!.Detail);
        Assert.True((fixture.Tokens.ValidateZone(second.Text, "lab", "cp")).Ok);
        var audit = await fixture.Store.AuditAsync(10, AccessFixture.Cancel);
        Assert.Contains(audit, a => a.Action == "token revoked" && a.Target == first.Id && a.Actor == "mesh-system:admin");
    }

    [Fact]
    public async Task Validate_SeenBefore_IsStillRefusedOnceRevoked()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.User);
        var token = fixture.Tokens.IssueUser("john", [], TimeSpan.FromHours(1)).Value;
        Assert.True(fixture.Tokens.ValidateUser(token.Text).Ok);

        await fixture.Tokens.RevokeAsync(AccessFixture.Admin, SigningKeyFamily.User, token.Id, AccessFixture.Cancel);

        Assert.Equal($"The token {token.Id} was revoked; issue a new one.", fixture.Tokens.ValidateUser(token.Text).Refusal!.Detail);
    }

    [Fact]
    public async Task Validate_SeenBefore_IsRefusedOnceTheKeyIsReplaced()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.User);
        var token = fixture.Tokens.IssueUser("john", [], TimeSpan.FromHours(1)).Value.Text;
        Assert.True(fixture.Tokens.ValidateUser(token).Ok);
        using var other = RSA.Create(SigningKeys.KeySize);

        await fixture.PutSecretAsync("GlobalSecret", "", "user-token-signing-key-1", Encoding.ASCII.GetBytes(other.ExportRSAPrivateKeyPem()));

        Assert.Equal("The signature of the token is wrong.", fixture.Tokens.ValidateUser(token).Refusal!.Detail);
    }

    [Fact]
    public async Task Validate_SeenBefore_AsAnotherFamilyOrChanged_IsRefused()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.User, SigningKeyFamily.Zone);
        var token = fixture.Tokens.IssueZone("lab", ["cp"]).Value.Text;
        Assert.True(fixture.Tokens.ValidateZone(token, "lab", "cp").Ok);

        Assert.Equal("The signature of the token is wrong.", fixture.Tokens.ValidateUser(token).Refusal!.Detail);
        Assert.False(fixture.Tokens.ValidateZone(token[..^6], "lab", "cp").Ok);
        Assert.True(fixture.Tokens.ValidateZone(token, "lab", "cp").Ok);
    }

    [Fact]
    public async Task VerifiedTokens_MoreThanTheLimit_ForgetsAndLivesOn()
    {
        var verified = new VerifiedTokens();
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.User);
        var entry = new VerifiedToken("1", fixture.Keys.Verifying(fixture.Store.World.Value, SigningKeyFamily.User, "1").Value, default);

        for (var i = 0; i <= VerifiedTokens.Limit; i++)
        {
            verified.Add($"token-{i}", entry);
        }

        Assert.InRange(verified.Count, 1, VerifiedTokens.Limit);
        Assert.NotNull(verified.Find($"token-{VerifiedTokens.Limit}"));
        Assert.Null(verified.Find("token-0"));
    }

    [Fact]
    public async Task Revoke_NotAnAdministrator_IsRefused()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.User);

        Assert.Equal(RefusalReason.Forbidden, (await fixture.Tokens.RevokeAsync(AccessFixture.John, SigningKeyFamily.User, "x", AccessFixture.Cancel)).Refusal!.Reason);
    }

    [Fact]
    public async Task Validate_ChangedClaims_SignatureIsWrong()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.User);
        var token = fixture.Tokens.IssueUser("john", [], TimeSpan.FromHours(1)).Value.Text;
        var forged = TokenText.With(token, 1, """{"Name":"mesh-system:admin","Groups":["mesh-system:admin"],"exp":99999999999}""");

        Assert.Equal("The signature of the token is wrong.", (fixture.Tokens.ValidateUser(forged)).Refusal!.Detail);
    }

    [Theory]
    [InlineData("""{"alg":"none","kid":"1","typ":"JWT"}""")]
    [InlineData("""{"alg":"HS256","kid":"1","typ":"JWT"}""")]
    [InlineData("""{"alg":"RS256","kid":"../1","typ":"JWT"}""")]
    [InlineData("""{"alg":"RS256","typ":"JWT"}""")]
    [InlineData("""{"alg":"RS256","kid":"99","typ":"JWT"}""")]
    public async Task Validate_OtherHeader_IsRefused(string header)
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.User);
        var token = fixture.Tokens.IssueUser("john", [], TimeSpan.FromHours(1)).Value.Text;

        Assert.False((fixture.Tokens.ValidateUser(TokenText.With(token, 0, header))).Ok);
    }

    [Fact]
    public async Task Validate_SymmetricKeyMadeOfThePublicKey_IsRefused()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.User);
        using var rsa = RSA.Create();
        rsa.ImportFromPem(SecretData.ReadText(fixture.Store.World.Value.Find("GlobalSecret", "user-token-signing-key-1")!));
        var head = Microsoft.IdentityModel.Tokens.Base64UrlEncoder.Encode("""{"alg":"HS256","kid":"1","typ":"JWT"}""") + "."
            + Microsoft.IdentityModel.Tokens.Base64UrlEncoder.Encode("""{"Name":"mesh-system:admin","Groups":["mesh-system:admin"],"exp":99999999999}""");
        var mac = HMACSHA256.HashData(Encoding.ASCII.GetBytes(rsa.ExportRSAPublicKeyPem()), Encoding.ASCII.GetBytes(head));

        var result = fixture.Tokens.ValidateUser(head + "." + Microsoft.IdentityModel.Tokens.Base64UrlEncoder.Encode(mac));

        Assert.Equal("The token is not signed with RS256.", result.Refusal!.Detail);
    }

    [Fact]
    public async Task Validate_TokenOfAnotherFamily_IsRefused()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.User, SigningKeyFamily.Zone);
        var token = fixture.Tokens.IssueZone("lab", ["cp"]).Value.Text;

        Assert.Equal("The signature of the token is wrong.", (fixture.Tokens.ValidateUser(token)).Refusal!.Detail);
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("a.b.c")]
    [InlineData("....")]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.e30.")]
    [InlineData("\u0000.\u0001.\u0002")]
    public async Task Validate_NoToken_IsRefusedWithoutRepeatingIt(string text)
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.User);

        var refusal = (fixture.Tokens.ValidateUser(text)).Refusal!;

        Assert.Equal(RefusalReason.Unauthenticated, refusal.Reason);
        Assert.True(text.Length == 0 || !refusal.Detail.Contains(text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Validate_VeryLongText_IsRefused()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.User);

        Assert.False((fixture.Tokens.ValidateUser(new string('a', Tokens.MaxLength + 1))).Ok);
    }

    [Fact]
    public async Task Issue_MoreThanATokenHolds_IsRefused()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.User);

        Assert.Equal("Could not issue a token", fixture.Tokens.IssueUser("john", Enumerable.Range(0, 2000).Select(i => $"group-{i}"), TimeSpan.FromHours(1)).Refusal!.Title);
    }

    [Fact]
    public async Task Issue_ForLongerThanTimeHas_EndsWithTime()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.User);
        var token = fixture.Tokens.IssueUser("john", [], TimeSpan.MaxValue).Value;

        Assert.Equal(9999, token.Expires.Year);
        Assert.True(fixture.Tokens.ValidateUser(token.Text).Ok);
    }

    [Fact]
    public async Task ValidateDataplane_OtherMesh_IsRefused()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.Dataplane("default"));
        var key = fixture.Store.World.Value.Find("Secret", "default", "dataplane-token-signing-key-default-1")!;
        await fixture.PutSecretAsync("Secret", "other", "dataplane-token-signing-key-other-1", SecretData.Read(key)!);
        var token = fixture.Tokens.IssueDataplane(new DataplaneBinding("a", "default", ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty)).Value.Text;

        Assert.Equal("The token is for mesh \"default\", not for \"other\".", (fixture.Tokens.ValidateDataplane(token, "other")).Refusal!.Detail);
    }

    [Fact]
    public async Task AdminToken_WrittenAndGood_IsKept()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.User);
        var path = Path.Combine(fixture.Folder, "admin.token");
        var admin = new AdminToken(fixture.Tokens, fixture.Store);

        Assert.True((await admin.WriteAsync(path, AccessFixture.Cancel)).Ok);
        var text = await File.ReadAllTextAsync(path, AccessFixture.Cancel);
        Assert.True((await admin.WriteAsync(path, AccessFixture.Cancel)).Ok);

        Assert.Equal(text, await File.ReadAllTextAsync(path, AccessFixture.Cancel));
        Assert.True((fixture.Tokens.ValidateUser(text)).Value.IsAdmin);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(path) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Fact]
    public async Task AdminToken_OfAnotherStore_IsReplaced()
    {
        await using var fixture = await AccessFixture.StartAsync(null, SigningKeyFamily.User);
        var path = Path.Combine(fixture.Folder, "admin.token");
        await File.WriteAllTextAsync(path, "old", AccessFixture.Cancel);

        await new AdminToken(fixture.Tokens, fixture.Store).WriteAsync(path, AccessFixture.Cancel);

        Assert.True((fixture.Tokens.ValidateUser(await File.ReadAllTextAsync(path, AccessFixture.Cancel))).Ok);
    }
}
