using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeshConsole.Shared;

/// <summary>A whole number, or text (Kubernetes' IntOrString): a percentage such as <c>50</c> or <c>"12.5"</c>, a port number or name.</summary>
[JsonConverter(typeof(IntOrStringConverter))]
public readonly record struct IntOrString
{
    private readonly string? text;
    private readonly long number;

    /// <summary>A number.</summary>
    public IntOrString(long number) => this.number = number;

    /// <summary>A text.</summary>
    public IntOrString(string text) => this.text = text;

    /// <summary>True when it was written as text.</summary>
    public bool IsText => text is not null;

    /// <summary>The number, when it was written as a number.</summary>
    public long? Number => text is null ? number : null;

    /// <summary>The text, when it was written as text.</summary>
    public string? Text => text;

    /// <summary>The value as a decimal number, whichever way it was written.</summary>
    /// <returns>False when it is a text that is no number.</returns>
    public bool TryGetDecimal(out decimal value)
    {
        if (text is null)
        {
            value = number;
            return true;
        }

        return decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>A number.</summary>
    public static implicit operator IntOrString(long number) => new(number);

    /// <inheritdoc />
    public override string ToString() => text ?? number.ToString(CultureInfo.InvariantCulture);

    private sealed class IntOrStringConverter : JsonConverter<IntOrString>
    {
        public override IntOrString Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.String => new IntOrString(reader.GetString()!),
            JsonTokenType.Number when reader.TryGetInt64(out var number) => new IntOrString(number),
            _ => throw new JsonException("a whole number or text is expected"),
        };

        public override void Write(Utf8JsonWriter writer, IntOrString value, JsonSerializerOptions options)
        {
            if (value.text is null)
            {
                writer.WriteNumberValue(value.number);
            }
            else
            {
                writer.WriteStringValue(value.text);
            }
        }
    }
}
