using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>
/// Remembers of stored resources in which bytes they came, so that a peer that sends everything again after a reconnect costs
/// a hash per resource instead of decoding, checking and comparing it. What is remembered goes with the resource.
/// </summary>
internal sealed class ReceivedForms
{
    private readonly ConditionalWeakTable<Resource, byte[]> forms = [];

    /// <summary>True when the stored resource came in exactly these bytes.</summary>
    public bool Same(Resource stored, ReadOnlySpan<byte> bytes)
    {
        if (!forms.TryGetValue(stored, out var known))
        {
            return false;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return hash.SequenceEqual(known);
    }

    /// <summary>Remembers the bytes of a stored resource.</summary>
    public void Remember(Resource stored, ReadOnlySpan<byte> bytes) => forms.AddOrUpdate(stored, SHA256.HashData(bytes));
}
