using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Kinds.Legacy;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Resources;

/// <summary>Rules for what a person writes that depend on what else is stored.</summary>
internal static class StoreRules
{
    /// <summary>Adds what speaks against storing <paramref name="draft"/> beside the other resources of <paramref name="world"/>.</summary>
    public static void Check(Resource draft, World world, ViolationList violations)
    {
        switch (draft.Kind)
        {
            case MeshKind kind:
                MeshBackendRules.Check(draft.Name, kind.Spec(draft).Mtls, world, violations);
                break;
            case DataplaneKind kind when world.Find("Mesh", draft.Mesh) is { Kind: MeshKind meshKind } mesh:
                Check(kind.Spec(draft), mesh.Name, meshKind.Spec(mesh), violations);
                break;
            case RateLimitKind kind:
                Check(kind.Spec(draft), draft.Mesh, world, violations);
                break;
            case ExternalServiceKind kind:
                Check(kind.Spec(draft), draft.Mesh, world, violations);
                break;
        }
    }

    private static void Check(Dataplane dataplane, string meshName, Mesh mesh, ViolationList violations)
    {
        var networking = dataplane.Networking;
        var exclusive = mesh.MeshServices?.Mode == Mesh.Types.MeshServices.Types.Mode.Exclusive;
        var constraints = mesh.Constraints?.DataplaneProxy;
        if (networking.Gateway is { } gateway)
        {
            Member(gateway.Tags, "networking.gateway.tags");
        }

        for (var i = 0; i < networking.Inbound.Count; i++)
        {
            var (tags, path) = (networking.Inbound[i].Tags, FieldPath.Member(FieldPath.Item("networking.inbound", i), "tags"));
            violations.AddIf(
                tags.Count == 0 && !exclusive,
                FieldPath.Key(path, TagKeys.Service),
                "tag has to exist, unless meshServices.mode of the mesh is Exclusive");
            Member(tags, path);
        }

        void Member(IReadOnlyDictionary<string, string> tags, string path)
        {
            if (constraints is null)
            {
                return;
            }

            if (constraints.Requirements.Count > 0 && !constraints.Requirements.Any(r => Matches(r.Tags, tags)))
            {
                violations.Add(path, $"dataplane cannot be a member of mesh \"{meshName}\" because its tags \"{Text(tags)}\" does not fulfill any requirements defined on the Mesh");
            }
            else if (constraints.Restrictions.FirstOrDefault(r => Matches(r.Tags, tags)) is { } restriction)
            {
                violations.Add(path, $"dataplane cannot be a member of mesh \"{meshName}\" because its tags \"{Text(tags)}\" matches restricted tags \"{Text(restriction.Tags)}\" defined on the Mesh");
            }
        }
    }

    /// <summary>Every wanted tag is there with that value; <c>*</c> wants any value that is not empty.</summary>
    private static bool Matches(IReadOnlyDictionary<string, string> wanted, IReadOnlyDictionary<string, string> tags) =>
        wanted.All(w => tags.TryGetValue(w.Key, out var value) && (w.Value == value || (w.Value == TagKeys.Any && value.Length > 0)));

    private static string Text(IReadOnlyDictionary<string, string> tags) =>
        string.Join(' ', tags.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"{t.Key}={t.Value}"));

    private static void Check(RateLimit limit, string mesh, World world, ViolationList violations)
    {
        var external = world.List("ExternalService", mesh)
            .Select(r => ((ExternalServiceKind)r.Kind).Spec(r).Tags.GetValueOrDefault(TagKeys.Service, ""))
            .ToHashSet(StringComparer.Ordinal);
        violations.AddIf(
            limit.Destinations.Any(d => external.Any(service => ReachesWithMoreTags(d, service))),
            "ratelimit",
            "RateLimit applied to external service only supports kuma.io/service as destination match");
    }

    private static void Check(ExternalService service, string mesh, World world, ViolationList violations)
    {
        var name = service.Tags.GetValueOrDefault(TagKeys.Service, "");
        foreach (var limit in world.List("RateLimit", mesh).Where(r => ((RateLimitKind)r.Kind).Spec(r).Destinations.Any(d => ReachesWithMoreTags(d, name))))
        {
            violations.Add("externalservice", $"ExternalService would match RateLimit '{limit.Name}' which includes incompatible destination matches");
        }
    }

    private static bool ReachesWithMoreTags(Selector destination, string service) =>
        destination.Match.TryGetValue(TagKeys.Service, out var value)
        && (value == service || value == TagKeys.Any)
        && destination.Match.Count > 1;
}
