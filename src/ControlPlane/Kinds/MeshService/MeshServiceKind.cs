using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kinds.MeshService;

/// <summary>The kind MeshService: written in zones, known everywhere.</summary>
public sealed class MeshServiceKind() : SpecKind<MeshServiceSpec>(
    new("MeshService", "meshservices", "msvc", "Mesh Service", "Mesh Services"))
{
    /// <inheritdoc />
    public override Flow Flow => Flow.ZoneToGlobal | Flow.ZoneToOtherZones;

    /// <inheritdoc />
    public override bool HasStatus => true;

    /// <inheritdoc />
    public override IEnumerable<string> Warnings(Resource resource) =>
        ServiceRules.Warnings(resource, (Spec(resource).Ports ?? []).Select(p => p.SectionName));

    /// <inheritdoc />
    protected override void Check(MeshServiceSpec spec, ValidationContext context, ViolationList violations)
    {
        ServiceRules.Name(context.Draft, violations);
        var selector = spec.Selector;
        object?[] ways = [selector?.DataplaneTags, selector?.DataplaneRef, selector?.DataplaneLabels];
        violations.AddIf(
            ways.Count(w => w is not null) > 1,
            "spec.selector",
            "must specify only one of: dataplaneTags, dataplaneRef, or dataplaneLabels");
    }
}
