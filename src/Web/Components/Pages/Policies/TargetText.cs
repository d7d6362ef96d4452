using System.Text.Json;
using MeshConsole.Shared;

namespace MeshConsole.Web.Components.Pages.Policies;

/// <summary>What a policy points at, in a few words.</summary>
public static class TargetText
{
    /// <summary>The top-level target of a policy.</summary>
    public static string Of(Resource policy)
    {
        var spec = policy.Spec.Parse();
        return spec.TryGetProperty("targetRef", out var target) && target.ValueKind == JsonValueKind.Object ? Of(target) : "whole mesh";
    }

    private static string Of(JsonElement target)
    {
        var kind = Text(target, "kind");
        var name = Text(target, "name");
        var labels = Pairs(target, "labels");
        var tags = Pairs(target, "tags");
        return kind switch
        {
            "" or "Mesh" => "whole mesh",
            "MeshSubset" => tags,
            _ => string.Join(" ", new[] { kind, name, labels, tags }.Where(t => t.Length > 0)),
        };
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static string Pairs(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object
            ? string.Join(" ", value.EnumerateObject().Select(p => $"{p.Name}={p.Value}"))
            : "";
}
