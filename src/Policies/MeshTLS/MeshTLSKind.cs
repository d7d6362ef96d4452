using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshTLS;

/// <summary>The kind MeshTLS.</summary>
public sealed class MeshTLSKind() : PolicyKind<MeshTLSSpec>(new("MeshTLS", "meshtlses", "mtls", "Mesh TLS", "Mesh TLSes"))
{
    /// <inheritdoc />
    public override PolicyTraits Policy { get; } = new(IsTargetRef: true, HasFrom: true, HasRules: true, IsFromAsRules: true);

    /// <inheritdoc />
    protected override TargetRefRules TopLevel { get; } = new(TargetKinds.Mesh, TargetKinds.MeshSubset, TargetKinds.Dataplane);

    /// <inheritdoc />
    protected override bool IsInbound(MeshTLSSpec spec) => ItemRules.Any(spec.From) || ItemRules.Any(spec.Rules);

    /// <inheritdoc />
    protected override void CheckRules(MeshTLSSpec spec, ViolationList at)
    {
        ItemRules.RulesReplaceFrom(spec.From, spec.Rules, at);
        var wholeMesh = (spec.TargetRef?.Kind ?? TargetKinds.Mesh) == TargetKinds.Mesh;
        spec.Rules.Each("spec.rules", (rule, path) => CheckConf(rule.Default, FieldPath.Member(path, "default")));
        spec.From.Each("spec.from", (from, path) =>
        {
            TargetRefCheck.Check(from.TargetRef, FieldPath.Member(path, "targetRef"), TargetRefRules.MeshOnly, at);
            CheckConf(from.Default, FieldPath.Member(path, "default"));
        });

        void CheckConf(TlsConf? conf, string path)
        {
            var version = FieldPath.Member(path, "tlsVersion");
            at.AddIf(
                !wholeMesh && conf?.TlsCiphers is { Count: > 0 },
                FieldPath.Member(path, "tlsCiphers"),
                "tlsCiphers can only be defined with top level targetRef kind: Mesh");
            at.AddIf(!wholeMesh && conf?.TlsVersion is not null, version, "tlsVersion can only be defined with top level targetRef kind: Mesh");
            TlsVersionRange.Check(wholeMesh ? conf?.TlsVersion : null, version, at);
        }
    }

    /// <inheritdoc />
    protected override IEnumerable<string> Deprecations(MeshTLSSpec spec) => ItemRules.Any(spec.From) ? [ItemRules.FromDeprecation] : [];
}
