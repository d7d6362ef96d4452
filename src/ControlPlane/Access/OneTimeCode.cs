using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace MeshConsole.ControlPlane.Access;

/// <summary>A random code that is printed once; only its hash is kept.</summary>
internal sealed class OneTimeCode
{
    private const int MaxLength = 128;
    private readonly byte[] hash;

    private OneTimeCode(byte[] hash) => this.hash = hash;

    /// <summary>Makes a code of 256 random bits, written for a URL.</summary>
    public static OneTimeCode Create(out string text)
    {
        text = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));
        return new OneTimeCode(Hash(text));
    }

    /// <summary>Compares in constant time.</summary>
    public bool Matches(string code) => code.Length <= MaxLength && CryptographicOperations.FixedTimeEquals(hash, Hash(code));

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
