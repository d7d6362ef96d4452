using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeshConsole.Shared;

/// <summary>
/// A length of time in the text form of Go, which all policies use: numbers with a unit (<c>ns us ms s m h</c>), fractions
/// and combinations allowed, for example <c>1h30m</c> or <c>1.5s</c>; a bare number only as <c>0</c>.
/// </summary>
/// <param name="Nanoseconds">The length in nanoseconds; negative lengths exist, kinds refuse them where they make no sense.</param>
[JsonConverter(typeof(GoDurationConverter))]
public readonly record struct GoDuration(long Nanoseconds) : IComparable<GoDuration>
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private const long Microsecond = 1_000;
    private const long Millisecond = 1_000_000;
    private const long Second = 1_000_000_000;
    private const long Minute = 60 * Second;
    private const long Hour = 60 * Minute;

    /// <summary>No time at all; for most time-outs it means "off".</summary>
    public static GoDuration Zero => default;

    /// <summary>The nearest <see cref="TimeSpan"/> (100 ns steps, rounded towards zero).</summary>
    public TimeSpan ToTimeSpan() => new(Nanoseconds / 100);

    /// <summary>The same length as a <see cref="TimeSpan"/>.</summary>
    /// <exception cref="OverflowException">It is longer than about 292 years.</exception>
    public static GoDuration FromTimeSpan(TimeSpan value) => new(checked(value.Ticks * 100));

    /// <summary>Reads Go's text form.</summary>
    public static bool TryParse(string? text, out GoDuration value)
    {
        value = default;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        var rest = text.AsSpan();
        var negative = false;
        if (rest[0] is '-' or '+')
        {
            negative = rest[0] == '-';
            rest = rest[1..];
        }

        if (rest is "0")
        {
            return true;
        }

        if (rest.IsEmpty)
        {
            return false;
        }

        decimal total = 0;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(NumberCharacters);
            if (digits <= 0)
            {
                return false; // no number, or a number without unit
            }

            var number = rest[..digits];
            if (number is "." || number.Count('.') > 1 || number.Length > 30
                || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
            {
                return false;
            }

            rest = rest[digits..];
            var end = rest.IndexOfAny(NumberCharacters);
            var unit = end < 0 ? rest : rest[..end];
            long? factor = unit switch
            {
                "ns" => 1,
                "us" or "µs" or "μs" => Microsecond,
                "ms" => Millisecond,
                "s" => Second,
                "m" => Minute,
                "h" => Hour,
                _ => null,
            };
            if (factor is null || amount > long.MaxValue)
            {
                return false;
            }

            total += decimal.Truncate(amount * factor.Value);
            if (total > long.MaxValue)
            {
                return false;
            }

            rest = rest[unit.Length..];
        }

        value = new GoDuration(negative ? -(long)total : (long)total);
        return true;
    }

    /// <summary>Reads Go's text form.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static GoDuration Parse(string text) =>
        TryParse(text, out var value) ? value : throw new FormatException($"time: invalid duration \"{text}\"");

    /// <inheritdoc />
    public int CompareTo(GoDuration other) => Nanoseconds.CompareTo(other.Nanoseconds);

    /// <summary>Shorter.</summary>
    public static bool operator <(GoDuration left, GoDuration right) => left.CompareTo(right) < 0;

    /// <summary>Longer.</summary>
    public static bool operator >(GoDuration left, GoDuration right) => left.CompareTo(right) > 0;

    /// <summary>Shorter or equal.</summary>
    public static bool operator <=(GoDuration left, GoDuration right) => left.CompareTo(right) <= 0;

    /// <summary>Longer or equal.</summary>
    public static bool operator >=(GoDuration left, GoDuration right) => left.CompareTo(right) >= 0;

    /// <summary>The form Go writes: <c>1h0m0s</c>, <c>1.5s</c>, <c>250ms</c>, <c>0s</c>.</summary>
    public override string ToString()
    {
        if (Nanoseconds == 0)
        {
            return "0s";
        }

        var sign = Nanoseconds < 0 ? "-" : "";
        var n = Nanoseconds < 0 ? -(decimal)Nanoseconds : Nanoseconds;
        if (n < Second)
        {
            var (factor, unit) = n < Microsecond ? (1L, "ns") : n < Millisecond ? (Microsecond, "µs") : (Millisecond, "ms");
            return sign + Fraction(n / factor) + unit;
        }

        var text = new StringBuilder(sign);
        var hours = decimal.Truncate(n / Hour);
        if (hours > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{hours:0}h");
        }

        var minutes = decimal.Truncate(n % Hour / Minute);
        if (hours > 0 || minutes > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{minutes:0}m");
        }

        return text.Append(Fraction(n % Minute / Second)).Append('s').ToString();
    }

    private static string Fraction(decimal value) => value.ToString("0.#########", CultureInfo.InvariantCulture);

    private sealed class GoDurationConverter : JsonConverter<GoDuration>
    {
        public override GoDuration Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.String)
            {
                throw new JsonException("a duration is text, for example \"15s\"");
            }

            var text = reader.GetString();
            return TryParse(text, out var value) ? value : throw new JsonException($"time: invalid duration \"{text}\"");
        }

        public override void Write(Utf8JsonWriter writer, GoDuration value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
