using System.Globalization;
using System.Text.Json;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Planning;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MeshConsole.ControlPlane.Api;

/// <summary>The resources over REST: Kuma's paths, shapes and statuses, the same for every kind.</summary>
internal sealed class ResourcesApi(KindRegistry kinds, ResourceManager resources, ResourceStore store, ChangeStreams streams)
{
    private const string NotFoundText = "404: Page Not Found";

    /// <summary>Adds the routes. Literal routes of other areas win over these templates.</summary>
    public static void Map(IEndpointRouteBuilder routes, ResourcesApi api)
    {
        routes.MapGet("/{path}", c => api.ListAsync(c, Route(c, "path"), null));
        routes.MapGet("/{path}/_overview", c => api.ListAsync(c, Route(c, "path"), null, overview: true));
        routes.MapGet("/{path}/{name}", c => api.GetAsync(c, Route(c, "path"), "", Route(c, "name")));
        routes.MapGet("/{path}/{name}/_overview", c => api.GetAsync(c, Route(c, "path"), "", Route(c, "name"), overview: true));
        routes.MapGet("/meshes/{mesh}/{path}", c => api.ListAsync(c, Route(c, "path"), Route(c, "mesh")));
        routes.MapGet("/meshes/{mesh}/{path}/_overview", c => api.ListAsync(c, Route(c, "path"), Route(c, "mesh"), overview: true));
        routes.MapGet("/meshes/{mesh}/{path}/{name}", c => api.GetAsync(c, Route(c, "path"), Route(c, "mesh"), Route(c, "name")));
        routes.MapGet("/meshes/{mesh}/{path}/{name}/_overview", c => api.GetAsync(c, Route(c, "path"), Route(c, "mesh"), Route(c, "name"), overview: true));
        routes.MapPut("/{path}/{name}", c => api.PutAsync(c, Route(c, "path"), "", Route(c, "name")));
        routes.MapPut("/meshes/{mesh}/{path}/{name}", c => api.PutAsync(c, Route(c, "path"), Route(c, "mesh"), Route(c, "name")));
        routes.MapDelete("/{path}/{name}", c => api.DeleteAsync(c, Route(c, "path"), "", Route(c, "name")));
        routes.MapDelete("/meshes/{mesh}/{path}/{name}", c => api.DeleteAsync(c, Route(c, "path"), Route(c, "mesh"), Route(c, "name")));
        foreach (var list in (string[])["/{path}", "/meshes/{mesh}/{path}"])
        {
            routes.Map(list, c => api.RefuseMethodAsync(c, "GET, HEAD"));
            routes.Map(list + "/{name}", c => api.RefuseMethodAsync(c, "GET, HEAD, PUT, DELETE"));
        }

        routes.MapGet("/{path}/{name}/revisions", c => api.RevisionsAsync(c, Route(c, "path"), "", Route(c, "name")));
        routes.MapGet("/meshes/{mesh}/{path}/{name}/revisions", c => api.RevisionsAsync(c, Route(c, "path"), Route(c, "mesh"), Route(c, "name")));
        routes.MapPost("/{path}/{name}/revisions/{revision:long}/revert", c => api.RevertAsync(c, Route(c, "path"), "", Route(c, "name")));
        routes.MapPost("/meshes/{mesh}/{path}/{name}/revisions/{revision:long}/revert", c => api.RevertAsync(c, Route(c, "path"), Route(c, "mesh"), Route(c, "name")));
    }

