using System.Text;
using System.Text.Json;

namespace MeshConsole.Shared;

/// <summary>A kind whose spec travels as raw JSON (all <c>Mesh*</c> policies and the newer resources).</summary>
/// <typeparam name="TSpec">The spec as a record; members it does not have stay in the stored body.</typeparam>
public abstract class JsonKind<TSpec> : ResourceKind<TSpec>
    where TSpec : class
{
    /// <inheritdoc />
    public override SpecSchema Schema => RecordSchema.For<TSpec>();

    /// <summary>Fills in the defaults that the schema names.</summary>
    public override JsonBody ApplyDefaults(JsonBody spec, Site site) => SchemaDefaults.Fill(spec, Schema);

    /// <inheritdoc />
    public sealed override void Validate(ValidationContext context, ViolationList violations) => Check(Spec(context.Draft), context, violations);

    /// <inheritdoc />
    public override WirePayload ToWire(Resource resource) => new("", resource.Spec.Utf8);

    /// <inheritdoc />
    public override WireSpec FromWire(string typeUrl, ReadOnlyMemory<byte> value)
    {
        try
        {
            var spec = JsonBody.FromUtf8(value.ToArray());
            _ = Read(spec); // a wrong JSON type of a known member is refused here, as Kuma does
            return new WireSpec(spec);
        }
        catch (JsonException e)
        {
            throw new FormatException($"spec of {Name}: {e.Message}", e);
        }
    }

    /// <summary>The rules of this kind beyond its shape; field paths begin with <c>spec</c>.</summary>
    protected virtual void Check(TSpec spec, ValidationContext context, ViolationList violations)
    {
    }

    /// <inheritdoc />
    protected override TSpec Read(JsonBody spec) => JsonSerializer.Deserialize<TSpec>(spec.Utf8.Span, Json.Spec)
        ?? throw new JsonException($"spec of {Name} is null: {Encoding.UTF8.GetString(spec.Utf8.Span)}");
}
