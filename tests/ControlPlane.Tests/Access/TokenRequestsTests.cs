using System.Text;
using MeshConsole.ControlPlane.Access;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Tests.Access;

public sealed class TokenRequestsTests
{
    [Theory]
    [InlineData("dataplane", """{"name":"a","mesh":"default","type":"zzz","validFor":"1h"}""", "type: zzz is not a valid proxy type")]
    [InlineData("dataplane", """{"name":"a","mesh":"default","validFor":"abc"}""", "validFor: is invalid: time: invalid duration \"abc\"")]
    [InlineData("dataplane", "{}", "mesh: cannot be empty")]
    [InlineData("user", "{}", "name: cannot be empty; validFor: cannot be empty")]
    [InlineData("user", """{"name":"john","validFor":"-1h"}""", "validFor: must be greater than 0")]
    [InlineData("zone", "{}", "scope: cannot be empty")]
    [InlineData("zone", """{"scope":["cp"]}""", "zone: cannot be empty")]
    public async Task Request_BreaksARule_NamesTheFieldAsKuma(string path, string body, string expected)
    {
        await using var fixture = await StartAsync();

        var refusal = (await PostAsync(fixture, path, AccessFixture.Admin, body)).Refusal!;

        Assert.Equal(RefusalReason.Invalid, refusal.Reason);
        Assert.Equal("Invalid request", refusal.Title);
        Assert.Equal("Resource is not valid", refusal.Detail);
        Assert.Equal(expected, string.Join("; ", refusal.Violations.Select(v => $"{v.Field}: {v.Message}")));
    }

    [Theory]
    [InlineData("../../../etc/passwd")]
    [InlineData("Zone")]
    [InlineData("-zone")]
    [InlineData("a.b")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public async Task Zone_BadNameForAControlPlane_IsRefused(string zone)
    {
        await using var fixture = await StartAsync();

        var refusal = (await PostAsync(fixture, "zone", AccessFixture.Admin, $$"""{"zone":"{{zone}}","scope":["cp"]}""")).Refusal!;

        Assert.Equal("zone", Assert.Single(refusal.Violations).Field);
    }

    [Theory]
    [InlineData("dataplane", """{"mesh":"default","workload":"w1","validFor":"1h"}""")]
    [InlineData("dataplane", """{"name":"backend-1","mesh":"default"}""")]
    [InlineData("user", """{"name":"john","groups":["team-a"],"validFor":"1h"}""")]
    [InlineData("zone", """{"zone":"zone-1","scope":["bogus"],"validFor":"1h"}""")]
    [InlineData("zone", """{"zone":"zone-1","scope":["cp"],"validFor":"1h"}""")]
    public async Task Request_Good_IsIssuedAndAuditedWithoutTheToken(string path, string body)
    {
        await using var fixture = await StartAsync();

        var token = (await PostAsync(fixture, path, AccessFixture.Admin, body)).Value;

        var entry = Assert.Single(await fixture.Store.AuditAsync(10, AccessFixture.Cancel), a => a.Action == "token issued");
        Assert.Equal("mesh-system:admin", entry.Actor);
        Assert.Contains(token.Id, entry.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(token.Text, entry.Detail + entry.Target, StringComparison.Ordinal);
        Assert.DoesNotContain(token.Text.Split('.')[2], entry.Detail + entry.Target, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dataplane", """{"name":"a","mesh":"default","validFor":"1h"}""", "user \"mesh-system:anonymous/mesh-system:unauthenticated\" cannot access generate dataplane token")]
    [InlineData("user", """{"name":"a","validFor":"1h"}""", "action not allowed")]
    [InlineData("zone", """{"zone":"z","scope":["cp"],"validFor":"1h"}""", "user \"mesh-system:anonymous/mesh-system:unauthenticated\" cannot access generate zone token for zone 'z'")]
    public async Task Request_Anonymous_IsDeniedInKumasWords(string path, string body, string expected)
    {
        await using var fixture = await StartAsync();

        var refusal = (await PostAsync(fixture, path, Actor.Anonymous, body)).Refusal!;

        Assert.Equal(RefusalReason.Forbidden, refusal.Reason);
        Assert.Equal("Access Denied", refusal.Title);
        Assert.Equal(expected, refusal.Detail);
    }

    [Theory]
    [InlineData("dataplane")]
    [InlineData("user")]
    [InlineData("zone")]
    public async Task Request_SignedInButNoAdministrator_IsDenied(string path)
    {
        await using var fixture = await StartAsync();

        Assert.Equal(RefusalReason.Forbidden, (await PostAsync(fixture, path, AccessFixture.John, """{"name":"a","zone":"z","mesh":"default","scope":["cp"],"validFor":"1h"}""")).Refusal!.Reason);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"name":1}""")]
    [InlineData("""{"mesh":"default","tags":{"a":"b"}}""")]
    public async Task Request_NoSuchJson_IsMalformed(string body)
    {
        await using var fixture = await StartAsync();

        Assert.Equal(RefusalReason.Malformed, (await PostAsync(fixture, "dataplane", AccessFixture.Admin, body)).Refusal!.Reason);
    }

    [Theory]
    [InlineData("user", "User", """{"name":"john","validFor":"1h"}""")]
    [InlineData("zone", "Zone", """{"zone":"lab","scope":["cp"],"validFor":"1h"}""")]
    [InlineData("dataplane", "Dataplane", """{"mesh":"default","validFor":"1h"}""")]
    public async Task Request_WhereTokensAreSignedElsewhere_IsRefusedAndNamesTheSetting(string path, string family, string body)
    {
        await using var fixture = await StartAsync();
        fixture.TokenOptions.All.Single(f => f.Name == family).Family.EnableIssuer = false;

        var refusal = (await PostAsync(fixture, path, AccessFixture.Admin, body)).Refusal!;

        Assert.Equal("Could not issue a token", refusal.Title);
        Assert.StartsWith("issuing tokens using the control plane is disabled.", refusal.Detail, StringComparison.Ordinal);
        Assert.Contains($"Tokens:{family}:EnableIssuer", refusal.Detail, StringComparison.Ordinal);
        Assert.Equal(RefusalReason.Forbidden, (await PostAsync(fixture, path, AccessFixture.John, body)).Refusal!.Reason);
    }

    private static Task<AccessFixture> StartAsync() =>
        AccessFixture.StartAsync(null, SigningKeyFamily.User, SigningKeyFamily.Zone, SigningKeyFamily.Dataplane("default"));

    private static Task<Result<IssuedToken>> PostAsync(AccessFixture fixture, string path, Actor actor, string body)
    {
        var requests = new TokenRequests(fixture.Tokens, fixture.Store, fixture.TokenOptions);
        var bytes = Encoding.UTF8.GetBytes(body);
        return path switch
        {
            "user" => requests.UserAsync(actor, bytes, AccessFixture.Cancel),
            "zone" => requests.ZoneAsync(actor, bytes, AccessFixture.Cancel),
            _ => requests.DataplaneAsync(actor, bytes, AccessFixture.Cancel),
        };
    }
}
