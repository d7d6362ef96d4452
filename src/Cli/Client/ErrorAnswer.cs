using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Client;

/// <summary>Kuma's error body, read into a refusal.</summary>
internal static class ErrorAnswer
{
    /// <summary>Title of the answer to a path below a mesh that does not exist.</summary>
    public const string MeshTitle = "Failed to retrieve Mesh";

    private const int LongestRaw = 400;

    /// <summary>Reads an answer that is no success. A body without a title is shown as it came, with the status.</summary>
    public static Refusal Read(int status, string body, string path = "")
    {
        var json = Parse(body);
        var title = Word(json, "title");
        var reason = ReasonOf(status);
        if (title.Length == 0)
        {
            var raw = body.Trim();
            if (raw.Length > LongestRaw)
            {
                raw = raw[..LongestRaw] + " …";
            }

            return new Refusal(reason, $"HTTP {status.ToString(CultureInfo.InvariantCulture)}", raw.Length > 0 ? raw : Meaning(status));
        }

        var detail = Word(json, "detail");
        if (detail.Length == 0)
        {
            detail = Word(json, "details");
        }

        var violations = Violations(json, "invalid_parameters", "reason");
        if (violations.IsEmpty)
        {
            violations = Violations(json, "causes", "message");
        }

        // Kuma says "Not found" of whatever is missing in the path; here it is the mesh.
        if (title == MeshTitle && path.Split('?')[0].Split('/') is ["", "meshes", var mesh, ..])
        {
            detail = $"there is no mesh '{Uri.UnescapeDataString(mesh)}'";
        }

        return new Refusal(reason, title, detail) { Violations = violations.ToImmutable(), Warnings = [.. (json?["warnings"] as JsonArray ?? []).Select(w => w?.ToString() ?? "")] };
    }

    private static RefusalReason ReasonOf(int status) => status switch
    {
        400 => RefusalReason.Invalid,
        401 => RefusalReason.Unauthenticated,
        403 => RefusalReason.Forbidden,
        404 => RefusalReason.NotFound,
        405 => RefusalReason.NotWritableHere,
        409 => RefusalReason.Conflict,
        412 => RefusalReason.Changed,
        413 => RefusalReason.TooLarge,
        415 => RefusalReason.UnsupportedFormat,
        >= 500 => RefusalReason.Unavailable,
        _ => RefusalReason.Malformed,
    };

    private static string Meaning(int status) => status switch
    {
        >= 300 and < 400 => "the control plane redirects elsewhere; give its own address",
        400 => "the request could not be read",
        401 => "not signed in",
        403 => "not allowed",
        404 => "not found",
        429 => "too many requests; try again later",
        >= 500 => "the control plane, or a proxy before it, failed",
        _ => "refused",
    };

    private static ViolationList Violations(JsonObject? json, string list, string message)
    {
        var violations = new ViolationList();
        foreach (var item in (json?[list] as JsonArray ?? []).OfType<JsonObject>())
        {
            violations.Add(Word(item, "field"), Word(item, message));
        }

        return violations;
    }

    private static JsonObject? Parse(string body)
    {
        try
        {
            return JsonNode.Parse(body, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject;
        }
        catch (JsonException)
        {
            return null; // no JSON: shown as it came
        }
    }

    private static string Word(JsonObject? json, string member) => json.String(member) ?? "";
}
