using System.Collections.Immutable;
using System.Text;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>
/// Names on the wire. Resources of different places that bear the same name get a suffix made of what tells them apart, so
/// that they can stand side by side (Kuma's scheme, unchanged since 2.9).
/// </summary>
public static class KdsName
{
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";
    private const int LongestBase = 253 - 17;

    /// <summary>The hashed name of a resource with these labels.</summary>
    /// <param name="mesh">Mesh, or the empty string.</param>
    /// <param name="name">Stored name; label <c>kuma.io/display-name</c> goes before it.</param>
    /// <param name="labels">Labels; zone and namespace enter the hash when they exist.</param>
    public static string Hash(string mesh, string name, ImmutableSortedDictionary<string, string> labels)
    {
        var basis = labels.TryGetValue(Labels.DisplayName, out var display) && display.Length > 0 ? display : name;
        var hash = 14695981039346656037UL;
        hash = Add(hash, mesh);
        hash = Add(hash, basis);
        if (labels.TryGetValue(Labels.Zone, out var zone))
        {
            hash = Add(hash, zone);
        }

        if (labels.TryGetValue(Labels.Namespace, out var ns))
        {
            hash = Add(hash, ns);
        }

        var utf8 = Encoding.UTF8.GetBytes(basis);
        var text = new StringBuilder(utf8.Length <= LongestBase ? basis : Encoding.UTF8.GetString(utf8, 0, LongestBase));
        text.Append('-');
        for (var shift = 60; shift >= 0; shift -= 4)
        {
            var hex = "0123456789abcdef"[(int)((hash >> shift) & 0xF)];
            text.Append(Alphabet[hex % Alphabet.Length]);
        }

        return text.ToString();
    }

    /// <summary>Name and mesh as one text: <c>name.mesh</c>, with a trailing dot when there is no mesh.</summary>
    public static string Join(string name, string mesh) => $"{name}.{mesh}";

    /// <summary>Takes <see cref="Join"/> apart at the last dot; a text without dot is a name without mesh.</summary>
    public static (string Name, string Mesh) Split(string text)
    {
        var dot = text.LastIndexOf('.');
        return dot < 0 ? (text, "") : (text[..dot], text[(dot + 1)..]);
    }

    private static ulong Add(ulong hash, string text)
    {
        Span<byte> buffer = stackalloc byte[256];
        var count = Encoding.UTF8.GetByteCount(text);
        var bytes = count <= buffer.Length ? buffer[..count] : new byte[count];
        Encoding.UTF8.GetBytes(text, bytes);
        foreach (var b in bytes)
        {
            hash = (hash ^ b) * 1099511628211UL;
        }

        return hash;
    }
}
