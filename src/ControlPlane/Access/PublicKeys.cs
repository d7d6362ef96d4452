using System.Collections.Frozen;
using Microsoft.IdentityModel.Tokens;

namespace MeshConsole.ControlPlane.Access;

/// <summary>The keys of the settings, which check tokens that were signed elsewhere.</summary>
public sealed class PublicKeys
{
    private readonly FrozenDictionary<(string Family, string Mesh, string Kid), RsaSecurityKey> keys;
    private readonly FrozenSet<string> withoutSecrets;

    /// <summary>Reads them.</summary>
    /// <param name="options">Valid settings.</param>
    public PublicKeys(TokenOptions options)
    {
        keys = options.All.SelectMany(f => f.Family.PublicKeys.Select(k => ((f.Name, k.Mesh, k.Kid), new RsaSecurityKey(k.Read()) { KeyId = k.Kid }))).ToFrozenDictionary(k => k.Item1, k => k.Item2);
        withoutSecrets = options.All.Where(f => !f.Family.UseSecrets).Select(f => f.Name).ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>No keys: secrets alone count.</summary>
    public static PublicKeys None { get; } = new(new TokenOptions());

    /// <summary>The key with that id for tokens of the family, or null.</summary>
    internal RsaSecurityKey? Find(SigningKeyFamily family, string kid) =>
        keys.GetValueOrDefault((NameOf(family), family.Mesh, kid)) ?? keys.GetValueOrDefault((NameOf(family), "", kid));

    /// <summary>Whether keys in secrets check tokens of the family too.</summary>
    internal bool UsesSecrets(SigningKeyFamily family) => !withoutSecrets.Contains(NameOf(family));

    /// <summary>The family's name in the settings.</summary>
    internal static string NameOf(SigningKeyFamily family) => family == SigningKeyFamily.User ? "User" : family == SigningKeyFamily.Zone ? "Zone" : "Dataplane";
}
