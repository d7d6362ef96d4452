using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Hosting;
using MeshConsole.Shared;
using MeshConsole.Web.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Web.Tests.Api;

/// <summary>What REST answered.</summary>
public sealed record RestAnswer(int Status, JsonNode? Body, string? ETag, string Text);

/// <summary>A REST client of the shared global control plane, signed in by a user token.</summary>
public sealed class RestClient : IDisposable
{
    private readonly HttpClient http = new(new HttpClientHandler { AllowAutoRedirect = false });

    public RestClient(GlobalControlPlane global, bool signedIn = true, bool isAdmin = true)
    {
        http.BaseAddress = new Uri($"http://127.0.0.1:{global.Services.GetRequiredService<ListenAddresses>().PortOf(Listener.Api)}");
        if (signedIn)
        {
            var token = global.Services.GetRequiredService<Tokens>().IssueUser(isAdmin ? "alice" : "bob", isAdmin ? [Actor.AdminGroup] : ["readers"], TimeSpan.FromHours(1)).Value;
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Text);
        }
    }

    public async Task<RestAnswer> SendAsync(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var isJson = response.Content.Headers.ContentType?.MediaType == "application/json";
        return new RestAnswer((int)response.StatusCode, isJson && text.Length > 0 ? JsonNode.Parse(text) : null, response.Headers.ETag?.Tag, text);
    }

    public Task<RestAnswer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<RestAnswer> PutAsync(string path, string body, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Put, path, body, headers);

    public void Dispose() => http.Dispose();
}
