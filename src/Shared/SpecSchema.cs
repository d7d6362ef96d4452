using System.Collections.Immutable;

namespace MeshConsole.Shared;

/// <summary>The JSON types a schema node can have.</summary>
public enum SchemaType
{
    /// <summary>Anything goes and nothing is checked.</summary>
    Any,

    /// <summary>An object with named members.</summary>
    Object,

    /// <summary>An object whose member names are free.</summary>
    Map,

    /// <summary>A list.</summary>
    Array,

    /// <summary>Text.</summary>
    String,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number.</summary>
    Number,

    /// <summary>true or false.</summary>
    Boolean,

    /// <summary>A whole number, or text (Kubernetes' IntOrString).</summary>
    IntegerOrString,
}

/// <summary>
/// The shape of a spec: one description serves the structural check, unknown-field warnings, OpenAPI, forms and the
/// reference pages. Built from spec records or protobuf descriptors, never written by hand.
/// </summary>
public sealed record SpecSchema
{
    /// <summary>The node's type.</summary>
    public SchemaType Type { get; init; } = SchemaType.Any;

    /// <summary>Members of an <see cref="SchemaType.Object"/>, in the order they are shown.</summary>
    public ImmutableArray<SchemaMember> Members { get; init; } = [];

    /// <summary>Items of an <see cref="SchemaType.Array"/>, or values of a <see cref="SchemaType.Map"/>.</summary>
    public SpecSchema? Items { get; init; }

    /// <summary>The allowed values of a text or a whole number, as text; empty when free.</summary>
    public ImmutableArray<string> Values { get; init; } = [];

    /// <summary>Lowest number allowed, inclusive.</summary>
    public double? Minimum { get; init; }

    /// <summary>Highest number allowed, inclusive.</summary>
    public double? Maximum { get; init; }

    /// <summary>Fewest items allowed.</summary>
    public int? MinItems { get; init; }

    /// <summary>Most items allowed.</summary>
    public int? MaxItems { get; init; }

    /// <summary>Fewest characters allowed in a text.</summary>
    public int? MinLength { get; init; }

    /// <summary>Most characters allowed in a text.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Regular expression a text must match.</summary>
    public string? Pattern { get; init; }

    /// <summary>
    /// A hint for people and forms: <c>duration</c>, <c>percent</c>, <c>base64</c>, <c>timestamp</c>, <c>int64</c>, … The structural
    /// check knows <c>duration</c> (Go's text form) and <c>int64</c>, <c>uint64</c> (which may be written as text, as protobuf does).
    /// </summary>
    public string? Format { get; init; }
}

/// <summary>One member of an object.</summary>
/// <param name="Name">JSON name.</param>
/// <param name="Schema">Its shape.</param>
/// <param name="Required">True when it must be there (after defaults).</param>
/// <param name="Description">What it means, with unit and default.</param>
public sealed record SchemaMember(string Name, SpecSchema Schema, bool Required = false, string? Description = null)
{
    /// <summary>Compact JSON of the value that is filled in when it is absent, or null.</summary>
    public string? Default { get; init; }

    /// <summary>Another spelling that is read too (protobuf's own field name), or null.</summary>
    public string? AlternativeName { get; init; }
}
