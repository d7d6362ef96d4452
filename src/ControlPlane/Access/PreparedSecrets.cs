using System.Collections.Immutable;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Access;

/// <summary>
/// Secrets whose key material was generated before a commit (making keys is slow, a commit is not) and is stored inside it.
/// They belong together: all of them are stored, or none.
/// </summary>
public sealed class PreparedSecrets
{
    internal PreparedSecrets(params ImmutableArray<Resource> secrets) => Secrets = secrets;

    internal ImmutableArray<Resource> Secrets { get; }

    /// <summary>
    /// Stores them, unless one of them is there by now: what exists is never overwritten. Nothing of it goes into the history.
    /// </summary>
    /// <returns>True when they were stored.</returns>
    public bool Apply(StoreTransaction transaction)
    {
        if (Secrets.Any(secret => transaction.World.Find(secret.Key) is not null))
        {
            return false;
        }

        foreach (var secret in Secrets)
        {
            transaction.Put(secret, history: false);
        }

        return true;
    }

    /// <summary>Names only, so that it may stand in a log.</summary>
    public override string ToString() => string.Join(", ", Secrets);
}
