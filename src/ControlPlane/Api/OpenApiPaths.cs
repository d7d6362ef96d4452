using System.Text.Json.Nodes;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Api;

/// <summary>
/// The paths of the OpenAPI document that are not reads and writes of resources. A test compares them with the routes that are
/// really there.
/// </summary>
internal static class OpenApiPaths
{
    private const string Inspection = "Inspection";
    private const string ControlPlane = "Control plane";

    /// <summary>The paths below the control plane itself.</summary>
    public static void AddSystem(JsonObject paths, Site site)
    {
        Get(paths, "/", "index", "Says which control plane this is; needs no identity", ControlPlane);
        Get(paths, "/who-am-i", "whoAmI", "Says who the caller is", ControlPlane);
        Get(paths, "/audit", "getAudit", "Lists the newest entries of the audit trail, for administrators", ControlPlane);
        Get(paths, "/config", "config", "The settings, secrets masked", ControlPlane);
        Get(paths, "/policies", "policies", "The policy kinds", ControlPlane);
        Get(paths, "/_resources", "kinds", "All kinds and what can be done with them", ControlPlane);
        Get(paths, "/global-insight", "globalInsight", "Counts over everything", ControlPlane);
        Get(paths, "/global-insights", "globalInsights", "Counts of the global kinds, the older form", ControlPlane);
        Get(paths, "/openapi", "openApi", "This document; a browsable page when HTML is asked for", ControlPlane);
        Get(paths, "/_kri/{kri}", "byKri", "Reads a resource by its Kuma Resource Identifier, for example kri_mtp_default___allow-all_", ControlPlane);
        foreach (var (path, what) in new[] { ("user", "a person or tool"), ("zone", "a zone"), ("dataplane", "a data plane") })
        {
            Add(paths, $"/tokens/{path}", "post", $"{path}Token", $"Issues a token for {what}; answers the token as plain text", ControlPlane);
        }

        if (!site.IsGlobal)
        {
            return;
        }

        Get(paths, "/license", "getLicense", "Says how the license stands", ControlPlane);
        Get(paths, "/_delivery", "deliveries", "Lists the newest changes and how far each got", ControlPlane);
        Get(paths, "/_delivery/{revision}", "delivery", "Which zones have accepted or refused the change with that revision", ControlPlane);
        Get(paths, "/zones/{name}/_state", "zoneState", "How a zone stands, and why it is turned away if it is", ControlPlane);
        Get(paths, "/zones/{name}/_admission", "getAdmission", "Who may join as this zone", ControlPlane);
        Add(paths, "/zones/{name}/_admission", "put", "putAdmission", "Says who may join as this zone", ControlPlane);
        Add(paths, "/zones/{name}/_admission", "delete", "deleteAdmission", "Takes back what was said about who may join as this zone", ControlPlane);
    }

