using System.Text;
using System.Text.Json;

namespace MeshConsole.Shared;

/// <summary>A kind whose spec travels as raw JSON (all <c>Mesh*</c> policies and the newer resources).</summary>
/// <typeparam name="TSpec">The spec as a record; members it does not have stay in the stored body.</typeparam>
public abstract class JsonKind<TSpec> : ResourceKind<TSpec>
    where TSpec : class
{
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

    /// <inheritdoc />
    protected override TSpec Read(JsonBody spec) => JsonSerializer.Deserialize<TSpec>(spec.Utf8.Span, Json.Spec)
        ?? throw new JsonException($"spec of {Name} is null: {Encoding.UTF8.GetString(spec.Utf8.Span)}");
}
