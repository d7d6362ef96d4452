using System.Text.Json;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Planning;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MeshConsole.ControlPlane.Api;

/// <summary>
/// The older form of inspection, which <c>kumactl inspect</c> still reads: the policies and rules of a proxy, and the proxies of a
/// policy, those of 2021 among them. What the newer policies do to real resources is told by <see cref="InspectApi"/>.
/// </summary>
internal sealed class OlderInspectApi(KindRegistry kinds, ResourceStore store)
{
    private const string Gateway = "MeshGateway";
    private const string GatewayRoute = "MeshGatewayRoute";

    /// <summary>Adds the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, OlderInspectApi api)
    {
        routes.MapGet("/meshes/{mesh}/dataplanes/{name}/policies", c => api.ProxyAsync(c, (writer, world, dataplane) =>
            OlderInspectJson.Policies(writer, world, api.Policies, dataplane)));
        routes.MapGet("/meshes/{mesh}/dataplanes/{name}/rules", c => api.ProxyAsync(c, (writer, world, dataplane) =>
            OlderInspectJson.Rules(writer, MeshPlan.Of(world, dataplane.Mesh), api.Policies, dataplane)));
        routes.MapGet("/meshes/{mesh}/{path}/{name}/dataplanes", api.ProxiesAsync);
    }

    private IEnumerable<ResourceKind> Policies => kinds.All.Where(k => k is IPolicyKind).OrderBy(k => k.Name, StringComparer.Ordinal);

    private Task ProxyAsync(HttpContext context, Action<Utf8JsonWriter, World, Resource> write)
    {
        var (world, mesh, name) = (store.World.Value, (string)context.Request.RouteValues["mesh"]!, (string)context.Request.RouteValues["name"]!);
        if (AccessRules.Read(context.Actor(), kinds["Dataplane"]) is { } denied)
        {
            return ErrorBody.WriteAsync(context, denied);
        }

        if (!world.HasMesh(mesh))
        {
            return ErrorBody.WriteAsync(context, Refusal.NotFound("Could not build MeshContext"));
        }

        return world.Find("Dataplane", mesh, name) is { } dataplane
            ? JsonAnswer.WriteAsync(context, writer => write(writer, world, dataplane))
            : ErrorBody.WriteAsync(context, Refusal.NotFound("Could not get MatchedPolicies"));
    }

    private Task ProxiesAsync(HttpContext context)
    {
        var (world, mesh) = (store.World.Value, (string)context.Request.RouteValues["mesh"]!);
        if (kinds.FindByPath((string)context.Request.RouteValues["path"]!) is not { Scope: Scope.Mesh } kind
            || (kind.Policy is null && kind.Name is not (Gateway or GatewayRoute)))
        {
            return JsonAnswer.PlainAsync(context, StatusCodes.Status404NotFound, "404: Page Not Found");
        }

        if (AccessRules.Read(context.Actor(), kind) is { } denied)
        {
            return ErrorBody.WriteAsync(context, denied);
        }

        var isGateway = kind.Name is Gateway or GatewayRoute;
        if (!world.HasMesh(mesh))
        {
            return ErrorBody.WriteAsync(context, Refusal.NotFound(isGateway ? "Could not build mesh context" : "Could not list Dataplanes"));
        }

        var policy = world.Find(kind.Name, mesh, (string)context.Request.RouteValues["name"]!);
        if (policy is null && isGateway)
        {
            return ErrorBody.WriteAsync(context, Refusal.NotFound($"Could not find {kind.Name}"));
        }

        // A policy that does not exist selects nobody: that is how Kuma answers.
        return policy is null ? JsonAnswer.WriteAsync(context, writer => OlderInspectJson.Proxies(writer, []))
            : kind is IPolicyKind ? JsonAnswer.WriteAsync(context, writer => OlderInspectJson.Proxies(
                writer,
                [.. MeshPlan.Of(world, mesh).Affected(policy).Where(a => !a.Proxy.IsBuiltinGateway).Select(a => new OldProxy(a.Proxy, [Attachment.Dataplane]))]))
            : isGateway ? JsonAnswer.WriteAsync(context, writer => OlderInspectJson.Gateways(writer, [.. Gateways(world, policy)]))
            : JsonAnswer.WriteAsync(context, writer => OlderInspectJson.Proxies(writer, [.. Proxies(world, policy)]));
    }

    /// <summary>The built-in gateways that a MeshGateway or MeshGatewayRoute configures.</summary>
    private static IEnumerable<Resource> Gateways(World world, Resource policy)
    {
        var plan = MeshPlan.Of(world, policy.Mesh);
        return world.List("Dataplane", policy.Mesh).Select(plan.View).Where(p => p.IsBuiltinGateway).Where(p => policy.Kind.Name == Gateway
            ? OldPolicy.Of(policy).Selectors.Any(s => s.Fits(p.GatewayTags))
            : GatewayRoutes.Of(world, p).Any(port => port.Hosts.Any(h => h.Routes.Any(r => r.Route.Key == policy.Key)))).Select(p => p.Resource);
    }

    /// <summary>The proxies for which a policy of 2021 holds, with the parts.</summary>
    internal static IEnumerable<OldProxy> Proxies(World world, Resource policy)
    {
        var plan = MeshPlan.Of(world, policy.Mesh);
        foreach (var proxy in world.List("Dataplane", policy.Mesh).Select(plan.View))
        {
            if (proxy.IsBuiltinGateway)
            {
                foreach (var found in OlderInspectJson.OfGateway(world, proxy, policy))
                {
                    yield return found;
                }

                continue;
            }

            List<Attachment> parts = [.. new OldMatches(world, proxy.Resource).All(policy.Kind.Name).Where(m => m.Policy.Key == policy.Key).Select(m => m.Attachment)];
            if (parts.Count > 0)
            {
                yield return new OldProxy(proxy, parts);
            }
        }
    }
}
