using System.Text.Json;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>What the sync must know of a policy's spec, read once per resource.</summary>
internal sealed class PolicyFacts
{
    private PolicyFacts(bool hasTarget, string? onlyZone, bool isProducer)
    {
        HasTarget = hasTarget;
        OnlyZone = onlyZone;
        IsProducer = isProducer;
    }

    /// <summary>Whether the top-level <c>targetRef</c> is written.</summary>
    public bool HasTarget { get; }

    /// <summary>The one zone that a MeshSubset at the top names by tag, or null.</summary>
    public string? OnlyZone { get; }

    /// <summary>
    /// Whether the role worked out from spec and namespace is <c>producer</c>: no <c>from</c>, and every <c>to</c> names a
    /// MeshService or MeshHTTPRoute of the policy's own namespace.
    /// </summary>
    public bool IsProducer { get; }

    public static PolicyFacts Of(Resource resource) => resource.Memo(Read);

    private static PolicyFacts Read(Resource resource)
    {
        var spec = resource.Spec.Parse();
        var hasTarget = Member(spec, "targetRef") is { ValueKind: JsonValueKind.Object };
        string? onlyZone = null;
        if (Member(spec, "targetRef") is { ValueKind: JsonValueKind.Object } top
            && Text(top, "kind") == "MeshSubset"
            && Member(top, "tags") is { ValueKind: JsonValueKind.Object } tags
            && tags.TryGetProperty(Labels.Zone, out var zone) && zone.ValueKind == JsonValueKind.String)
        {
            onlyZone = zone.GetString();
        }

        var ns = resource.Labels.GetValueOrDefault(Labels.Namespace);
        var producer = !string.IsNullOrEmpty(ns)
            && Member(spec, "from") is null or { ValueKind: JsonValueKind.Array } && Length(spec, "from") == 0
            && Member(spec, "to") is { ValueKind: JsonValueKind.Array } to && to.GetArrayLength() > 0
            && to.EnumerateArray().All(t => Produces(t, ns!));
        return new PolicyFacts(hasTarget, onlyZone, producer && !string.IsNullOrEmpty(ns));
    }

    private static bool Produces(JsonElement item, string ns) =>
        Member(item, "targetRef") is { ValueKind: JsonValueKind.Object } target
        && Text(target, "kind") is "MeshService" or "MeshHTTPRoute"
        && Text(target, "name") is { Length: > 0 }
        && (Text(target, "namespace") is not { Length: > 0 } other || other == ns);

    private static int Length(JsonElement of, string name) => Member(of, name) is { ValueKind: JsonValueKind.Array } list ? list.GetArrayLength() : 0;

    private static string? Text(JsonElement of, string name) => Member(of, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static JsonElement? Member(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
