using System.Text.Json;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Scalar.AspNetCore;

namespace MeshConsole.ControlPlane.Api;

/// <summary>What one running control plane says of itself.</summary>
/// <param name="InstanceId">Name of this process: host name and four hex digits, new at each start.</param>
/// <param name="Version">Version of MeshConsole.</param>
/// <param name="Settings">The settings as JSON, secrets masked.</param>
public sealed record Instance(string InstanceId, string Version, JsonBody Settings)
{
    /// <summary>The Kuma version whose REST and KDS we speak; kumactl compares it with its own.</summary>
    public const string KumaVersion = "2.14.3";

    /// <summary>A new instance id.</summary>
    public static string NewId() => $"{Environment.MachineName.ToLowerInvariant()}-{Random.Shared.Next(0x10000):x4}";
}

/// <summary>The control plane's own endpoints: index, who am I, settings, the list of kinds, look-up by KRI.</summary>
internal sealed class SystemApi(Site site, Instance instance, KindRegistry kinds, ResourceStore store, DefaultResources defaults)
{
    private byte[]? openApi;

    /// <summary>Adds the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, SystemApi api)
    {
        routes.MapGet("/", api.IndexAsync);
        routes.MapGet("/who-am-i", WhoAmIAsync);
        routes.MapGet("/config", api.ConfigAsync);
        routes.MapGet("/policies", api.PoliciesAsync);
        routes.MapGet("/_resources", api.KindsAsync);
        routes.MapGet("/_kri/{kri}", api.KriAsync);
        routes.MapGet("/openapi", api.OpenApiAsync);
        routes.MapScalarApiReference("/openapi/ui", options => options
            .WithTitle("MeshConsole API")
            .WithOpenApiRoutePattern("/openapi")
            .DisableDefaultFonts()
            .DisableTelemetry());
    }

    private Task IndexAsync(HttpContext context)
    {
        if (site.IsGlobal && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
        {
            context.Response.Redirect(context.Request.PathBase + "/gui/");
            return Task.CompletedTask;
        }

        return JsonAnswer.WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("hostname", Environment.MachineName);
            writer.WriteString("product", "Kuma");
            writer.WriteString("version", Instance.KumaVersion);
            writer.WriteString("instanceId", instance.InstanceId);
            writer.WriteString("clusterId", defaults.Cluster);
            writer.WriteString("gui", "/gui");
            writer.WriteStartObject("meshConsole");
            writer.WriteString("version", instance.Version);
            writer.WriteString("mode", site.IsGlobal ? "global" : "zone");
            if (!site.IsGlobal)
            {
                writer.WriteString("zone", site.Zone);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        });
    }

    private Task OpenApiAsync(HttpContext context)
    {
        if (AccessRules.ViewConfig(context.Actor()) is { } refusal)
        {
            return ErrorBody.WriteAsync(context, refusal);
        }

        if (context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
        {
            context.Response.Redirect(context.Request.PathBase + "/openapi/ui");
            return Task.CompletedTask;
        }

        openApi ??= JsonSerializer.SerializeToUtf8Bytes(OpenApiDocument.Build(kinds, site, instance.Version), Json.Compact);
        return JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, openApi);
    }

