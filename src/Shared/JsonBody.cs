using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeshConsole.Shared;

/// <summary>
/// An immutable JSON object as UTF-8 text: the one form in which a spec or a status is stored, synced and served.
/// Members that this version does not know stay in it byte for byte.
/// </summary>
public sealed class JsonBody : IEquatable<JsonBody>
{
    private readonly byte[] utf8;

    private JsonBody(byte[] utf8) => this.utf8 = utf8;

    /// <summary>The empty object, <c>{}</c>.</summary>
    public static JsonBody Empty { get; } = new("{}"u8.ToArray());

    /// <summary>The text, UTF-8.</summary>
    public ReadOnlyMemory<byte> Utf8 => utf8;

    /// <summary>Takes text that is already known to be one JSON object. The array must not be changed afterwards.</summary>
    /// <exception cref="JsonException">The text is not a JSON object.</exception>
    public static JsonBody FromUtf8(byte[] utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = Json.MaxDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("A JSON object is expected.");
        }

        reader.Skip();
        if (reader.Read())
        {
            throw new JsonException("There is text after the end of the JSON object.");
        }

        return new JsonBody(utf8);
    }

    /// <summary>Takes text that is one JSON object.</summary>
    /// <exception cref="JsonException">The text is not a JSON object.</exception>
    public static JsonBody FromText(string text) => FromUtf8(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes <paramref name="node"/> in compact form.</summary>
    public static JsonBody FromNode(JsonObject node) => new(JsonSerializer.SerializeToUtf8Bytes(node, Json.Compact));

    /// <summary>Writes <paramref name="element"/>, which must be an object, in compact form.</summary>
    public static JsonBody FromElement(JsonElement element) => new(JsonSerializer.SerializeToUtf8Bytes(element, Json.Compact));

    /// <summary>Writes <paramref name="value"/> with the serializer that all specs use.</summary>
    public static JsonBody From<T>(T value) => new(JsonSerializer.SerializeToUtf8Bytes(value, Json.Spec));

    /// <summary>Parses the text anew; the result owns its memory.</summary>
    public JsonElement Parse() => JsonElement.Parse(utf8, new JsonDocumentOptions { MaxDepth = Json.MaxDepth });

    /// <summary>Parses the text into a tree that the caller may change.</summary>
    public JsonObject ToNode() => JsonNode.Parse(utf8, null, new JsonDocumentOptions { MaxDepth = Json.MaxDepth })!.AsObject();

    /// <summary>Equal as JSON: the order of members and white space do not count.</summary>
    public bool Equals(JsonBody? other) =>
        other is not null
        && (ReferenceEquals(this, other) || utf8.AsSpan().SequenceEqual(other.utf8) || JsonElement.DeepEquals(Parse(), other.Parse()));

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as JsonBody);

    /// <inheritdoc />
    public override int GetHashCode() => 0; // equality looks through member order, so only a constant is right; bodies are never keys

    /// <inheritdoc />
    public override string ToString() => Encoding.UTF8.GetString(utf8);
}