    /// <summary>What can be asked about the resources of a kind beside reading and writing them.</summary>
    public static void AddOf(JsonObject paths, ResourceKind kind, string root, Site site)
    {
        var one = $"{root}/{{name}}";
        if (Overview.Has(kind))
        {
            Get(paths, $"{root}/_overview", $"list{kind.Name}Overviews", $"Lists {kind.PluralDisplayName} with what was observed of them", Inspection);
            Get(paths, $"{one}/_overview", $"get{kind.Name}Overview", $"Reads one {kind.SingularDisplayName} with what was observed of it", Inspection);
            if (kind.Scope == Scope.Mesh)
            {
                Get(paths, $"/{kind.Path}/_overview", $"listAll{kind.Name}Overviews", $"Lists {kind.PluralDisplayName} of all meshes with what was observed of them", Inspection);
            }
        }

        if (!kind.ReadOnly)
        {
            Get(paths, $"{one}/revisions", $"get{kind.Name}Revisions", "The versions that people wrote, newest first", "History");
            if (site.MayWrite(kind))
            {
                Add(paths, $"{one}/revisions/{{revision}}/revert", "post", $"revert{kind.Name}", "Writes an older version again", "History");
            }
        }

        if (kind.Policy is not null || kind.Name is "MeshGateway")
        {
            Get(paths, $"{one}/dataplanes", $"get{kind.Name}Dataplanes", "The data planes it holds for, the older form", Inspection);
        }

        if (kind.Policy is not null || kind.Name is "MeshService")
        {
            Get(paths, $"{one}/_resources/dataplanes", $"get{kind.Name}Proxies", "The data planes it selects", Inspection);
        }

        if (kind.Name is "MeshService")
        {
            Get(paths, $"{one}/_dataplanes", "getMeshServiceMembers", "The data planes behind the service", Inspection);
        }

        if (kind.Name is "MeshService" or "MeshExternalService" or "MeshMultiZoneService")
        {
            Get(paths, $"{one}/_hostnames", $"get{kind.Name}Hostnames", "Its host names with the zones where each is known", Inspection);
        }

        if (kind.Name is "MeshGateway")
        {
            Get(paths, $"{one}/_rules", "getMeshGatewayRules", "The rules of a gateway with the tags that it asks for", Inspection);
        }

        if (kind.Name is "Dataplane")
        {
            AddProxy(paths, one);
        }

        foreach (var question in kind.Name is "Dataplane" or "ZoneIngress" or "ZoneEgress" ? (string[])["xds", "stats", "clusters"] : [])
        {
            Get(paths, $"{one}/{question}", $"get{kind.Name}{char.ToUpperInvariant(question[0])}{question[1..]}", $"Asks the running proxy for its {question}", Inspection);
        }
    }

    private static void AddProxy(JsonObject paths, string one)
    {
        Get(paths, $"{one}/_rules", "getRules", "Everything that holds for the data plane, kind by kind", Inspection);
        Get(paths, $"{one}/_policies", "getProxyPolicies", "What holds for the data plane as a whole", Inspection);
        Get(paths, $"{one}/_layout", "getLayout", "What the data plane listens on", Inspection);
        Get(paths, $"{one}/_inbounds/{{inbound}}/_policies", "getInboundPolicies", "What holds for traffic that enters at an inbound, named by its KRI", Inspection);
        Get(paths, $"{one}/_outbounds/{{outbound}}/_policies", "getOutboundPolicies", "What holds for traffic to a destination, named by its KRI", Inspection);
        Get(paths, $"{one}/_outbounds/{{outbound}}/_routes", "getRoutes", "The routes to a destination", Inspection);
        Get(paths, $"{one}/_outbounds/{{outbound}}/_routes/{{route}}/_policies", "getRoutePolicies", "What holds for the requests of one route", Inspection);
        Get(paths, $"{one}/policies", "getOlderPolicies", "The policies of the data plane, the older form", Inspection);
        Get(paths, $"{one}/rules", "getOlderRules", "The rules of the data plane, the older form", Inspection);
    }

    private static void Get(JsonObject paths, string path, string id, string summary, string tag) => Add(paths, path, "get", id, summary, tag);

    private static void Add(JsonObject paths, string path, string method, string id, string summary, string tag)
    {
        if (paths[path] is not JsonObject item)
        {
            paths[path] = item = [];
            var names = path.Split('/').Where(p => p.StartsWith('{')).Select(p => p.Trim('{', '}')).ToList();
            if (names.Count > 0)
            {
                item["parameters"] = new JsonArray([.. names.Select(n => (JsonNode)OpenApiDocument.PathParameter(n, n switch { "mesh" => "Name of the mesh", "name" => "Name of the resource", _ => n }))]);
            }
        }

        item[method] = new JsonObject
        {
            ["operationId"] = id,
            ["summary"] = summary,
            ["tags"] = new JsonArray(tag),
            ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "OK" }, ["default"] = OpenApiDocument.ErrorAnswer() },
        };
    }
}
