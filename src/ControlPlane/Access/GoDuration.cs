using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace MeshConsole.ControlPlane.Access;

/// <summary>Durations as Go writes them, <c>1h30m</c>, which is what Kuma's token requests carry.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");
    private static readonly (string Unit, double Ticks)[] Units =
    [
        ("ns", 0.01), ("us", 10), ("\u00b5s", 10), ("\u03bcs", 10), ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour),
    ];

    /// <summary>Reads a duration; the error is worded as Go words it.</summary>
    public static bool TryParse(string text, out TimeSpan value, [NotNullWhen(false)] out string? error)
    {
        value = default;
        error = null;
        var rest = text.AsSpan();
        var negative = rest.StartsWith("-");
        if (negative || rest.StartsWith("+"))
        {
            rest = rest[1..];
        }

        if (rest is "0")
        {
            return true;
        }

        if (rest.IsEmpty || text.Length > 64)
        {
            error = Invalid(text);
            return false;
        }

        double ticks = 0;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(Digits);
            var number = digits < 0 ? rest : rest[..digits];
            if (number.IsEmpty || number is "." || !double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
            {
                error = Invalid(text);
                return false;
            }

            rest = rest[number.Length..];
            var end = rest.IndexOfAny(Digits);
            var unit = end < 0 ? rest : rest[..end];
            if (unit.IsEmpty)
            {
                error = $"time: missing unit in duration {Quote(text)}";
                return false;
            }

            var factor = FactorOf(unit);
            if (factor is null)
            {
                error = $"time: unknown unit {Quote(unit.ToString())} in duration {Quote(text)}";
                return false;
            }

            ticks += amount * factor.Value;
            rest = rest[unit.Length..];
        }

        if (ticks > long.MaxValue / 100d) // Go counts nanoseconds in 64 bits
        {
            error = Invalid(text);
            return false;
        }

        value = TimeSpan.FromTicks(negative ? -(long)ticks : (long)ticks);
        return true;
    }

    private static double? FactorOf(ReadOnlySpan<char> unit)
    {
        foreach (var (name, ticks) in Units)
        {
            if (unit.SequenceEqual(name))
            {
                return ticks;
            }
        }

        return null;
    }

    private static string Invalid(string text) => $"time: invalid duration {Quote(text)}";

    private static string Quote(string text) => $"\"{(text.Length > 64 ? text[..64] + "…" : text)}\"";
}
