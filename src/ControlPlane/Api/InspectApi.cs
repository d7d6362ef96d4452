using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Planning;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MeshConsole.ControlPlane.Api;

/// <summary>What holds for whom: rules and layout of a proxy, proxies of a policy or service, host names of a service.</summary>
internal sealed class InspectApi(KindRegistry kinds, ResourceStore store, Site site)
{
    private readonly Site site = site;
    private const string Dataplane = "Dataplane";
    private const string MeshGateway = "MeshGateway";
    private const string PolicyTitle = "Could not retrieve policy";

    /// <summary>Adds the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, InspectApi api)
    {
        const string Proxy = "/meshes/{mesh}/dataplanes/{name}";
        routes.MapGet(Proxy + "/_rules", c => api.ProxyAsync(c, needsServices: null, (w, plan, proxy) => InspectJson.Rules(w, plan, api.Policies, proxy, proxy.Resource)));
        routes.MapGet("/meshes/{mesh}/meshgateways/{name}/_rules", api.GatewayAsync);
        routes.MapGet(Proxy + "/_policies", c => api.ProxyAsync(c, "_policies", (w, plan, proxy) => InspectJson.ProxyPolicies(w, plan, api.Policies, proxy)));
        routes.MapGet(Proxy + "/_layout", c => api.ProxyAsync(c, "_layout", (w, plan, proxy) => InspectJson.Layout(w, plan, proxy.Resource)));
        if (api.site.IsGlobal)
        {
            foreach (var path in (string[])["dataplanes", "meshgateways"])
            {
                routes.MapGet($"/meshes/{{mesh}}/{path}/{{name}}/_config", ConfigAsync); // what a proxy gets is made by its zone
            }
        }

        routes.MapGet(Proxy + "/_inbounds/{inbound}/_policies", api.InboundAsync);
        routes.MapGet(Proxy + "/_outbounds/{outbound}/_policies", api.OutboundAsync);
        routes.MapGet(Proxy + "/_outbounds/{outbound}/_routes", api.RoutesAsync);
        routes.MapGet(Proxy + "/_outbounds/{outbound}/_routes/{route}/_policies", api.RouteAsync);
        routes.MapGet("/meshes/{mesh}/{path}/{name}/_resources/dataplanes", api.AffectedAsync);
        routes.MapGet("/meshes/{mesh}/{path}/{name}/-resources/dataplanes", api.AffectedAsync); // kumactl inspect --new-api asks so
        routes.MapGet("/meshes/{mesh}/meshservices/{name}/_dataplanes", api.AffectedAsync);
        routes.MapGet("/meshes/{mesh}/{path}/{name}/_hostnames", api.HostnamesAsync);
    }

    private IEnumerable<ResourceKind> Policies => kinds.All.Where(k => k is IPolicyKind);

    private static string Route(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;

    private static Refusal BadRequest(string detail) => new(RefusalReason.Malformed, "Bad Request", $"bad request: {detail}");

    private static Task ConfigAsync(HttpContext context) =>
        ErrorBody.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "Method not allowed", "Not allowed on global CP");

    private Task InboundAsync(HttpContext context)
    {
        var inbound = ReadKri(context, "inbound");
        return ProxyAsync(
            context,
            "_policies",
            (writer, plan, proxy) => InspectJson.InboundPolicies(writer, plan, Policies, proxy, Number(proxy, inbound.Value.Section)),
            proxy => inbound.Refusal ?? (Number(proxy, inbound.Value.Section) < 0 ? Refusal.NotFound("Could not retrieve inbound") : null));

        static int Number(ProxyView proxy, string section) =>
            Enumerable.Range(0, proxy.Inbounds.Length).Where(i => proxy.Inbounds[i].Section == section).FirstOrDefault(-1);
    }

    private Task OutboundAsync(HttpContext context)
    {
        var outbound = ReadKri(context, "outbound");
        return ProxyAsync(
            context, "_policies", (w, plan, proxy) => InspectJson.OutboundPolicies(w, plan, Policies, proxy, outbound.Value), _ => outbound.Refusal);
    }

