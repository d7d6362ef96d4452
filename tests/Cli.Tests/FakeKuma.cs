using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Cli.Tests;

/// <summary>
/// Plays a Kuma control plane as far as meshctl sees it: no ETag, no dry run (a query it does not know is passed over, so
/// that a dry run sent to it would write), pages, Kuma's error body.
/// </summary>
internal sealed class FakeKuma : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<string> requests = new();

    private FakeKuma(WebApplication app) => this.app = app;

    /// <summary>Address of its API.</summary>
    public string Address => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    /// <summary>What it holds, by path.</summary>
    public ConcurrentDictionary<string, JsonObject> Stored { get; } = new(StringComparer.Ordinal);

    /// <summary>Answers by path and query, in place of what is stored.</summary>
    public Dictionary<string, (int Status, string Body)> Answers { get; } = new(StringComparer.Ordinal);

    /// <summary>Answers requests for a stream of changes; null: like Kuma, which has none.</summary>
    public Func<HttpContext, Task>? Stream { get; set; }

    /// <summary>Writes so far, as <c>METHOD PATH</c>.</summary>
    public IEnumerable<string> Writes => requests.Where(r => !r.StartsWith("GET ", StringComparison.Ordinal));

    /// <summary>True when a request came with a token.</summary>
    public bool SawToken { get; private set; }

    /// <summary>Starts one.</summary>
    public static async Task<FakeKuma> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var kuma = new FakeKuma(builder.Build());
        kuma.app.Run(kuma.AnswerAsync);
        await kuma.app.StartAsync();
        return kuma;
    }

    /// <summary>A terminal whose meshctl speaks to it.</summary>
    public TestTerminal Terminal()
    {
        var terminal = new TestTerminal();
        terminal.Environment["MESHCTL_ADDRESS"] = Address;
        return terminal;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        SawToken |= context.Request.Headers.Authorization.Count > 0;
        requests.Enqueue($"{context.Request.Method} {path}{context.Request.QueryString}");
        if (Stream is { } stream && context.Request.Query["watch"] == "true")
        {
            context.Response.ContentType = "text/event-stream";
            await stream(context);
            return;
        }

        if (Answers.TryGetValue(path + context.Request.QueryString, out var fixedAnswer) || Answers.TryGetValue(path, out fixedAnswer))
        {
            await WriteAsync(context, fixedAnswer.Status, fixedAnswer.Body);
            return;
        }

        switch (context.Request.Method, path)
        {
            case ("GET", "/"):
                await WriteAsync(context, 200, """{"hostname": "h", "product": "Kuma", "version": "2.14.3", "instanceId": "i", "clusterId": "c", "gui": "/gui"}""");
                break;
            case ("GET", "/_resources"):
                await WriteAsync(context, 200, """
                    {"resources": [
                      {"includeInFederation": true, "name": "Mesh", "path": "meshes", "scope": "Global", "shortName": "m", "singularDisplayName": "Mesh", "pluralDisplayName": "Meshes", "readOnly": false},
                      {"includeInFederation": true, "name": "MeshTimeout", "path": "meshtimeouts", "scope": "Mesh", "shortName": "mt", "singularDisplayName": "Mesh Timeout", "pluralDisplayName": "Mesh Timeouts", "readOnly": false, "policy": {"isTargetRef": true}},
                      {"includeInFederation": true, "name": "GlobalSecret", "path": "globalsecrets", "scope": "Global", "shortName": "", "singularDisplayName": "Global Secret", "pluralDisplayName": "Global Secrets", "readOnly": false},
                      {"includeInFederation": true, "name": "Secret", "path": "secrets", "scope": "Mesh", "shortName": "", "singularDisplayName": "Secret", "pluralDisplayName": "Secrets", "readOnly": false}
                    ]}
                    """);
                break;
            case ("PUT", _):
                var body = (JsonObject)(await JsonNode.ParseAsync(context.Request.Body))!;
                body["modificationTime"] = "2026-01-01T00:00:00Z";
                var isNew = !Stored.ContainsKey(path);
                Stored[path] = body;
                await WriteAsync(context, isNew ? 201 : 200, "{}");
                break;
            case ("DELETE", _) when Stored.TryRemove(path, out _):
                await WriteAsync(context, 200, "{}");
                break;
            case ("GET", _) when Stored.TryGetValue(path, out var found):
                await WriteAsync(context, 200, found.ToJsonString());
                break;
            case ("GET", "/meshes" or "/meshtimeouts" or "/globalsecrets" or "/secrets" or "/meshes/default/meshtimeouts"):
                await WriteAsync(context, 200, Page(context, path));
                break;
            default:
                await WriteAsync(context, 404, """{"type": "/std-errors", "status": 404, "title": "Could not retrieve a resource", "detail": "Not found", "details": "Not found"}""");
                break;
        }
    }

    private string Page(HttpContext context, string path)
    {
        var last = path[(path.LastIndexOf('/') + 1)..];
        var all = Stored.Where(s => s.Key.Split('/')[^2] == last).OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => s.Value).ToList();
        var size = int.Parse(context.Request.Query["size"].FirstOrDefault() ?? "100", System.Globalization.CultureInfo.InvariantCulture);
        var offset = int.Parse(context.Request.Query["offset"].FirstOrDefault() ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        return new JsonObject
        {
            ["total"] = all.Count,
            ["items"] = new JsonArray([.. all.Skip(offset).Take(size).Select(i => i.DeepClone())]),
            ["next"] = offset + size < all.Count ? $"{Address}{path}?offset={offset + size}&size={size}" : null,
        }.ToJsonString();
    }

    private static Task WriteAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body);
    }
}
