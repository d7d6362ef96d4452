using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace MeshConsole.Shared;

/// <summary>Why a request was refused; each reason is one HTTP status.</summary>
public enum RefusalReason
{
    /// <summary>The body cannot be read (400, title "Bad Request").</summary>
    Malformed,

    /// <summary>The body is read and wrong (400, with violations).</summary>
    Invalid,

    /// <summary>No identity, or one that is not valid (401).</summary>
    Unauthenticated,

    /// <summary>The identity may not do this (403).</summary>
    Forbidden,

    /// <summary>No such thing (404).</summary>
    NotFound,

    /// <summary>This control plane does not write this kind (405).</summary>
    NotWritableHere,

    /// <summary>The store holds something that speaks against it (409).</summary>
    Conflict,

    /// <summary>Somebody else changed it meanwhile (412).</summary>
    Changed,

    /// <summary>The body is too large (413).</summary>
    TooLarge,

    /// <summary>The body is in another format (415).</summary>
    UnsupportedFormat,

    /// <summary>The store or a peer cannot be reached now (503).</summary>
    Unavailable,
}

/// <summary>An expected failure: what a person or a peer did that cannot be done.</summary>
/// <param name="Reason">The kind of refusal.</param>
/// <param name="Title">Short text, Kuma's titles where Kuma has one.</param>
/// <param name="Detail">What happened and what to do.</param>
public sealed record Refusal(RefusalReason Reason, string Title, string Detail)
{
    /// <summary>The fields that are wrong; empty when it is not about fields.</summary>
    public ImmutableArray<Violation> Violations { get; init; } = [];

    /// <summary>What the writer should know besides, such as a misspelt field that may be why a rule is broken.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>For <see cref="RefusalReason.Changed"/>: what the store holds now.</summary>
    public Resource? Current { get; init; }

    /// <summary>Kuma's answer for a body that breaks rules.</summary>
    public static Refusal Invalid(ViolationList violations, string title = "Could not process a resource") =>
        new(RefusalReason.Invalid, title, "Resource is not valid") { Violations = violations.ToImmutable() };

    /// <summary>Kuma's answer for one wrong field.</summary>
    public static Refusal Invalid(string field, string message, string title = "Could not process a resource") =>
        new(RefusalReason.Invalid, title, "Resource is not valid") { Violations = [new Violation(field, message)] };

    /// <summary>Kuma's answer for something that is not there.</summary>
    public static Refusal NotFound(string title = "Could not retrieve a resource") => new(RefusalReason.NotFound, title, "Not found");
}

/// <summary>A value, or the reason there is none.</summary>
/// <typeparam name="T">What is returned when all is well.</typeparam>
public readonly struct Result<T>
{
    private readonly T? value;

    private Result(T? value, Refusal? refusal)
    {
        this.value = value;
        Refusal = refusal;
    }

    /// <summary>The refusal, or null.</summary>
    public Refusal? Refusal { get; }

    /// <summary>True when there is a value.</summary>
    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool Ok => Refusal is null;

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">There is none; the message holds the refusal.</exception>
    public T Value => Refusal is null ? value! : throw new InvalidOperationException($"{Refusal.Title}: {Refusal.Detail} {string.Join("; ", Refusal.Violations)}");

    /// <summary>All is well.</summary>
    public static implicit operator Result<T>(T value) => new(value, null);

    /// <summary>Refused.</summary>
    public static implicit operator Result<T>(Refusal refusal) => new(default, refusal);
}
