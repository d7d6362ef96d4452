using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Shared;
using MeshConsole.Testing;

namespace MeshConsole.ControlPlane.Tests.Access;

/// <summary>What a real Kuma answered to token requests, asked of ours: same status, same form of content, same body.</summary>
public sealed class PeerTokensTests
{
    // Where Kuma lets anonymous callers read and write, ours refuses; these are the answers that are the same.
    private static readonly string[] AsAnonymous = ["anon_tok_dp", "anon_tok_user", "anon_tok_zone", "bad_bearer", "bad_bearer_whoami"];

    [Fact]
    public async Task RecordedRequests_AskedOfOurs_GetTheSameAnswers()
    {
        var folder = SharedFolder.Require("peer", "rest");
        await using var site = await AccessSite.StartAsync();
        var admin = site.Fixture.Tokens.IssueUser("mesh-system:admin", [Actor.AdminGroup], TimeSpan.FromHours(1)).Value.Text;
        var files = Directory.GetFiles(Path.Combine(folder, "global"), "v_tok_*.json")
            .Concat(AsAnonymous.Select(name => Path.Combine(folder, "global-auth", name + ".json")))
            .Where(file => !file.EndsWith("_old.json", StringComparison.Ordinal)) // a path of Kuma 1.x, which the whole REST API answers
            .ToList();

        Assert.True(files.Count >= 19);
        foreach (var file in files)
        {
            var record = JsonNode.Parse(await File.ReadAllTextAsync(file, AccessFixture.Cancel))!;
            var (status, type, text) = await AskAsync(site, record["request"]!, file.Contains("global-auth", StringComparison.Ordinal) ? null : admin);
            Compare(Path.GetFileName(file), record["response"]!, status, type, text);
        }
    }

    private static async Task<(int Status, string Type, string Text)> AskAsync(AccessSite site, JsonNode recorded, string? token)
    {
        using var request = new HttpRequestMessage(new HttpMethod(recorded["method"]!.GetValue<string>()), recorded["path"]!.GetValue<string>());
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (recorded["headers"]?["authorization"] is { } header)
        {
            request.Headers.TryAddWithoutValidation("Authorization", header.GetValue<string>());
        }

        if (recorded["body"] is { } body)
        {
            request.Content = new StringContent(body is JsonValue text ? text.GetValue<string>() : body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        using var response = await site.Client.SendAsync(request, AccessFixture.Cancel);
        return ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType ?? "", await response.Content.ReadAsStringAsync(AccessFixture.Cancel));
    }

    private static void Compare(string file, JsonNode expected, int status, string type, string text)
    {
        Assert.True(expected["status"]!.GetValue<int>() == status, $"{file}: {status} {text}");
        if (expected["json"] is { } json)
        {
            Assert.Equal("application/json", type);
            Assert.True(JsonNode.DeepEquals(json, JsonNode.Parse(text)), $"{file}: {text}");
        }
        else if (status == 200)
        {
            Assert.Equal("text/plain", type);
            var token = expected["text"]!.GetValue<string>();
            Assert.Equal(TokenText.Header(token).GetRawText(), TokenText.Header(text).GetRawText());
            Assert.Equal(Claims(token), Claims(text));
        }
        else if (expected["text"]!.GetValue<string>() is { Length: > 0 } recorded)
        {
            Assert.Equal(recorded, text);
        }
        else
        {
            Assert.Equal(status, (int)JsonNode.Parse(text)!["status"]!); // Kuma says nothing at all there, we say what is wrong
        }
    }

    /// <summary>The claims in their order; of times the distance to the time of issue, of the id nothing.</summary>
    private static string Claims(string token)
    {
        var payload = TokenText.Payload(token);
        var issued = payload.GetProperty("iat").GetInt64();
        return string.Join('\n', payload.EnumerateObject().Select(claim => claim.Name switch
        {
            "jti" => "jti",
            "exp" or "nbf" or "iat" => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{claim.Name} {claim.Value.GetInt64() - issued}"),
            _ => $"{claim.Name} {JsonSerializer.Serialize(claim.Value)}",
        }));
    }
}
