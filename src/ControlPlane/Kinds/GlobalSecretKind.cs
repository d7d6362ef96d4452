using System.Collections.Immutable;
using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.System.Secret;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>A confidential value beside all meshes.</summary>
public sealed class GlobalSecretKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "GlobalSecret";

    /// <inheritdoc />
    public override string Path => "globalsecrets";

    /// <inheritdoc />
    public override ImmutableArray<string> AlternativePaths => ["global-secrets"];

    /// <inheritdoc />
    public override Scope Scope => Scope.Global;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone | Flow.ZoneLocal | Flow.KeepsName;

    /// <inheritdoc />
    public override bool IsSecret => true;

    /// <inheritdoc />
    public override string SingularDisplayName => "Global Secret";

    /// <inheritdoc />
    public override string PluralDisplayName => "Global Secrets";

    /// <inheritdoc />
    public override IEnumerable<string> Warnings(Resource resource)
    {
        if (Spec(resource).Data is not { Length: > 0 })
        {
            yield return "the secret holds no data";
        }
    }
}
