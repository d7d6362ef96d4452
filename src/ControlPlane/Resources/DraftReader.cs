using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Resources;

/// <summary>A body that was read and is right by shape and by the rules of its kind.</summary>
/// <param name="Resource">What is to be stored, with defaults filled in.</param>
/// <param name="Warnings">What the writer should know.</param>
public sealed record Draft(Resource Resource, ImmutableArray<string> Warnings);

/// <summary>
/// From the JSON that a person or tool sent to a draft, in Kuma's order: parse, shape, defaults, rules of the kind, address
/// against body, labels and names.
/// </summary>
public sealed class DraftReader(Site site)
{
    private static readonly string[] MetaMembers = ["type", "mesh", "name", "labels", "creationTime", "modificationTime", "kri", "snis"];

    /// <summary>Reads <paramref name="body"/> as a resource of <paramref name="kind"/> with this mesh and name.</summary>
    /// <param name="kind">The kind of the address.</param>
    /// <param name="mesh">The mesh of the address; empty for mesh-less kinds.</param>
    /// <param name="name">The name of the address.</param>
    /// <param name="body">UTF-8 JSON.</param>
    public Result<Draft> Read(ResourceKind kind, string mesh, string name, ReadOnlyMemory<byte> body)
    {
        JsonElement root;
        try
        {
            root = Parse(body);
        }
        catch (JsonException e)
        {
            return Malformed(kind, body.IsEmpty ? "unexpected end of JSON input" : e.Message);
        }

        return Read(kind, mesh, name, root);
    }

    /// <summary>Reads a parsed body.</summary>
    public Result<Draft> Read(ResourceKind kind, string mesh, string name, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return Malformed(kind, $"json: cannot unmarshal {Word(root.ValueKind)} into Go value of type map[string]interface {{}}");
        }

        var shape = new ViolationList();
        var unknown = new List<string>();
        CheckMeta(kind, root, shape);
        var spec = ReadSpec(kind, site, root, shape, unknown);
        if (!shape.IsEmpty)
        {
            // Kuma cannot read such a body of an older kind at all; we name the fields as well.
            return kind.Flat
                ? Malformed(kind, string.Join("; ", shape.ToImmutable().Select(v => $"{v.Field} {v.Message}".TrimStart()))) with { Violations = shape.ToImmutable(), Warnings = [.. unknown] }
                : Refusal.Invalid(shape) with { Warnings = [.. unknown] };
        }

        var resource = new Resource
        {
            Kind = kind,
            Mesh = kind.Scope == Scope.Mesh ? Text(root, "mesh") ?? "default" : "",
            Name = Text(root, "name") ?? "",
            Labels = ReadLabels(root),
            Spec = spec!,
        };
        try
        {
            _ = kind.TypedSpec(resource);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            // Of a secret only one thing can be wrong, and it is the one that people get wrong.
            return kind.IsSecret
                ? Malformed(kind, e.Message) with { Violations = [new Violation("data", "must be base64; encode it, for example with: base64 -w0 FILE")] }
                : Malformed(kind, e.Message);
        }

        var rules = new ViolationList();
        kind.Validate(new ValidationContext(resource, site), rules);
        if (!rules.IsEmpty)
        {
            return Refusal.Invalid(rules) with { Warnings = [.. unknown] };
        }

        var meta = new ViolationList();
        meta.AddIf(kind.Flat && Text(root, "type") != kind.Name, "type", "type from the URL has to be the same as in body");
        meta.AddIf(resource.Name != name, "name", "name from the URL has to be the same as in body");
        meta.AddIf(kind.Scope == Scope.Mesh && resource.Mesh != mesh, "mesh", "mesh from the URL has to be the same as in body");
        MetaRules.Check(resource, site, meta);
        if (!meta.IsEmpty)
        {
            return Refusal.Invalid(meta) with { Warnings = [.. unknown] };
        }

