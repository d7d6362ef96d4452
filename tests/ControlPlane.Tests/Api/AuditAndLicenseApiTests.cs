using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using MeshConsole.ControlPlane.Tests.Access;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Tests.Api;

public sealed class AuditAndLicenseApiTests
{
    [Fact]
    public async Task Audit_Administrator_SeesWhoDidWhatNewestFirst()
    {
        await using var site = await AccessSite.StartAsync();
        await site.SignInAsync();

        var items = JsonElement.Parse(await site.Client.GetByteArrayAsync("/audit?size=1", AccessFixture.Cancel)).GetProperty("items");

        var entry = Assert.Single(items.EnumerateArray());
        Assert.Equal("ada", entry.GetProperty("actor").GetString());
        Assert.Equal("signed in", entry.GetProperty("action").GetString());
        Assert.Equal("2026-11-25T20:00:00.000000Z", entry.GetProperty("time").GetString());
    }

    [Theory]
    [InlineData("/audit?size=0")]
    [InlineData("/audit?size=1001")]
    [InlineData("/audit?size=x")]
    public async Task Audit_BadSize_NamesTheField(string path)
    {
        await using var site = await AccessSite.StartAsync();
        await site.SignInAsync();

        using var response = await site.Client.GetAsync(new Uri(path, UriKind.Relative), AccessFixture.Cancel);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("\"size\"", await response.Content.ReadAsStringAsync(AccessFixture.Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SignedInButNoAdministrator_SeesTheLicenseAndNotTheAuditTrail()
    {
        await using var site = await AccessSite.StartAsync();
        var token = site.Fixture.Tokens.IssueUser("john", [], TimeSpan.FromHours(1)).Value.Text;
        site.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);

        Assert.Equal(HttpStatusCode.Forbidden, await site.GetAsync("/audit"));
        var license = JsonElement.Parse(await site.Client.GetByteArrayAsync("/license", AccessFixture.Cancel));

        Assert.Equal("valid", license.GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.Null, license.GetProperty("expires").ValueKind);
        Assert.Equal(25, license.GetProperty("limits").GetProperty("zones").GetInt32());
        Assert.Equal(5000, license.GetProperty("limits").GetProperty("dataplanes").GetInt32());
        Assert.Equal(0, license.GetProperty("usage").GetProperty("zones").GetInt32());
    }

    [Fact]
    public async Task License_MoreZonesThanItCovers_SaysOverLimit()
    {
        await using var site = await AccessSite.StartAsync();
        await site.SignInAsync();
        await site.Fixture.Store.CommitAsync(
            Actor.System,
            transaction =>
            {
                for (var i = 0; i < 26; i++)
                {
                    transaction.Put(new Resource { Kind = site.Fixture.Kinds["Zone"], Name = $"zone-{i}" }, history: false);
                }

                return true;
            },
            AccessFixture.Cancel);

        var license = JsonElement.Parse(await site.Client.GetByteArrayAsync("/license", AccessFixture.Cancel));

        Assert.Equal("over limit", license.GetProperty("status").GetString());
        Assert.False(license.GetProperty("readOnlyConfiguration").GetBoolean());
    }
}
