using System.Collections.Immutable;

namespace MeshConsole.Shared;

/// <summary>What a policy kind can say, for <c>/policies</c> and <c>/_resources</c>; null for kinds that are no policy.</summary>
/// <param name="IsTargetRef">True for the kinds with <c>targetRef</c>, false for the kinds of 2021.</param>
/// <param name="HasTo">Has <c>to</c>: configures what a client does.</param>
/// <param name="HasFrom">Has <c>from</c>: configures what a server does, by client.</param>
/// <param name="HasRules">Has <c>rules</c>: configures what a server does, by match.</param>
/// <param name="IsFromAsRules">The <c>from</c> list is an old spelling of <c>rules</c>.</param>
public sealed record PolicyTraits(bool IsTargetRef, bool HasTo = false, bool HasFrom = false, bool HasRules = false, bool IsFromAsRules = false);

/// <summary>How a spec travels: Kuma's inner Any.</summary>
/// <param name="TypeUrl">Empty for JSON kinds, <c>type.googleapis.com/…</c> for protobuf kinds.</param>
/// <param name="Value">JSON text or protobuf bytes.</param>
public readonly record struct WirePayload(string TypeUrl, ReadOnlyMemory<byte> Value);

/// <summary>A spec read from the wire.</summary>
/// <param name="Spec">The spec as JSON.</param>
/// <param name="Unknown">The original bytes when they hold fields we do not know, else null (see <see cref="Resource.Wire"/>).</param>
public readonly record struct WireSpec(JsonBody Spec, byte[]? Unknown = null);

/// <summary>What surrounds a validation.</summary>
/// <param name="Draft">What is to be stored; its spec passed the structural check and has its defaults.</param>
/// <param name="Site">The control plane that is to store it.</param>
public sealed record ValidationContext(Resource Draft, Site Site);

/// <summary>
/// What a kind is: one description serves store, REST, YAML, forms, documentation and sync. A kind is one folder (policies)
/// or one file (the kinds the engine knows) and one line in the list of kinds.
/// </summary>
public abstract class ResourceKind
{
    /// <summary>Kuma's type name, for example <c>MeshHTTPRoute</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The path segment of REST, for example <c>meshhttproutes</c>.</summary>
    public abstract string Path { get; }

    /// <summary>Further path segments that answer the same.</summary>
    public virtual ImmutableArray<string> AlternativePaths => [];

    /// <summary>Inside a mesh, or beside all.</summary>
    public abstract Scope Scope { get; }

    /// <summary>Which way KDS carries it.</summary>
    public abstract Flow Flow { get; }

    /// <summary>The short name in a KRI, or null for kinds without KRI.</summary>
    public virtual string? ShortName => null;

    /// <summary>REST shows the spec's fields at the top level (the older kinds).</summary>
    public virtual bool Flat => false;

    /// <summary>There is a status beside the spec.</summary>
    public virtual bool HasStatus => false;

    /// <summary>Only administrators may read or write it; its spec is a secret and is encrypted at rest, masked in history.</summary>
    public virtual bool IsSecret => false;

    /// <summary>Made by control planes only; REST answers 405 to every write.</summary>
    public virtual bool ReadOnly => false;

    /// <summary>Observed state (insights): stored without history and audit, written in batches.</summary>
    public virtual bool Observed => false;

    /// <summary>False for kinds without REST path of their own (Config).</summary>
    public virtual bool HasApi => true;

    /// <summary>What the policy can say, or null when it is no policy.</summary>
    public virtual PolicyTraits? Policy => null;

    /// <summary>One of them, in words: <c>Mesh HTTP Route</c>.</summary>
    public abstract string SingularDisplayName { get; }

    /// <summary>Many of them, in words: <c>Mesh HTTP Routes</c>.</summary>
    public abstract string PluralDisplayName { get; }

    /// <summary>The shape of the spec.</summary>
    public abstract SpecSchema Schema { get; }

    /// <summary>One good example as YAML, shown in editors and run by tests; null when people never write this kind.</summary>
    public virtual string? Example => null;

    /// <summary>Type of the typed spec: a record, or a protobuf message.</summary>
    public abstract Type SpecType { get; }

    /// <summary>Fills in what Kuma fills in before it validates; returns the same instance when there is nothing to fill.</summary>
    public virtual JsonBody ApplyDefaults(JsonBody spec, Site site) => spec;

    /// <summary>The rules of this kind beyond its shape. Field paths begin with <c>spec.</c>, or without it for flat kinds.</summary>
    public virtual void Validate(ValidationContext context, ViolationList violations)
    {
    }

    /// <summary>Texts that warn of deprecated or surprising things in a valid resource (Kuma's <c>warnings</c>).</summary>
    public virtual IEnumerable<string> Warnings(Resource resource) => [];

    /// <summary>The typed spec of a resource of this kind, computed once per resource.</summary>
    /// <exception cref="System.Text.Json.JsonException">The stored spec does not fit the type.</exception>
    public abstract object TypedSpec(Resource resource);

    /// <summary>Reads a typed spec without a resource; throws what <see cref="TypedSpec"/> throws.</summary>
    public abstract object ReadSpec(JsonBody spec);

    /// <summary>How the spec of <paramref name="resource"/> travels by KDS.</summary>
    public abstract WirePayload ToWire(Resource resource);

    /// <summary>Reads a spec that came by KDS.</summary>
    /// <exception cref="FormatException">It is no spec of this kind; the message says why.</exception>
    public abstract WireSpec FromWire(string typeUrl, ReadOnlyMemory<byte> value);

    /// <inheritdoc />
    public override string ToString() => Name;
}

/// <summary>A kind with a typed spec.</summary>
/// <typeparam name="TSpec">A record (JSON kinds) or a protobuf message.</typeparam>
public abstract class ResourceKind<TSpec> : ResourceKind
    where TSpec : class
{
    /// <inheritdoc />
    public sealed override Type SpecType => typeof(TSpec);

    /// <inheritdoc />
    public sealed override object TypedSpec(Resource resource) => Spec(resource);

    /// <inheritdoc />
    public sealed override object ReadSpec(JsonBody spec) => Read(spec);

    /// <summary>The typed spec, computed once per resource; treat it as immutable.</summary>
    public TSpec Spec(Resource resource) => resource.Memo<TSpec>(r => Read(r.Spec));

    /// <summary>Reads the JSON form.</summary>
    protected abstract TSpec Read(JsonBody spec);
}