    private static string Route(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;

    /// <summary>Answers a method that resources do not know: Kuma's words, and the methods that there are.</summary>
    private Task RefuseMethodAsync(HttpContext context, string allowed)
    {
        if (kinds.FindByPath(Route(context, "path")) is null)
        {
            return JsonAnswer.PlainAsync(context, StatusCodes.Status404NotFound, NotFoundText);
        }

        context.Response.Headers.Allow = allowed;
        return JsonAnswer.PlainAsync(context, StatusCodes.Status405MethodNotAllowed, "405: Method Not Allowed");
    }

    private async Task ListAsync(HttpContext context, string path, string? mesh, bool overview = false)
    {
        if (overview && kinds.FindByPath(path) is { } plain && !Overview.Has(plain))
        {
            await GetAsync(context, path, mesh ?? "", "_overview").ConfigureAwait(false); // no list of its own: to Kuma it is a name
            return;
        }

        if (Find(ref path, mesh, isList: true, ref overview) is not { } kind)
        {
            await JsonAnswer.PlainAsync(context, StatusCodes.Status404NotFound, NotFoundText).ConfigureAwait(false);
            return;
        }

        if (AccessRules.Read(context.Actor(), kind) is { } refusal)
        {
            await ErrorBody.WriteAsync(context, refusal).ConfigureAwait(false);
            return;
        }

        var world = store.World.Value;
        if (mesh is not null && !world.HasMesh(mesh))
        {
            await ErrorBody.WriteAsync(context, Refusal.NotFound("Failed to retrieve Mesh")).ConfigureAwait(false);
            return;
        }

        var template = (mesh is null ? "/" : "/meshes/{mesh}/") + path + (overview ? "/_overview" : "");
        var query = ListQuery.Read(context.Request, template, hasTags: kind.Name is "Dataplane" or "ExternalService");
        if (!query.Ok)
        {
            await ErrorBody.WriteAsync(context, query.Refusal).ConfigureAwait(false);
            return;
        }

        var watch = QueryFlag.Read(context.Request, "watch", "Could not retrieve resources");
        if (!watch.Ok)
        {
            await ErrorBody.WriteAsync(context, watch.Refusal).ConfigureAwait(false);
            return;
        }

        if (watch.Value)
        {
            await streams.ServeAsync(context, kind, mesh, query.Value, overview).ConfigureAwait(false);
            return;
        }

        var (page, total) = query.Value.Apply(world.Table(kind.Name), mesh);
        var next = query.Value.Next(context.Request, total);
        await JsonAnswer.WriteAsync(
            context,
            writer => ListWriter.Write(writer, total, page, next, (w, resource) =>
            {
                if (overview)
                {
                    Overview.Write(w, resource, world);
                }
                else
                {
                    ResourceJson.Write(w, resource);
                }
            }),
            compact: page.Count > 20).ConfigureAwait(false);
    }

    private async Task GetAsync(HttpContext context, string path, string mesh, string name, bool overview = false)
    {
        if (Find(ref path, mesh.Length == 0 ? null : mesh, isList: false, ref overview) is not { } kind)
        {
            await JsonAnswer.PlainAsync(context, StatusCodes.Status404NotFound, NotFoundText).ConfigureAwait(false);
            return;
        }

        if (AccessRules.Read(context.Actor(), kind) is { } refusal)
        {
            await ErrorBody.WriteAsync(context, refusal).ConfigureAwait(false);
            return;
        }

        var world = store.World.Value;
        if (mesh.Length > 0 && !world.HasMesh(mesh))
        {
            await ErrorBody.WriteAsync(context, Refusal.NotFound("Failed to retrieve Mesh")).ConfigureAwait(false);
            return;
        }

        if (world.Find(kind.Name, mesh, name) is not { } resource)
        {
            await ErrorBody.WriteAsync(context, Refusal.NotFound()).ConfigureAwait(false);
            return;
        }

        await WriteOneAsync(context, resource, overview ? w => Overview.Write(w, resource, world) : null).ConfigureAwait(false);
    }

    /// <summary>Answers with one resource in the format that the query asks for.</summary>
    internal static async Task WriteOneAsync(HttpContext context, Resource resource, Action<Utf8JsonWriter>? write = null)
    {
        var format = context.Request.Query["format"].FirstOrDefault();
        switch (format)
        {
            case null or "" or "universal":
                context.Response.Headers.ETag = $"\"{resource.Revision}\"";
                await JsonAnswer.WriteAsync(context, write ?? (w => ResourceJson.Write(w, resource, indent: true))).ConfigureAwait(false);
                break;
            case "kubernetes" or "k8s" or "kubernetes/read":
                var ns = context.Request.Query["namespace"].FirstOrDefault() is { Length: > 0 } given ? given : "kuma-system";
                await JsonAnswer.WriteAsync(context, w => KubernetesForm.Write(w, resource, ns)).ConfigureAwait(false);
                break;
            default:
                await ErrorBody.WriteAsync(context, Refusal.Invalid("", "\"format\" must be one of [\"k8s\", \"kubernetes\", \"universal\"]", "Could not retrieve a resource")).ConfigureAwait(false); // Kuma names no field here
                break;
        }
    }

    private async Task PutAsync(HttpContext context, string path, string mesh, string name)
    {
        if (FindExact(path, mesh) is not { } kind)
        {
            await JsonAnswer.PlainAsync(context, StatusCodes.Status404NotFound, NotFoundText).ConfigureAwait(false);
            return;
        }

        if (!JsonAnswer.IsJson(context.Request))
        {
            await JsonAnswer.PlainAsync(context, StatusCodes.Status415UnsupportedMediaType, "415: Unsupported Media Type").ConfigureAwait(false);
            return;
        }

        var options = Options(context);
        if (!options.Ok)
        {
            await ErrorBody.WriteAsync(context, options.Refusal).ConfigureAwait(false);
            return;
        }

        var body = await JsonAnswer.ReadBodyAsync(context).ConfigureAwait(false);
        if (!body.Ok)
        {
            await ErrorBody.WriteAsync(context, body.Refusal).ConfigureAwait(false);
            return;
        }

        var outcome = await resources.PutAsync(kind, mesh, name, body.Value, options.Value, context.RequestAborted).ConfigureAwait(false);
        await WriteOutcomeAsync(context, outcome, options.Value.DryRun).ConfigureAwait(false);
    }

    private async Task DeleteAsync(HttpContext context, string path, string mesh, string name)
    {
        if (FindExact(path, mesh) is not { } kind)
        {
            await JsonAnswer.PlainAsync(context, StatusCodes.Status404NotFound, NotFoundText).ConfigureAwait(false);
            return;
        }

        var options = Options(context);
        if (!options.Ok)
        {
            await ErrorBody.WriteAsync(context, options.Refusal).ConfigureAwait(false);
            return;
        }

        var outcome = await resources.DeleteAsync(new ResourceKey(kind.Name, mesh, name), kind, options.Value, context.RequestAborted).ConfigureAwait(false);
        await WriteOutcomeAsync(context, outcome, options.Value.DryRun, deleted: true).ConfigureAwait(false);
    }

    private async Task WriteOutcomeAsync(HttpContext context, Result<WriteOutcome> result, bool dryRun, bool deleted = false)
    {
        if (!result.Ok)
        {
            await ErrorBody.WriteAsync(context, result.Refusal).ConfigureAwait(false);
            return;
        }

        var outcome = result.Value;
        if (!dryRun && outcome.After is { } after)
        {
            context.Response.Headers.ETag = $"\"{after.Revision}\"";
        }

        // What Kuma does not warn of is told by the dry run, which is ours.
        List<string> warnings = [.. outcome.Warnings, .. dryRun && outcome.After is { } draft ? RouteWarnings.Of(draft, store.World.Value) : []];
        var status = outcome.Created && !dryRun && !deleted ? StatusCodes.Status201Created : StatusCodes.Status200OK;
        await JsonAnswer.WriteAsync(
            context,
            writer =>
            {
                writer.WriteStartObject();
                if (dryRun)
                {
                    DryRun.Write(writer, outcome, store.World.Value);
                }

                if (warnings.Count > 0)
                {
                    writer.WriteStartArray("warnings");
                    foreach (var warning in warnings)
                    {
                        writer.WriteStringValue(warning);
                    }

                    writer.WriteEndArray();
                }

                writer.WriteEndObject();
            },
            status).ConfigureAwait(false);
    }

    private async Task RevisionsAsync(HttpContext context, string path, string mesh, string name)
    {
        if (FindExact(path, mesh) is not { } kind)
        {
            await JsonAnswer.PlainAsync(context, StatusCodes.Status404NotFound, NotFoundText).ConfigureAwait(false);
            return;
        }

        if (AccessRules.Read(context.Actor(), kind) is { } refusal)
        {
            await ErrorBody.WriteAsync(context, refusal).ConfigureAwait(false);
            return;
        }

        var rows = await store.HistoryAsync(new ResourceKey(kind.Name, mesh, name), 100, context.RequestAborted).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("total", rows.Count);
            writer.WriteStartArray("items");
            foreach (var row in rows)
            {
                writer.WriteStartObject();
                writer.WriteNumber("revision", row.Revision);
                writer.WriteString("operation", row.Operation);
                writer.WriteString("time", ResourceJson.Time(new DateTimeOffset(row.Time, TimeSpan.Zero)));
                writer.WriteString("actor", row.Actor);
                writer.WriteString("specHash", row.SpecHash);
                writer.WritePropertyName("labels");
                writer.WriteRawValue(row.Labels);
                if (row.Spec is not null)
                {
                    writer.WritePropertyName("spec");
                    ResourceJson.WriteBody(writer, JsonBody.FromUtf8(row.Spec), indent: true);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private async Task RevertAsync(HttpContext context, string path, string mesh, string name)
    {
        if (FindExact(path, mesh) is not { } kind)
        {
            await JsonAnswer.PlainAsync(context, StatusCodes.Status404NotFound, NotFoundText).ConfigureAwait(false);
            return;
        }

        var options = Options(context);
        if (!options.Ok)
        {
            await ErrorBody.WriteAsync(context, options.Refusal).ConfigureAwait(false);
            return;
        }

        var revision = long.Parse(Route(context, "revision"), CultureInfo.InvariantCulture);
        var outcome = await resources.RevertAsync(new ResourceKey(kind.Name, mesh, name), kind, revision, options.Value, context.RequestAborted).ConfigureAwait(false);
        await WriteOutcomeAsync(context, outcome, options.Value.DryRun).ConfigureAwait(false);
    }

    private static Result<WriteOptions> Options(HttpContext context)
    {
        var flag = QueryFlag.Read(context.Request, "dryRun", "Could not process a resource");
        if (!flag.Ok)
        {
            return flag.Refusal;
        }

        var dryRun = flag.Value;
        var ifMatch = context.Request.Headers.IfMatch.FirstOrDefault();
        if (context.Request.Headers.IfNoneMatch.FirstOrDefault() == "*")
        {
            return new WriteOptions(context.Actor(), 0, dryRun);
        }

        if (string.IsNullOrEmpty(ifMatch) || ifMatch == "*")
        {
            return new WriteOptions(context.Actor(), null, dryRun) { MustExist = ifMatch == "*" };
        }

        // A proxy that packs answers makes an ETag weak (W/); its revision is as good.
        var tag = ifMatch.StartsWith("W/", StringComparison.Ordinal) ? ifMatch[2..] : ifMatch;
        return long.TryParse(tag.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            ? new WriteOptions(context.Actor(), revision, dryRun)
            : new Refusal(RefusalReason.Malformed, "Bad Request", "bad request: If-Match takes * or one ETag, as a GET of this resource answered it");
    }

    private ResourceKind? FindExact(string path, string mesh) =>
        kinds.FindByPath(path) is { } kind && (kind.Scope == Scope.Mesh) == (mesh.Length > 0) ? kind : null;

    /// <summary>The kind behind a path; old aliases such as <c>dataplanes+insights</c> ask for the overview.</summary>
    private ResourceKind? Find(ref string path, string? mesh, bool isList, ref bool overview)
    {
        if (path.EndsWith("+insights", StringComparison.Ordinal) && path != "zoneegresses+insights")
        {
            path = path[..^"+insights".Length];
            overview = true;
        }
        else if (path == "zoneegressoverviews")
        {
            path = "zoneegresses";
            overview = true;
        }

        if (kinds.FindByPath(path) is not { } kind || (overview && !Overview.Has(kind)))
        {
            return null;
        }

        return kind.Scope == Scope.Mesh
            ? mesh is not null || isList ? kind : null
            : mesh is null ? kind : null;
    }
}
