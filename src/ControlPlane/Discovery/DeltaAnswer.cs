using System.Collections.Immutable;

namespace MeshConsole.ControlPlane.Discovery;

/// <summary>What a request of the peer meant.</summary>
public enum DeltaAnswerKind
{
    /// <summary>The first request for a type: the complete set must be offered.</summary>
    First,

    /// <summary>Asked again for a type that was answered before: an answer follows even when nothing changed.</summary>
    Again,

    /// <summary>The response in flight is accepted.</summary>
    Accepted,

    /// <summary>The response in flight is refused, in whole or in part.</summary>
    Refused,

    /// <summary>Speaks of a response that is no longer in flight.</summary>
    Stale,
}

/// <summary>One refused resource.</summary>
/// <param name="Name">Wire name.</param>
/// <param name="Item">What was refused; null when it was a removal.</param>
/// <param name="Reason">The peer's words.</param>
public sealed record DeltaRefusal(string Name, DeltaItem? Item, string Reason);

/// <summary>What a request of the peer meant, and what is settled by it.</summary>
/// <param name="Kind">The meaning.</param>
/// <param name="Type">The resource type.</param>
public sealed record DeltaAnswer(DeltaAnswerKind Kind, string Type)
{
    /// <summary>The mark that the caller gave to the response (store revision of what it was made from); 0 when none is settled.</summary>
    public long Mark { get; init; }

    /// <summary>True when the settled response held everything there is of the type.</summary>
    public bool Complete { get; init; }

    /// <summary>What is refused and known by name.</summary>
    public ImmutableArray<DeltaRefusal> Refusals { get; init; } = [];

    /// <summary>What was refused before and is accepted now.</summary>
    public ImmutableArray<DeltaItem> Cleared { get; init; } = [];

    /// <summary>
    /// What was refused together with others without saying which: it is sent again in halves until the guilty one is found.
    /// </summary>
    public ImmutableArray<DeltaItem> Unclear { get; init; } = [];

    /// <summary>The peer's words, when it refused.</summary>
    public string? Reason { get; init; }
}
