using System.Collections.Immutable;

namespace MeshConsole.Shared;

/// <summary>A reason something is refused, in words a person can act on.</summary>
/// <param name="Field">
/// Path of the field, Kuma's syntax: dots, <c>[n]</c> for list items, <c>["key"]</c> for map keys, for example
/// <c>spec.to[0].targetRef.kind</c>. Empty when no field can be named.
/// </param>
/// <param name="Message">What is wrong with it.</param>
public sealed record Violation(string Field, string Message);

/// <summary>Collects every violation of one body, so that all are reported at once.</summary>
public sealed class ViolationList
{
    private readonly List<Violation> items = [];

    /// <summary>Number of violations so far.</summary>
    public int Count => items.Count;

    /// <summary>True when nothing is wrong.</summary>
    public bool IsEmpty => items.Count == 0;

    /// <summary>Adds one.</summary>
    public void Add(string field, string message) => items.Add(new Violation(field, message));

    /// <summary>Adds one when <paramref name="wrong"/>.</summary>
    public void AddIf(bool wrong, string field, string message)
    {
        if (wrong)
        {
            Add(field, message);
        }
    }

    /// <summary>What was found, in the order found.</summary>
    public ImmutableArray<Violation> ToImmutable() => [.. items];
}
