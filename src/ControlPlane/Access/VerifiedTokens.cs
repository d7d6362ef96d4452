using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace MeshConsole.ControlPlane.Access;

/// <summary>
/// Tokens whose signature was found right, so that a client that shows the same one with every request costs one check of an
/// RSA signature and not thousands. Only the signature is remembered, together with the very key that checked it: expiry,
/// revocation and a replaced key are looked at anew each time. Holds digests, never the text of a token.
/// </summary>
internal sealed class VerifiedTokens
{
    /// <summary>How many are remembered; at the limit all are forgotten, and each costs one more check.</summary>
    public const int Limit = 4096;

    private readonly ConcurrentDictionary<Digest, VerifiedToken> known = [];

    /// <summary>How many are remembered now.</summary>
    public int Count => known.Count;

    /// <summary>What is known of the token, or null.</summary>
    public VerifiedToken? Find(string token) => known.GetValueOrDefault(Digest.Of(token));

    /// <summary>Remembers a token whose signature is right.</summary>
    public void Add(string token, VerifiedToken verified)
    {
        if (known.Count >= Limit)
        {
            known.Clear();
        }

        known[Digest.Of(token)] = verified;
    }

    private readonly record struct Digest(UInt128 High, UInt128 Low)
    {
        public static Digest Of(string token)
        {
            Span<byte> text = stackalloc byte[Tokens.MaxLength];
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(text[..Encoding.ASCII.GetBytes(token, text)], hash);
            return new Digest(BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
        }
    }
}

/// <summary>A token with a right signature.</summary>
/// <param name="Kid">Id of the key that signed it.</param>
/// <param name="Key">The key, as it was read from the settings or the stored secret: another version of the secret is another key.</param>
/// <param name="Claims">What it says.</param>
internal sealed record VerifiedToken(string Kid, RsaSecurityKey Key, JsonElement Claims);
