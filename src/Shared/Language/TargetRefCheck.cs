using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace MeshConsole.Shared.Language;

/// <summary>What a targetRef may be at one place.</summary>
/// <param name="Kinds">The kinds allowed there.</param>
public sealed record TargetRefRules(params ImmutableArray<string> Kinds)
{
    /// <summary>The kinds that most policies allow at the top level; built-in gateways too.</summary>
    public static TargetRefRules Proxies { get; } = new(
        TargetKinds.Mesh, TargetKinds.MeshSubset, TargetKinds.MeshGateway, TargetKinds.MeshService, TargetKinds.MeshServiceSubset, TargetKinds.Dataplane)
    {
        GatewayTags = true,
    };

    /// <summary>As <see cref="Proxies"/>, and routes (old; the route belongs into <c>to</c>).</summary>
    public static TargetRefRules ProxiesAndRoutes { get; } = new([.. Proxies.Kinds, TargetKinds.MeshHTTPRoute]) { GatewayTags = true };

    /// <summary>Only the whole mesh.</summary>
    public static TargetRefRules MeshOnly { get; } = new(TargetKinds.Mesh);

    /// <summary>The services that a route can lead to.</summary>
    public static TargetRefRules Services { get; } = new(TargetKinds.MeshService, TargetKinds.MeshExternalService, TargetKinds.MeshMultiZoneService);

    /// <summary>The whole mesh or a service.</summary>
    public static TargetRefRules MeshAndServices { get; } = new([TargetKinds.Mesh, .. Services.Kinds]);

    /// <summary>The whole mesh or a service outside it: what is left when the policy itself is about a gateway or a route.</summary>
    public static TargetRefRules MeshAndExternalServices { get; } = new(TargetKinds.Mesh, TargetKinds.MeshExternalService);

    /// <summary>The whole mesh, a service or a route.</summary>
    public static TargetRefRules MeshServicesAndRoutes { get; } = new([.. MeshAndServices.Kinds, TargetKinds.MeshHTTPRoute]);

    /// <summary>Clients by their tags (old; SPIFFE IDs in <c>rules</c> replace them).</summary>
    public static TargetRefRules Clients { get; } = new(TargetKinds.Mesh, TargetKinds.MeshSubset, TargetKinds.MeshService, TargetKinds.MeshServiceSubset);

    /// <summary>What receives traffic in a route.</summary>
    public static TargetRefRules Backends { get; } = new(
        TargetKinds.MeshService, TargetKinds.MeshServiceSubset, TargetKinds.MeshExternalService, TargetKinds.MeshMultiZoneService);

    /// <summary>What receives mirrored requests.</summary>
    public static TargetRefRules MirrorBackends { get; } = new(TargetKinds.MeshService, TargetKinds.MeshServiceSubset);

    /// <summary>A MeshGateway may be narrowed to listeners by tags.</summary>
    public bool GatewayTags { get; init; }

    /// <summary>A Dataplane may be narrowed to an inbound by <c>sectionName</c>.</summary>
    public bool Inbound { get; init; }

    /// <summary>A name that is accepted although its characters are wrong.</summary>
    public string? ExceptionalName { get; init; }

    /// <summary>Message for a kind that is not allowed, instead of the usual one.</summary>
    public string? UnsupportedMessage { get; init; }
}

/// <summary>The rules of a targetRef, the same wherever one stands (Kuma 2.14).</summary>
public static partial class TargetRefCheck
{
    /// <summary>Checks <paramref name="reference"/>, which stands at <paramref name="path"/>.</summary>
    public static void Check(TargetRef? reference, string path, TargetRefRules rules, ViolationList at)
    {
        if (string.IsNullOrEmpty(reference?.Kind))
        {
            at.Add(FieldPath.Member(path, "kind"), Messages.MustBeDefined);
            return;
        }

        if (!rules.Kinds.Contains(reference.Kind))
        {
            at.Add(FieldPath.Member(path, "kind"), rules.UnsupportedMessage ?? $"value '{reference.Kind}' is not supported");
            return;
        }

        var check = new One(reference, path, rules, at);
        switch (reference.Kind)
        {
            case TargetKinds.Mesh:
                at.AddIf(check.HasName, FieldPath.Member(path, "name"), "using name with kind Mesh is not yet supported");
                check.NotSet("mesh", "tags", "labels", "namespace", "sectionName");
                check.ProxyTypes();
                break;
            case TargetKinds.Dataplane:
                check.NotSet("tags", "mesh", "proxyTypes");
                check.EitherLabelsOrName("either labels or name and namespace must be specified");
                at.AddIf(
                    !rules.Inbound && !string.IsNullOrEmpty(reference.SectionName),
                    FieldPath.Member(path, "sectionName"),
                    "can only be used with inbound policies");
                break;
            case TargetKinds.MeshSubset:
                check.NotSet("name", "mesh");
                TagCheck.Tags(reference.Tags, FieldPath.Member(path, "tags"), at);
                check.NotSet("labels", "namespace", "sectionName");
                check.ProxyTypes();
                break;
            case TargetKinds.MeshService:
                check.NameCharacters();
                check.NotSet("mesh", "tags", "proxyTypes");
                check.NameOrLabels("either labels or name and namespace must be specified");
                break;
            case TargetKinds.MeshHTTPRoute:
                check.NameCharacters();
                check.NotSet("mesh", "tags", "proxyTypes", "sectionName");
                check.NameOrLabels("either labels or name and namespace must be specified");
                break;
            case TargetKinds.MeshExternalService:
                check.NameCharacters();
                check.NotSet("mesh", "tags", "proxyTypes");
                check.NameOrLabels("either labels or name must be specified");
                check.NotSet("sectionName");
                break;
            case TargetKinds.MeshServiceSubset:
            case TargetKinds.MeshGateway:
                at.AddIf(!check.HasName, FieldPath.Member(path, "name"), $"must be set with kind {reference.Kind}");
                check.NameCharacters();
                check.NotSet("mesh", "proxyTypes");
                TagCheck.Selector(reference.Tags, FieldPath.Member(path, "tags"), at);
                if (reference.Kind == TargetKinds.MeshGateway && !rules.GatewayTags)
                {
                    check.NotSet("tags");
                }

                check.NotSet("labels", "namespace", "sectionName");
                break;
        }
    }