    private static Task WhoAmIAsync(HttpContext context)
    {
        var actor = context.Actor();
        return JsonAnswer.WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("name", actor.Name);
            writer.WriteStartArray("groups");
            foreach (var group in actor.Groups)
            {
                writer.WriteStringValue(group);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private Task ConfigAsync(HttpContext context) => AccessRules.ViewConfig(context.Actor()) is { } refusal
        ? ErrorBody.WriteAsync(context, refusal)
        : JsonAnswer.WriteAsync(context, writer => ResourceJson.WriteBody(writer, instance.Settings, indent: true));

    private Task PoliciesAsync(HttpContext context) => JsonAnswer.WriteAsync(context, writer =>
    {
        writer.WriteStartObject();
        writer.WriteStartArray("policies");
        foreach (var kind in kinds.All.Where(k => k.Policy is not null).OrderBy(k => k.Name, StringComparer.Ordinal))
        {
            writer.WriteStartObject();
            writer.WriteString("name", kind.Name);
            writer.WriteBoolean("readOnly", !site.MayWrite(kind));
            writer.WriteString("path", kind.Path);
            writer.WriteString("singularDisplayName", kind.SingularDisplayName);
            writer.WriteString("pluralDisplayName", kind.PluralDisplayName);
            writer.WriteBoolean("isExperimental", false);
            writer.WriteBoolean("isTargetRefBased", kind.Policy!.IsTargetRef);
            writer.WriteBoolean("isInbound", kind.Policy.HasFrom || kind.Policy.HasRules);
            writer.WriteBoolean("isOutbound", kind.Policy.HasTo);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    private Task KindsAsync(HttpContext context) => JsonAnswer.WriteAsync(context, writer =>
    {
        writer.WriteStartObject();
        writer.WriteStartArray("resources");
        foreach (var kind in kinds.All.Where(k => k.HasApi).OrderBy(k => k.Name, StringComparer.Ordinal))
        {
            var readOnly = kind.ReadOnly || site.Federated || site.ReadOnly; // Kuma's way here: kumactl and its console edit at global
            writer.WriteStartObject();
            writer.WriteBoolean("includeInFederation", kind.Flow.HasFlag(Flow.GlobalToZone) && !kind.ReadOnly);
            writer.WriteString("name", kind.Name);
            writer.WriteString("path", kind.Path);
            writer.WriteString("pluralDisplayName", kind.PluralDisplayName);
            if (kind.Policy is { } policy)
            {
                writer.WriteStartObject("policy");
                writer.WriteBoolean("hasFromTargetRef", policy.HasFrom);
                writer.WriteBoolean("hasRulesTargetRef", policy.HasRules);
                writer.WriteBoolean("hasToTargetRef", policy.HasTo);
                writer.WriteBoolean("isFromAsRules", policy.IsFromAsRules);
                writer.WriteBoolean("isTargetRef", policy.IsTargetRef);
                writer.WriteEndObject();
            }

            writer.WriteBoolean("readOnly", readOnly);
            writer.WriteString("scope", kind.Scope.ToString());
            writer.WriteString("shortName", kind.ShortName ?? "");
            writer.WriteString("singularDisplayName", kind.SingularDisplayName);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    /// <summary>The resource under one of the names it would have here: its own, or that of a copy from elsewhere; else whichever it has.</summary>
    private Resource? Find(Kri wanted, ResourceKind kind)
    {
        var world = store.World.Value;
        var mesh = kind.Scope == Scope.Mesh ? wanted.Mesh : "";
        var places = Labels.None;
        places = wanted.Zone.Length > 0 ? places.SetItem(Labels.Zone, wanted.Zone) : places;
        places = wanted.Namespace.Length > 0 ? places.SetItem(Labels.Namespace, wanted.Namespace) : places;
        foreach (var name in (string[])[wanted.Name, KdsName.Hash(mesh, wanted.Name, places)])
        {
            if (world.Find(kind.Name, mesh, name) is { } likely && IsMeant(likely))
            {
                return likely;
            }
        }

        return (kind.Scope == Scope.Mesh ? world.List(kind.Name, mesh) : world.List(kind.Name)).FirstOrDefault(IsMeant);

        bool IsMeant(Resource resource) => resource.DisplayName == wanted.Name
            && Kri.Of(resource, wanted.Section) is { } have
            && (have == wanted || (have.Zone == site.Zone && have with { Zone = "" } == wanted));
    }

    private async Task KriAsync(HttpContext context)
    {
        var text = (string)context.Request.RouteValues["kri"]!;
        if (!Kri.TryParse(text, out var kri) || kinds.FindByShortName(kri.Value.ShortName) is not { } kind)
        {
            var refusal = new Refusal(RefusalReason.Malformed, "Bad Request", $"bad request: invalid identifier string: \"{text}\"");
            await ErrorBody.WriteAsync(context, refusal).ConfigureAwait(false);
            return;
        }

        if (AccessRules.Read(context.Actor(), kind) is { } denied)
        {
            await ErrorBody.WriteAsync(context, denied).ConfigureAwait(false);
            return;
        }

        if (Find(kri.Value, kind) is not { } found)
        {
            await ErrorBody.WriteAsync(context, Refusal.NotFound()).ConfigureAwait(false);
            return;
        }

        await ResourcesApi.WriteOneAsync(context, found).ConfigureAwait(false);
    }
}
