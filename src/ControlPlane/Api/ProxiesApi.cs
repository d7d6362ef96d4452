using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MeshConsole.ControlPlane.Api;

/// <summary>
/// What a proxy runs with: <c>xds</c>, <c>stats</c>, <c>clusters</c>. Global asks the proxy's zone over the zone's own
/// connection, within a time limit; a zone asks its proxy.
/// </summary>
/// <param name="kinds">All kinds.</param>
/// <param name="store">The state.</param>
/// <param name="requests">At global: asks zones.</param>
/// <param name="answers">At a zone: asks proxies.</param>
internal sealed class ProxiesApi(KindRegistry kinds, ResourceStore store, ProxyRequests? requests, ProxyAnswers? answers)
{
    /// <summary>Adds the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, ProxiesApi api)
    {
        foreach (var question in (string[])["xds", "stats", "clusters"])
        {
            routes.MapGet($"/meshes/{{mesh}}/dataplanes/{{name}}/{question}", c => api.AskAsync(c, "Dataplane", "dataplane", question));
            foreach (var (path, kind, word) in new[]
            {
                ("zoneingresses", "ZoneIngress", "zone ingress"), ("zone-ingresses", "ZoneIngress", "zone ingress"), ("zoneegresses", "ZoneEgress", "zone egress"),
            })
            {
                routes.MapGet($"/{path}/{{name}}/{question}", c => api.AskAsync(c, kind, word, question));
            }
        }
    }

    private async Task AskAsync(HttpContext context, string kindName, string word, string question)
    {
        if (AccessRules.ViewProxy(context.Actor()) is { } denied)
        {
            await ErrorBody.WriteAsync(context, denied).ConfigureAwait(false);
            return;
        }

        var mesh = context.Request.RouteValues["mesh"] as string ?? "";
        if (store.World.Value.Find(kinds[kindName].Name, mesh, (string)context.Request.RouteValues["name"]!) is not { } proxy)
        {
            await ErrorBody.WriteAsync(context, Refusal.NotFound($"Could not get {word} resource")).ConfigureAwait(false);
            return;
        }

        var query = context.Request.Query;
        var json = question == "xds" || query["format"] == "json";
        var mayForward = !context.Request.Headers.ContainsKey(PeerCalls.ForwardedHeader);
        var answer = await AskAsync(proxy, question, json, query["include_eds"] == "true", query["usedonly"] != "false", mayForward, context.RequestAborted).ConfigureAwait(false);
        if (!answer.Ok)
        {
            // Whatever stands between us and the proxy, the caller sees one status, as with Kuma.
            await ErrorBody.WriteAsync(context, StatusCodes.Status400BadRequest, answer.Refusal.Title, answer.Refusal.Detail).ConfigureAwait(false);
            return;
        }

        context.Response.ContentType = json ? "application/json" : "text/plain; charset=utf-8";
        await context.Response.Body.WriteAsync(answer.Value, context.RequestAborted).ConfigureAwait(false);
    }

    private Task<Result<byte[]>> AskAsync(Resource proxy, string question, bool json, bool endpoints, bool usedOnly, bool mayForward, CancellationToken cancellationToken) => (requests, question) switch
    {
        ({ } zones, "xds") => zones.ConfigAsync(proxy, endpoints, cancellationToken, mayForward),
        ({ } zones, "stats") => zones.StatsAsync(proxy, json, usedOnly, cancellationToken, mayForward),
        ({ } zones, _) => zones.ClustersAsync(proxy, json, cancellationToken, mayForward),
        _ when answers is not null => answers(
            new ProxyQuery(question switch { "xds" => ProxyQuestion.Config, "stats" => ProxyQuestion.Stats, _ => ProxyQuestion.Clusters }, proxy.Key, endpoints, json, usedOnly),
            cancellationToken),
        _ => Task.FromResult<Result<byte[]>>(new Refusal(RefusalReason.Unavailable, "Could not execute admin operation", $"{proxy.Kind} {proxy.Name} is not connected")),
    };
}
