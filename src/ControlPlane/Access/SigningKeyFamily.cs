using System.Globalization;

namespace MeshConsole.ControlPlane.Access;

/// <summary>
/// A line of signing keys: secrets whose names share a prefix and end in a serial. The highest serial signs, all verify; a
/// name without serial is serial 0 (Kuma's rule).
/// </summary>
/// <param name="SecretKind"><c>Secret</c> or <c>GlobalSecret</c>.</param>
/// <param name="Mesh">Mesh of the secrets, or the empty string.</param>
/// <param name="Prefix">Name without serial.</param>
/// <param name="RevocationsName">Name of the secret that lists the ids of revoked tokens.</param>
public sealed record SigningKeyFamily(string SecretKind, string Mesh, string Prefix, string RevocationsName)
{
    /// <summary>Keys of user tokens.</summary>
    public static SigningKeyFamily User { get; } = new(SecretData.GlobalSecret, "", "user-token-signing-key", "user-token-revocations");

    /// <summary>Keys of zone tokens.</summary>
    public static SigningKeyFamily Zone { get; } = new(SecretData.GlobalSecret, "", "zone-token-signing-key", "zone-token-revocations");

    /// <summary>What zones get of <see cref="Zone"/>: the public halves, under a name of their own.</summary>
    public static SigningKeyFamily ZonePublic { get; } = Zone with { Prefix = "zone-token-signing-public-key" };

    /// <summary>Keys of the data plane tokens of one mesh.</summary>
    public static SigningKeyFamily Dataplane(string mesh) =>
        new(SecretData.Secret, mesh, $"dataplane-token-signing-key-{mesh}", $"dataplane-token-revocations-{mesh}");

    /// <summary>Name of the secret with that serial.</summary>
    public string SecretName(int serial) => serial == 0 ? Prefix : string.Create(CultureInfo.InvariantCulture, $"{Prefix}-{serial}");

    /// <summary>The serial in the name of a secret, or null when the secret is none of this family.</summary>
    public int? SerialOf(string secretName)
    {
        if (secretName == Prefix)
        {
            return 0;
        }

        return secretName.Length > Prefix.Length + 1
            && secretName.StartsWith(Prefix, StringComparison.Ordinal)
            && secretName[Prefix.Length] == '-'
            && int.TryParse(secretName.AsSpan(Prefix.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var serial)
            && secretName == SecretName(serial)
            ? serial
            : null;
    }

    /// <summary>How Kuma names the secret of a serial in its messages.</summary>
    internal string Describe(int serial) => Mesh.Length == 0
        ? $"GlobalSecret of name \"{SecretName(serial)}\" is not found"
        : $"Secret of name \"{SecretName(serial)}\" in mesh \"{Mesh}\" is not found";
}
