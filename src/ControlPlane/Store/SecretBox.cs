using System.Security.Cryptography;
using System.Text;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Store;

/// <summary>
/// Seals the specs of secret kinds before they reach a row: AES-256-GCM, bound to the resource's key, so that a sealed
/// spec moved to another row does not open.
/// </summary>
public sealed class SecretBox : IDisposable
{
    private const byte Format = 1;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private readonly AesGcm aes;

    /// <summary>Takes the 32-byte key.</summary>
    public SecretBox(byte[] key) => aes = new AesGcm(key, TagSize);

    /// <summary>
    /// Reads the key from <paramref name="path"/>, or makes one there (mode 0600) when the store is new.
    /// </summary>
    /// <exception cref="InvalidOperationException">The file does not hold a key.</exception>
    public static SecretBox FromFile(string path)
    {
        if (!File.Exists(path))
        {
            var text = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
            SecureFile.WriteAllText(path, text + "\n");
        }

        byte[] key;
        try
        {
            key = Convert.FromBase64String(File.ReadAllText(path).Trim());
        }
        catch (FormatException)
        {
            key = [];
        }

        return key.Length == 32
            ? new SecretBox(key)
            : throw new InvalidOperationException($"{path} does not hold a key (32 bytes, base64). Restore the file from your backup; without it the stored secrets cannot be read.");
    }

    /// <summary>Seals <paramref name="plain"/> for <paramref name="key"/>.</summary>
    public byte[] Seal(ResourceKey key, ReadOnlySpan<byte> plain)
    {
        var sealedBytes = new byte[1 + NonceSize + plain.Length + TagSize];
        sealedBytes[0] = Format;
        var nonce = sealedBytes.AsSpan(1, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        aes.Encrypt(nonce, plain, sealedBytes.AsSpan(1 + NonceSize, plain.Length), sealedBytes.AsSpan(1 + NonceSize + plain.Length, TagSize), BoundTo(key));
        return sealedBytes;
    }

    /// <summary>Opens what <see cref="Seal"/> made.</summary>
    /// <exception cref="InvalidOperationException">Another key was used, or the bytes were changed.</exception>
    public byte[] Open(ResourceKey key, ReadOnlySpan<byte> sealedBytes)
    {
        if (sealedBytes.Length < 1 + NonceSize + TagSize || sealedBytes[0] != Format)
        {
            throw new InvalidOperationException($"The stored {key} is not in a sealed form that this version knows.");
        }

        var plain = new byte[sealedBytes.Length - 1 - NonceSize - TagSize];
        try
        {
            aes.Decrypt(sealedBytes.Slice(1, NonceSize), sealedBytes.Slice(1 + NonceSize, plain.Length), sealedBytes[^TagSize..], plain, BoundTo(key));
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new InvalidOperationException($"The stored {key} cannot be opened: it was sealed with another key. Put back the key file that belongs to this store.", e);
        }

        return plain;
    }

    /// <inheritdoc />
    public void Dispose() => aes.Dispose();

    private static byte[] BoundTo(ResourceKey key) => Encoding.UTF8.GetBytes($"{key.Kind}\0{key.Mesh}\0{key.Name}");
}
