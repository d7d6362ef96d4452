using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.IdentityModel.Tokens;

namespace MeshConsole.ControlPlane.Access;

/// <summary>
/// The keys that sign tokens: RSA 2048, PKCS#1 PEM in secrets, as Kuma stores them. Keys are made here when missing; an
/// operator rotates by adding a secret with a higher serial (or with <see cref="RotateAsync"/>). Keys of the settings check
/// tokens that were signed elsewhere, and go before.
/// </summary>
public sealed class SigningKeys(ResourceStore store, KindRegistry kinds, Site site, PublicKeys publicKeys)
{
    /// <summary>Size of the keys made here, in bits, and the least that is accepted.</summary>
    public const int KeySize = 2048;

    /// <summary>
    /// Makes the first key of each family that has none. The key material is generated in parallel and before the commit.
    /// </summary>
    public async Task EnsureAsync(CancellationToken cancellationToken, params SigningKeyFamily[] families)
    {
        var world = store.World.Value;
        var prepared = await Task.WhenAll(families.Select(family => Task.Run(() => Prepare(world, family), cancellationToken))).ConfigureAwait(false);
        await store.CommitAsync(
            Actor.System,
            transaction => prepared.Count(secrets => secrets is not null && secrets.Apply(transaction)),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Generates the first key of <paramref name="family"/>; null when <paramref name="world"/> has one.</summary>
    public PreparedSecrets? Prepare(World world, SigningKeyFamily family) =>
        Serials(world, family).Any() ? null : new PreparedSecrets(NewSecret(family, 1));

    /// <summary>Adds a key with the next serial, which signs from now on; tokens of the older keys stay good.</summary>
    /// <returns>The new serial.</returns>
    public async Task<int> RotateAsync(Actor actor, SigningKeyFamily family, CancellationToken cancellationToken)
    {
        var draft = await Task.Run(() => NewSecret(family, 1), cancellationToken).ConfigureAwait(false);
        return await store.CommitAsync(
            actor,
            transaction =>
            {
                var serial = Serials(transaction.World, family).DefaultIfEmpty(0).Max() + 1;
                transaction.Put(draft.With(name: family.SecretName(serial)), history: true);
                return serial;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The key that signs now.</summary>
    internal static Result<RsaSecurityKey> Signing(World world, SigningKeyFamily family)
    {
        var serial = Serials(world, family).Select(s => (int?)s).Max();
        if (serial is null)
        {
            return Missing(family, 1);
        }

        var key = Read(world.Find(family.SecretKind, family.Mesh, family.SecretName(serial.Value))!, serial.Value);
        return key is { Key.PrivateKeyStatus: PrivateKeyStatus.Exists }
            ? key.Key
            : new Refusal(RefusalReason.Conflict, "Could not issue a token", $"{family.SecretKind} \"{family.SecretName(serial.Value)}\" does not hold {(key.Key is null ? $"an RSA key of {KeySize} bits or more" : "a private key")}. Replace it, or delete it so that the key before it signs.");
    }

    /// <summary>The key with that id, to verify: one of the settings, or the one whose secret has that serial.</summary>
    internal Result<RsaSecurityKey> Verifying(World world, SigningKeyFamily family, string kid)
    {
        if (publicKeys.Find(family, kid) is { } given)
        {
            return given;
        }

        var name = kid.Length > 64 ? kid[..64] + "…" : kid;
        if (!publicKeys.UsesSecrets(family))
        {
            return new Refusal(RefusalReason.NotFound, "Signing Key not found", $"there is no signing key with KID {name} among Tokens:{PublicKeys.NameOf(family)}:PublicKeys, and keys in secrets do not count here");
        }

        if (!int.TryParse(kid, NumberStyles.None, CultureInfo.InvariantCulture, out var serial))
        {
            return new Refusal(RefusalReason.NotFound, "Signing Key not found", $"there is no signing key with KID {name}: it is none of Tokens:{PublicKeys.NameOf(family)}:PublicKeys, and no serial of a secret");
        }

        var from = family == SigningKeyFamily.Zone && site is { IsGlobal: false, Federated: true } ? SigningKeyFamily.ZonePublic : family;
        if (serial < 0 || world.Find(from.SecretKind, from.Mesh, from.SecretName(serial)) is not { } secret)
        {
            return Missing(from, serial);
        }

        return Read(secret, serial).Key is { } key
            ? key
            : new Refusal(RefusalReason.Unauthenticated, "Invalid authentication data", $"{from.SecretKind} \"{secret.Name}\" does not hold an RSA key of {KeySize} bits or more.");
    }

    private static IEnumerable<int> Serials(World world, SigningKeyFamily family) =>
        world.List(family.SecretKind, family.Mesh).Select(secret => family.SerialOf(secret.Name)).OfType<int>();

    private static Refusal Missing(SigningKeyFamily family, int serial) => new(
        RefusalReason.NotFound,
        "Signing Key not found",
        string.Create(CultureInfo.InvariantCulture, $"there is no signing key with KID {serial}. {family.Describe(serial)}. If signing key was rotated, regenerate the token"));

    private static ParsedKey Read(Resource secret, int serial) => secret.Memo(r => ParsedKey.From(r, serial));

    private Resource NewSecret(SigningKeyFamily family, int serial)
    {
        using var rsa = RSA.Create(KeySize);
        return SecretData.Draft(kinds, family.SecretKind, family.Mesh, family.SecretName(serial), Encoding.ASCII.GetBytes(rsa.ExportRSAPrivateKeyPem() + "\n"));
    }

    /// <summary>The key of a secret, read once per stored version. Null when the data is no such key.</summary>
    private sealed record ParsedKey(RsaSecurityKey? Key)
    {
        public static ParsedKey From(Resource secret, int serial)
        {
            using var rsa = RSA.Create();
            bool isPrivate;
            try
            {
                var pem = SecretData.ReadText(secret);
                rsa.ImportFromPem(pem);
                isPrivate = pem.Contains("PRIVATE KEY", StringComparison.Ordinal);
            }
            catch (Exception e) when (e is ArgumentException or CryptographicException)
            {
                return new ParsedKey(Key: null); // said where the key is needed, without a word of its content
            }

            return rsa.KeySize < KeySize
                ? new ParsedKey(Key: null)
                : new ParsedKey(new RsaSecurityKey(rsa.ExportParameters(isPrivate)) { KeyId = serial.ToString(CultureInfo.InvariantCulture) });
        }

        public override string ToString() => nameof(ParsedKey);
    }
}
