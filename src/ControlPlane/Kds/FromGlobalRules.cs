using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>What a zone makes of global's resources.</summary>
/// <param name="site">This zone.</param>
internal sealed class FromGlobalRules(Site site) : ReceiveRules
{
    public override Actor Actor { get; } = new("global", []);

    public override Site Site => site;

    public override bool Takes(ResourceKind kind) => (kind.Flow & (Flow.GlobalToZone | Flow.ZoneToOtherZones)) != 0;

    public override string Foreign(ResourceKind kind) => $"{kind.Name} does not come from global";

    public override Resource? Accept(ResourceKind kind, Incoming incoming)
    {
        if (MayProvide(kind) && incoming.Labels.GetValueOrDefault(Labels.Origin) is null or Labels.OriginZone)
        {
            return null; // not said to be global's: Kuma passes such a resource over in silence, and so do we
        }

        if (incoming.Name.Length > 253 || incoming.Mesh.Length > 253)
        {
            throw new FormatException("the name is longer than 253 characters");
        }

        return new Resource
        {
            Kind = kind,
            Mesh = incoming.Mesh,
            Name = incoming.Name,
            Labels = incoming.Labels,
            Spec = incoming.Spec.Spec,
            Wire = incoming.Spec.Unknown,
        };
    }

    /// <summary>Global wins for what a zone may not provide; of the rest, only what came from elsewhere is global's to change.</summary>
    public override bool InScope(Resource stored) =>
        !MayProvide(stored.Kind) || (stored.Origin is not null and not Labels.OriginZone);

    /// <summary>The status is worked out here and never taken from global.</summary>
    public override Resource Merge(Resource stored, Resource incoming) =>
        stored.Status is { } status ? incoming.With(status: status) : incoming;

    public override string Clash(Resource stored) => stored.Mesh.Length == 0
        ? $"user error\nresource already exists: type=\"{stored.Kind.Name}\" name=\"{stored.Name}\""
        : $"user error\nresource already exists: type=\"{stored.Kind.Name}\" name=\"{stored.Name}\" mesh=\"{stored.Mesh}\"";

    private static bool MayProvide(ResourceKind kind) => (kind.Flow & (Flow.ZoneToGlobal | Flow.ZoneLocal)) != 0;
}