        return new Draft(
            MetaRules.WithComputedLabels(resource, site),
            [.. kind.Warnings(resource), .. unknown]);
    }

    private static JsonElement Parse(ReadOnlyMemory<byte> body)
    {
        if (!Utf8.IsValid(body.Span))
        {
            throw new JsonException("the body is not UTF-8");
        }

        CheckEscapes(body.Span);
        return JsonElement.Parse(body.Span, new JsonDocumentOptions { MaxDepth = Json.MaxDepth, AllowDuplicateProperties = false });
    }

    /// <summary>Half of a surrogate pair (<c>\ud800</c>) is JSON, but no text.</summary>
    private static void CheckEscapes(ReadOnlySpan<byte> body)
    {
        if (body.IndexOf("\\u"u8) < 0)
        {
            return;
        }

        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = Json.MaxDepth });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String && reader.ValueIsEscaped)
            {
                try
                {
                    _ = reader.GetString();
                }
                catch (InvalidOperationException e)
                {
                    throw new JsonException(e.Message, e);
                }
            }
        }
    }

    private static void CheckMeta(ResourceKind kind, JsonElement root, ViolationList violations)
    {
        foreach (var member in (string[])["type", "mesh", "name"])
        {
            if (root.TryGetProperty(member, out var value) && value.ValueKind != JsonValueKind.String)
            {
                violations.Add("", $"{member} in body must be of type string: \"{Word(value.ValueKind)}\"");
            }
        }

        if (kind.Flat)
        {
            // No schema of the whole body: compared with the address later.
        }
        else if (!root.TryGetProperty("type", out var type))
        {
            violations.Add("", ".type in body is required");
        }
        else if (type.ValueKind == JsonValueKind.String && type.GetString() != kind.Name)
        {
            violations.Add("", $"type in body should be one of [{kind.Name}]");
        }

        if (root.TryGetProperty("labels", out var labels) && labels.ValueKind != JsonValueKind.Null)
        {
            if (labels.ValueKind != JsonValueKind.Object)
            {
                violations.Add("labels", $"in body must be of type object: \"{Word(labels.ValueKind)}\"");
            }
            else
            {
                foreach (var label in labels.EnumerateObject().Where(l => l.Value.ValueKind != JsonValueKind.String))
                {
                    violations.Add($"labels[\"{label.Name}\"]", $"in body must be of type string: \"{Word(label.Value.ValueKind)}\"");
                }
            }
        }
    }

    private static JsonBody? ReadSpec(ResourceKind kind, Site site, JsonElement root, ViolationList violations, List<string> unknown)
    {
        if (kind.Flat)
        {
            var spec = new JsonObject();
            foreach (var member in root.EnumerateObject().Where(m => !MetaMembers.Contains(m.Name)))
            {
                spec[member.Name] = JsonNode.Parse(member.Value.GetRawText());
            }

            return Checked(kind, site, JsonBody.FromNode(spec), "", violations, unknown);
        }

        foreach (var member in root.EnumerateObject().Where(m => !MetaMembers.Contains(m.Name) && m.Name is not ("spec" or "status")))
        {
            unknown.Add(new UnknownField(member.Name, null).Warning);
        }

        if (!root.TryGetProperty("spec", out var element) || element.ValueKind == JsonValueKind.Null)
        {
            violations.Add("", ".spec in body is required");
            return null;
        }

        if (element.ValueKind != JsonValueKind.Object)
        {
            violations.Add("spec", $"in body must be of type object: \"{Word(element.ValueKind)}\"");
            return null;
        }

        return Checked(kind, site, JsonBody.FromElement(element), "spec", violations, unknown);
    }

    private static JsonBody Checked(ResourceKind kind, Site site, JsonBody sent, string path, ViolationList violations, List<string> unknown)
    {
        var body = kind.ApplyDefaults(sent, site);
        var report = StructureCheck.Check(body.Parse(), kind.Schema, path);
        foreach (var violation in report.Violations)
        {
            violations.Add(violation.Field, violation.Message);
        }

        unknown.AddRange(report.UnknownFields.Select(f => f.Warning));
        return body;
    }

    private static ImmutableSortedDictionary<string, string> ReadLabels(JsonElement root) =>
        root.TryGetProperty("labels", out var labels) && labels.ValueKind == JsonValueKind.Object
            ? Labels.None.AddRange(labels.EnumerateObject().Select(l => KeyValuePair.Create(l.Name, l.Value.GetString()!)))
            : Labels.None;

    private static string? Text(JsonElement root, string member) =>
        root.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Word(JsonValueKind kind) => kind switch
    {
        JsonValueKind.True or JsonValueKind.False => "boolean",
        _ => kind.ToString().ToLowerInvariant(),
    };

    private static Refusal Malformed(ResourceKind kind, string reason) =>
        new(RefusalReason.Malformed, "Bad Request", $"invalid {kind.Name} object: \"{reason}\"");
}
