using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.System.Secret;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>A confidential value of a mesh.</summary>
public sealed class SecretKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "Secret";

    /// <inheritdoc />
    public override string Path => "secrets";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone | Flow.ZoneLocal | Flow.KeepsName;

    /// <inheritdoc />
    public override bool IsSecret => true;

    /// <inheritdoc />
    public override string SingularDisplayName => "Secret";

    /// <inheritdoc />
    public override string PluralDisplayName => "Secrets";

    /// <inheritdoc />
    public override IEnumerable<string> Warnings(Resource resource)
    {
        if (Spec(resource).Data is not { Length: > 0 })
        {
            yield return "the secret holds no data";
        }
    }
}
