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

/// <summary>
/// The older form of inspection, which <c>kumactl inspect</c> still reads: the policies of a proxy by name, and the proxies of a
/// policy. What the policies then do is told by <see cref="InspectApi"/>.
/// </summary>
internal sealed class OlderInspectApi(KindRegistry kinds, ResourceStore store)
{
    private const string Sidecar = "SidecarDataplane";

    /// <summary>Adds the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, OlderInspectApi api)
    {
        routes.MapGet("/meshes/{mesh}/dataplanes/{name}/policies", api.PoliciesAsync);
        routes.MapGet("/meshes/{mesh}/{path}/{name}/dataplanes", api.ProxiesAsync);
    }

    private Task PoliciesAsync(HttpContext context)
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

        if (world.Find("Dataplane", mesh, name) is not { } dataplane)
        {
            return ErrorBody.WriteAsync(context, Refusal.NotFound("Could not get MatchedPolicies"));
        }

        var (plan, proxy) = (MeshPlan.Of(world, mesh), ProxyView.Of(dataplane));
        var matched = kinds.All.Where(k => k is IPolicyKind).OrderBy(k => k.Name, StringComparer.Ordinal)
            .Select(kind => (kind.Name, Policies: plan.Match(kind, proxy).Policies.Select(p => p.Resource).ToList()))
            .Where(m => m.Policies.Count > 0)
            .ToList();
        return JsonAnswer.WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("kind", Sidecar);
            writer.WriteNumber("total", matched.Count > 0 ? 1 : 0);
            writer.WriteStartArray("items");
            if (matched.Count > 0)
            {
                writer.WriteStartObject();
                writer.WriteString("type", "dataplane");
                writer.WriteStartObject("matchedPolicies");
                foreach (var (kind, policies) in matched)
                {
                    writer.WriteStartArray(kind);
                    foreach (var policy in policies)
                    {
                        writer.WriteStartObject();
                        ResourceJson.WriteMeta(writer, policy, policy.Kind.Name);
                        writer.WriteEndObject();
                    }

                    writer.WriteEndArray();
                }

                writer.WriteEndObject();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private Task ProxiesAsync(HttpContext context)
    {
        var (world, mesh) = (store.World.Value, (string)context.Request.RouteValues["mesh"]!);
        if (kinds.FindByPath((string)context.Request.RouteValues["path"]!) is not { Scope: Scope.Mesh } kind
            || (kind.Policy is null && kind.Name is not ("MeshGateway" or "MeshGatewayRoute")))
        {
            return JsonAnswer.PlainAsync(context, StatusCodes.Status404NotFound, "404: Page Not Found");
        }

        if (AccessRules.Read(context.Actor(), kind) is { } denied)
        {
            return ErrorBody.WriteAsync(context, denied);
        }

        if (!world.HasMesh(mesh))
        {
            return ErrorBody.WriteAsync(context, Refusal.NotFound("Could not list Dataplanes"));
        }

        var isGateway = kind.Name is "MeshGateway" or "MeshGatewayRoute";
        var policy = world.Find(kind.Name, mesh, (string)context.Request.RouteValues["name"]!);
        if (policy is null && isGateway)
        {
            return ErrorBody.WriteAsync(context, Refusal.NotFound($"Could not find {kind.Name}"));
        }

        // A policy that does not exist selects nobody: that is how Kuma answers.
        var proxies = policy is null ? []
            : kind is IPolicyKind ? MeshPlan.Of(world, mesh).Affected(policy).Select(a => a.Proxy.Resource)
            : OldSelectors.Affected(world, policy).Where(d => !isGateway || ProxyView.Of(d).IsBuiltinGateway);
        return JsonAnswer.WriteAsync(context, writer => WriteProxies(writer, [.. proxies], isGateway));
    }

    private static void WriteProxies(Utf8JsonWriter writer, List<Resource> proxies, bool isGateway)
    {
        writer.WriteStartObject();
        writer.WriteNumber("total", proxies.Count);
        writer.WriteStartArray("items");
        foreach (var proxy in proxies)
        {
            writer.WriteStartObject();
            if (!isGateway)
            {
                writer.WriteString("kind", Sidecar);
            }

            writer.WriteStartObject("dataplane");
            writer.WriteString("mesh", proxy.Mesh);
            writer.WriteString("name", proxy.Name);
            writer.WriteEndObject();
            if (!isGateway)
            {
                writer.WriteStartArray("attachments");
                writer.WriteStartObject();
                writer.WriteString("type", "dataplane");
                writer.WriteEndObject();
                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