    /// <summary>True when the policy can reach gateways: the old kinds of <c>to</c> and <c>from</c> depend on it.</summary>
    public static bool IncludesGateways(TargetRef? top) => (top?.Kind ?? TargetKinds.Mesh) switch
    {
        TargetKinds.MeshGateway or TargetKinds.MeshHTTPRoute => true,
        TargetKinds.Mesh or TargetKinds.MeshSubset =>
            top?.ProxyTypes is not { Count: > 0 } types || types.Contains(ProxyTypes.Gateway),
        _ => false,
    };

    /// <summary>Warnings for top-level kinds that go away.</summary>
    public static IEnumerable<string> TopLevelDeprecations(TargetRef? top)
    {
        switch (top?.Kind)
        {
            case TargetKinds.MeshService or TargetKinds.MeshServiceSubset or TargetKinds.MeshSubset:
                yield return $"{top.Kind} value for 'targetRef.kind' is deprecated, use Dataplane with labels instead";
                break;
            case TargetKinds.MeshHTTPRoute:
                yield return "MeshHTTPRoute value for 'targetRef.kind' is deprecated, use MeshHTTPRoute in 'to[].targetRef' instead";
                break;
        }
    }

    [GeneratedRegex(@"^[0-9a-z.\-_]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();

    private readonly struct One(TargetRef reference, string path, TargetRefRules rules, ViolationList at)
    {
        /// <summary>True when the reference gives a name.</summary>
        public bool HasName => !string.IsNullOrEmpty(reference.Name);

        private bool HasLabels => reference.Labels is { Count: > 0 };

        /// <summary>None of the fields may be set with this kind of reference.</summary>
        public void NotSet(params ReadOnlySpan<string> fields)
        {
            foreach (var field in fields)
            {
                var set = field switch
                {
                    "name" => HasName,
                    "namespace" => !string.IsNullOrEmpty(reference.Namespace),
                    "labels" => HasLabels,
                    "sectionName" => !string.IsNullOrEmpty(reference.SectionName),
                    "tags" => reference.Tags is { Count: > 0 },
                    "proxyTypes" => reference.ProxyTypes is { Count: > 0 },
                    "mesh" => !string.IsNullOrEmpty(reference.Mesh),
                    _ => throw new ArgumentOutOfRangeException(nameof(fields), field, "no field of a targetRef"),
                };
                at.AddIf(set, FieldPath.Member(path, field), $"{Messages.MustNotBeSet} with kind {reference.Kind}");
            }
        }

        /// <summary>A list of proxy types must not be empty.</summary>
        public void ProxyTypes() =>
            at.AddIf(reference.ProxyTypes is { Count: 0 }, FieldPath.Member(path, "proxyTypes"), "must be undefined or have at least one element");

        /// <summary>A name has the characters that names of resources may have.</summary>
        public void NameCharacters() => at.AddIf(
            HasName && reference.Name != rules.ExceptionalName && !NamePattern().IsMatch(reference.Name!),
            FieldPath.Member(path, "name"),
            "invalid characters: must consist of lower case alphanumeric characters, '-', '.' and '_'.");

        /// <summary>Labels and a name exclude each other.</summary>
        public void EitherLabelsOrName(string message) => at.AddIf(
            HasLabels && (HasName || !string.IsNullOrEmpty(reference.Namespace)), FieldPath.Member(path, "labels"), message);

        /// <summary>A name or labels must be there, and not both.</summary>
        public void NameOrLabels(string message)
        {
            at.AddIf(!HasLabels && !HasName, path, $"name or labels must be set when kind is {reference.Kind}");
            EitherLabelsOrName(message);
        }
    }
}
