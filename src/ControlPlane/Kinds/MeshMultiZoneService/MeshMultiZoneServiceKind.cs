using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.ControlPlane.Kinds.MeshMultiZoneService;

/// <summary>The kind MeshMultiZoneService: written at global.</summary>
public sealed class MeshMultiZoneServiceKind() : SpecKind<MeshMultiZoneServiceSpec>(
    new("MeshMultiZoneService", "meshmultizoneservices", "mzsvc", "Mesh Multi Zone Service", "Mesh Multi Zone Services"))
{
    private static readonly string[] Protocols = ["grpc", "http", "http2", "kafka", "tcp"];

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override bool HasStatus => true;

    /// <inheritdoc />
    public override IEnumerable<string> Warnings(Resource resource) =>
        ServiceRules.Warnings(resource, (Spec(resource).Ports ?? []).Select(p => p.SectionName));

    /// <inheritdoc />
    protected override void Check(MeshMultiZoneServiceSpec spec, ValidationContext context, ViolationList violations)
    {
        violations.AddIf(spec.Selector?.MeshService?.MatchLabels is not { Count: > 0 }, "spec.selector.meshService.matchLabels", "cannot be empty");
        var ports = spec.Ports ?? [];
        violations.AddIf(ports.Count == 0, "spec.ports", "cannot be empty");
        for (var i = 0; i < ports.Count; i++)
        {
            var path = FieldPath.Item("spec.ports", i);
            violations.AddIf(ports[i].Name is "", FieldPath.Member(path, "name"), Messages.MustNotBeEmpty);
            violations.AddIf(
                ports[i].AppProtocol is { } protocol && !Protocols.Contains(protocol),
                FieldPath.Member(path, "appProtocol"),
                $"appProtocol must be one of: {string.Join(", ", Protocols)}");
        }
    }
}
