using System.Text.Json.Nodes;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Api;

/// <summary>
/// The OpenAPI document of this control plane, made from the list of kinds: the same description that checks bodies, so it
/// cannot say anything else than what is done.
/// </summary>
internal static class OpenApiDocument
{
    /// <summary>Writes the document.</summary>
    /// <param name="kinds">All kinds.</param>
    /// <param name="site">Where we are: decides which kinds can be written.</param>
    /// <param name="version">Version of MeshConsole.</param>
    public static JsonObject Build(KindRegistry kinds, Site site, string version)
    {
        var paths = new JsonObject();
        var schemas = new JsonObject { ["Error"] = ErrorSchema(), ["WriteAnswer"] = WriteAnswerSchema() };
        OpenApiPaths.AddSystem(paths, site);
        foreach (var kind in kinds.All.Where(k => k.HasApi).OrderBy(k => k.Name, StringComparer.Ordinal))
        {
            schemas[kind.Name] = ResourceSchema(kind);
            AddPaths(paths, kind, site);
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "MeshConsole",
                ["version"] = version,
                ["description"] = $"The REST API of a control plane, compatible with Kuma {Instance.KumaVersion}. Sign in with a user token: Authorization: Bearer TOKEN.",
            },
            ["security"] = new JsonArray(new JsonObject { ["userToken"] = new JsonArray() }),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = schemas,
                ["securitySchemes"] = new JsonObject
                {
                    ["userToken"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["bearerFormat"] = "JWT" },
                },
            },
        };
    }

    private static void AddPaths(JsonObject paths, ResourceKind kind, Site site)
    {
        var root = kind.Scope == Scope.Mesh ? $"/meshes/{{mesh}}/{kind.Path}" : $"/{kind.Path}";
        var meshParameter = kind.Scope == Scope.Mesh ? new JsonArray(PathParameter("mesh", "Name of the mesh")) : [];
        paths[root] = new JsonObject
        {
            ["parameters"] = meshParameter,
            ["get"] = Operation(kind, $"list{kind.Name}", $"Lists {kind.PluralDisplayName}", ListOf(kind), ListParameters(kind)),
        };
        if (kind.Scope == Scope.Mesh)
        {
            paths[$"/{kind.Path}"] = new JsonObject
            {
                ["get"] = Operation(kind, $"listAll{kind.Name}", $"Lists {kind.PluralDisplayName} of all meshes", ListOf(kind), ListParameters(kind)),
            };
        }

        var item = new JsonObject
        {
            ["parameters"] = new JsonArray([.. meshParameter.Select(p => p!.DeepClone()), PathParameter("name", "Name of the resource")]),
            ["get"] = Operation(kind, $"get{kind.Name}", $"Reads one {kind.SingularDisplayName}", Ref(kind.Name), [Query("format", "universal or kubernetes", "string")]),
        };
        if (site.MayWrite(kind))
        {
            var put = Operation(kind, $"put{kind.Name}", $"Creates or replaces one {kind.SingularDisplayName}", Ref("WriteAnswer"), [Query("dryRun", "true checks everything and stores nothing", "boolean"), IfMatch()]);
            put["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Json(Ref(kind.Name)) };
            item["put"] = put;
            item["delete"] = Operation(kind, $"delete{kind.Name}", $"Deletes one {kind.SingularDisplayName}", Ref("WriteAnswer"), [Query("dryRun", "true checks everything and deletes nothing", "boolean"), IfMatch()]);
        }

        paths[$"{root}/{{name}}"] = item;
        OpenApiPaths.AddOf(paths, kind, root, site);
    }

    private static JsonObject Operation(ResourceKind kind, string id, string summary, JsonObject answer, JsonArray parameters) => new()
    {
        ["operationId"] = id,
        ["summary"] = summary,
        ["tags"] = new JsonArray(kind.Policy is null ? "Resources" : "Policies"),
        ["parameters"] = parameters,
        ["responses"] = new JsonObject
        {
            ["200"] = new JsonObject { ["description"] = "OK", ["content"] = Json(answer) },
            ["default"] = ErrorAnswer(),
        },
    };

    internal static JsonObject ErrorAnswer() => new() { ["description"] = "Refused; the body says why and names the fields", ["content"] = Json(Ref("Error")) };

    private static JsonObject Json(JsonObject schema) => new() { ["application/json"] = new JsonObject { ["schema"] = schema } };

    private static JsonObject Ref(string schema) => new() { ["$ref"] = $"#/components/schemas/{schema}" };

    private static JsonObject ListOf(ResourceKind kind) => new()
    {
        ["type"] = "object",
        ["required"] = new JsonArray("total", "items", "next"),
        ["properties"] = new JsonObject
        {
            ["total"] = new JsonObject { ["type"] = "integer", ["description"] = "Matches after filtering, all pages together" },
            ["items"] = new JsonObject { ["type"] = "array", ["items"] = Ref(kind.Name) },
            ["next"] = new JsonObject { ["type"] = new JsonArray("string", "null"), ["description"] = "Address of the next page, null on the last" },
        },
    };

    private static JsonArray ListParameters(ResourceKind kind)
    {
        var parameters = new JsonArray(
            Query("size", "Items on a page, 1 to 1000; default 100", "integer"),
            Query("offset", "Items to leave out before the page", "string"),
            Query("name", "Part of the stored name", "string"),
            Query("filter[labels.KEY]", "Exact value of label KEY; several must all match", "string"));
        parameters.Add((JsonNode)Query("watch", "true answers a text/event-stream instead: item for what is there, ready, then added, changed and deleted; Last-Event-ID goes on where a stream ended", "boolean"));
        if (kind.Name == "ServiceInsight")
        {
            parameters.Add((JsonNode)Query("type", "internal, external, gateway_builtin, gateway_delegated; several divided by commas", "string"));
        }

        if (kind.Name == "ExternalService")
        {
            parameters.Add((JsonNode)Query("tag", "KEY:VALUE, part of a tag's value; several must all match", "string"));
        }

        if (kind.Name == "Dataplane")
        {
            parameters.Add((JsonNode)Query("tag", "KEY:VALUE, part of a tag's value; several must all match", "string"));
            parameters.Add((JsonNode)Query("gateway", "true, false, builtin or delegated", "string"));
        }

        return parameters;
    }

    internal static JsonObject PathParameter(string name, string description) => new()
    {
        ["name"] = name,
        ["in"] = "path",
        ["required"] = true,
        ["description"] = description,
        ["schema"] = new JsonObject { ["type"] = "string" },
    };

    private static JsonObject Query(string name, string description, string type) => new()
    {
        ["name"] = name,
        ["in"] = "query",
        ["description"] = description,
        ["schema"] = new JsonObject { ["type"] = type },
    };

    private static JsonObject IfMatch() => new()
    {
        ["name"] = "If-Match",
        ["in"] = "header",
        ["description"] = "ETag of the version that was read: when it was changed meanwhile, 412 with what is stored now",
        ["schema"] = new JsonObject { ["type"] = "string" },
    };

    private static JsonObject ResourceSchema(ResourceKind kind)
    {
        var properties = new JsonObject
        {
            ["type"] = new JsonObject { ["const"] = kind.Name },
            ["name"] = new JsonObject { ["type"] = "string", ["maxLength"] = 253 },
            ["labels"] = new JsonObject { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "string" } },
            ["creationTime"] = new JsonObject { ["type"] = "string", ["format"] = "date-time", ["readOnly"] = true },
            ["modificationTime"] = new JsonObject { ["type"] = "string", ["format"] = "date-time", ["readOnly"] = true },
        };
        var required = new JsonArray("type", "name");
        if (kind.Scope == Scope.Mesh)
        {
            properties["mesh"] = new JsonObject { ["type"] = "string" };
        }

        if (kind.ShortName is not null)
        {
            properties["kri"] = new JsonObject { ["type"] = "string", ["readOnly"] = true };
        }

        if (kind.Flat)
        {
            foreach (var member in kind.Schema.Members)
            {
                properties[member.Name] = Member(member);
            }
        }
        else
        {
            properties["spec"] = Schema(kind.Schema);
            required.Add("spec");
            if (kind.HasStatus)
            {
                properties["status"] = new JsonObject { ["type"] = "object", ["readOnly"] = true };
            }
        }

        return new JsonObject { ["type"] = "object", ["required"] = required, ["properties"] = properties };
    }

    private static JsonObject Member(SchemaMember member)
    {
        var schema = Schema(member.Schema);
        if (member.Description is not null)
        {
            schema["description"] = member.Description;
        }

        if (member.Default is not null)
        {
            schema["default"] = JsonNode.Parse(member.Default);
        }

        return schema;
    }

    private static JsonObject Schema(SpecSchema node)
    {
        var schema = new JsonObject();
        switch (node.Type)
        {
            case SchemaType.Object:
                schema["type"] = "object";
                var required = new JsonArray([.. node.Members.Where(m => m.Required).Select(m => (JsonNode)m.Name)]);
                if (required.Count > 0)
                {
                    schema["required"] = required;
                }

                var properties = new JsonObject();
                foreach (var member in node.Members)
                {
                    properties[member.Name] = Member(member);
                }

                schema["properties"] = properties;
                break;
            case SchemaType.Map:
                schema["type"] = "object";
                schema["additionalProperties"] = node.Items is null ? true : Schema(node.Items);
                break;
            case SchemaType.Array:
                schema["type"] = "array";
                schema["items"] = node.Items is null ? new JsonObject() : Schema(node.Items);
                break;
            case SchemaType.IntegerOrString:
                schema["type"] = new JsonArray("integer", "string");
                break;
            case SchemaType.String or SchemaType.Integer or SchemaType.Number or SchemaType.Boolean:
                schema["type"] = node.Type.ToString().ToLowerInvariant();
                break;
        }

        Set("enum", node.Values.IsDefaultOrEmpty ? null : new JsonArray([.. node.Values.Select(v => (JsonNode)v)]));
        Set("minimum", node.Minimum);
        Set("maximum", node.Maximum);
        Set("minItems", node.MinItems);
        Set("maxItems", node.MaxItems);
        Set("pattern", node.Pattern);
        Set("format", node.Format);
        return schema;

        void Set(string key, JsonNode? value)
        {
            if (value is not null)
            {
                schema[key] = value;
            }
        }
    }

    private static JsonObject ErrorSchema() => new()
    {
        ["type"] = "object",
        ["required"] = new JsonArray("type", "status", "title", "detail"),
        ["properties"] = new JsonObject
        {
            ["type"] = new JsonObject { ["const"] = "/std-errors" },
            ["status"] = new JsonObject { ["type"] = "integer" },
            ["title"] = new JsonObject { ["type"] = "string" },
            ["detail"] = new JsonObject { ["type"] = "string" },
            ["invalid_parameters"] = new JsonObject
            {
                ["type"] = "array",
                ["items"] = new JsonObject
                {
                    ["type"] = "object",
                    ["properties"] = new JsonObject
                    {
                        ["field"] = new JsonObject { ["type"] = "string", ["description"] = "Path of the field, for example spec.to[0].targetRef.kind" },
                        ["reason"] = new JsonObject { ["type"] = "string" },
                    },
                },
            },
            ["warnings"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" }, ["description"] = "Unknown fields of the body, which may be why it was refused" },
            ["current"] = new JsonObject { ["type"] = "object", ["description"] = "With 412: what is stored now" },
        },
    };

    private static JsonObject WriteAnswerSchema() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["warnings"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" } },
        },
    };
}