    private Task RoutesAsync(HttpContext context)
    {
        var outbound = ReadKri(context, "outbound");
        return ProxyAsync(context, "_policies", (w, plan, proxy) => InspectJson.Routes(w, plan, Policies, proxy, outbound.Value), _ => outbound.Refusal);
    }

    private Task RouteAsync(HttpContext context)
    {
        var outbound = ReadKri(context, "outbound");
        var route = ReadKri(context, "route");
        return ProxyAsync(
            context,
            "_policies",
            (w, plan, proxy) => InspectJson.OutboundPolicies(w, plan, Policies, proxy, outbound.Value, route.Value),
            _ => outbound.Refusal ?? route.Refusal);
    }

    private static Result<Kri> ReadKri(HttpContext context, string name) => Kri.TryParse(Route(context, name), out var kri)
        ? kri.Value
        : BadRequest($"invalid identifier string: \"{Route(context, name)}\"");

    /// <summary>Answers about one proxy.</summary>
    /// <param name="context">The request.</param>
    /// <param name="needsServices">Name of the endpoint when it makes sense only where services are resources, else null.</param>
    /// <param name="write">Writes the answer.</param>
    /// <param name="check">Refuses what the proxy does not have.</param>
    private Task ProxyAsync(HttpContext context, string? needsServices, Action<Utf8JsonWriter, MeshPlan, ProxyView> write, Func<ProxyView, Refusal?>? check = null)
    {
        if (AccessRules.Read(context.Actor(), kinds[Dataplane]) is { } denied)
        {
            return ErrorBody.WriteAsync(context, denied);
        }

        var world = store.World.Value;
        var mesh = Route(context, "mesh");
        if (!world.HasMesh(mesh))
        {
            return ErrorBody.WriteAsync(context, Refusal.NotFound("Failed to retrieve Mesh"));
        }

        if (world.Find(Dataplane, mesh, Route(context, "name")) is not { } dataplane)
        {
            return ErrorBody.WriteAsync(context, Refusal.NotFound($"Could not retrieve {Dataplane}"));
        }

        var plan = MeshPlan.Of(world, mesh);
        if (needsServices is not null && !plan.IsExclusive)
        {
            return ErrorBody.WriteAsync(context, BadRequest($"can't use {needsServices} endpoint without meshService enabled"));
        }

        var proxy = plan.View(dataplane);
        return check?.Invoke(proxy) is { } refusal
            ? ErrorBody.WriteAsync(context, refusal)
            : JsonAnswer.WriteAsync(context, writer => write(writer, plan, proxy));
    }

    /// <summary>The rules that a built-in gateway of a MeshGateway has: one with just the tags that the MeshGateway asks for.</summary>
    private Task GatewayAsync(HttpContext context)
    {
        if (AccessRules.Read(context.Actor(), kinds[MeshGateway]) is { } denied)
        {
            return ErrorBody.WriteAsync(context, denied);
        }

        var (world, mesh) = (store.World.Value, Route(context, "mesh"));
        if (!world.HasMesh(mesh))
        {
            return ErrorBody.WriteAsync(context, Refusal.NotFound("Failed to retrieve Mesh"));
        }

        if (world.Find(MeshGateway, mesh, Route(context, "name")) is not { } gateway)
        {
            return ErrorBody.WriteAsync(context, Refusal.NotFound($"Could not retrieve {MeshGateway}"));
        }

        if (OldPolicy.Of(gateway).Selectors is not [var selector, ..])
        {
            return ErrorBody.WriteAsync(context, new Refusal(RefusalReason.Invalid, "Invalid MeshGateway", "It has no selectors, so no proxy can be imagined for it."));
        }

        var tags = new JsonObject(selector.Tags.Select(t => KeyValuePair.Create(t.Key, (JsonNode?)t.Value)));
        var dataplane = new Resource
        {
            Kind = kinds[Dataplane],
            Mesh = mesh,
            Name = gateway.Name,
            Labels = gateway.Labels,
            Spec = JsonBody.FromNode(new JsonObject { ["networking"] = new JsonObject { ["gateway"] = new JsonObject { ["type"] = "BUILTIN", ["tags"] = tags } } }),
        };
        var plan = MeshPlan.Of(world, mesh);
        return JsonAnswer.WriteAsync(context, writer => InspectJson.Rules(writer, plan, Policies, plan.View(dataplane), gateway));
    }

