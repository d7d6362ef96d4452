using System.Security.Cryptography;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.ControlPlane.Kinds.MeshTrust;

/// <summary>The kind MeshTrust.</summary>
public sealed class MeshTrustKind() : SpecKind<MeshTrustSpec>(new("MeshTrust", "meshtrusts", "mtrust", "Mesh Trust", "Mesh Trusts"))
{
    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone | Flow.ZoneToGlobal;

    /// <inheritdoc />
    public override bool HasStatus => true;

    /// <inheritdoc />
    public override IEnumerable<string> Warnings(Resource resource) =>
        Spec(resource).Origin is null ? [] : ["setting spec.origin field is deprecated"];

    /// <inheritdoc />
    protected override void Check(MeshTrustSpec spec, ValidationContext context, ViolationList violations)
    {
        violations.AddIf(spec.TrustDomain is "", "spec.trustDomain", "trustDomain needs to be defined");
        spec.CaBundles.Each("spec.caBundles", (bundle, path) =>
        {
            violations.AddIf(bundle.Pem is null, FieldPath.Member(path, "pem"), Messages.MustBeDefined);
            violations.AddIf(
                bundle.Pem is { Value: { } text } && !IsCertificate(text), FieldPath.Member(path, "pem.value"), "provided certificate has incorrect format");
        });
    }

    private static bool IsCertificate(string text) =>
        PemEncoding.TryFind(text, out var fields) && !text[fields.Label].EndsWith("PRIVATE KEY", StringComparison.Ordinal);
}