    /// <summary>The proxies that a policy selects, or that stand behind a service.</summary>
    private Task AffectedAsync(HttpContext context)
    {
        var path = context.Request.RouteValues["path"] as string ?? "meshservices";
        if (kinds.FindByPath(path) is not { Scope: Scope.Mesh } kind || (kind.Policy is null && kind.Name != TargetKinds.MeshService))
        {
            return JsonAnswer.PlainAsync(context, StatusCodes.Status404NotFound, "404: Page Not Found");
        }

        if (AccessRules.Read(context.Actor(), kind) is { } denied)
        {
            return ErrorBody.WriteAsync(context, denied);
        }

        var query = ListQuery.Read(context.Request, $"/meshes/{{mesh}}/{path}/{{name}}/_resources/dataplanes", hasTags: false);
        if (!query.Ok)
        {
            return ErrorBody.WriteAsync(context, query.Refusal);
        }

        var world = store.World.Value;
        var mesh = Route(context, "mesh");
        if (world.Find(kind.Name, mesh, Route(context, "name")) is not { } resource)
        {
            return ErrorBody.WriteAsync(context, Refusal.NotFound(PolicyTitle));
        }

        var proxies = kind switch
        {
            IPolicyKind => MeshPlan.Of(world, mesh).Affected(resource).Select(a => a.Proxy.Resource),
            _ when kind.Name == TargetKinds.MeshService => ServiceMembers.Of(world, resource).Select(p => p.Resource),
            _ => OldPolicy.Affected(world, resource),
        };
        var (page, total) = query.Value.Apply(proxies);
        var next = query.Value.Next(context.Request, total);
        return JsonAnswer.WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("total", total);
            writer.WriteStartArray("items");
            foreach (var proxy in page)
            {
                InspectJson.Meta(writer, proxy);
            }

            writer.WriteEndArray();
            if (next is not null)
            {
                writer.WriteString("next", next);
            }

            writer.WriteEndObject();
        });
    }

    private Task HostnamesAsync(HttpContext context)
    {
        var path = Route(context, "path");
        if (kinds.FindByPath(path) is not { Name: TargetKinds.MeshService or TargetKinds.MeshExternalService or TargetKinds.MeshMultiZoneService } kind)
        {
            return ErrorBody.WriteAsync(context, new Refusal(
                RefusalReason.Invalid,
                "only \"meshservices,meshexternalservices,meshmultizoneservices\" are available for inspection",
                "Resource is not valid"));
        }

        if (AccessRules.Read(context.Actor(), kind) is { } denied)
        {
            return ErrorBody.WriteAsync(context, denied);
        }

        var world = store.World.Value;
        if (world.Find(kind.Name, Route(context, "mesh"), Route(context, "name")) is not { } service)
        {
            return ErrorBody.WriteAsync(context, Refusal.NotFound("could not retrieve service"));
        }

        var hostnames = Hostnames.Of(world, site, service);
        return JsonAnswer.WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("total", hostnames.Count);
            writer.WriteStartArray("items");
            foreach (var (hostname, zones) in hostnames)
            {
                writer.WriteStartObject();
                writer.WriteString("hostname", hostname);
                writer.WriteStartArray("zones");
                foreach (var zone in zones)
                {
                    writer.WriteStartObject();
                    writer.WriteString("name", zone);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }
}
