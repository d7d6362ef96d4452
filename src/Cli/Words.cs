using System.Globalization;
using MeshConsole.Shared;

namespace MeshConsole.Cli;

/// <summary>Turns things into lines for people.</summary>
internal static class Words
{
    /// <summary>What helps somebody whom the control plane does not know.</summary>
    public const string SignInHint = "Sign in with --token-file FILE, or once with: meshctl config control-planes add --name NAME --address URL --auth-type tokens --token-file FILE";

    /// <summary>True when a token would help: there is none, or it is not taken.</summary>
    public static bool AsksForToken(Refusal refusal) => refusal.Reason == RefusalReason.Unauthenticated
        || (refusal.Reason == RefusalReason.Forbidden && refusal.Detail.Contains("mesh-system:anonymous", StringComparison.Ordinal));

    /// <summary>A refusal in one line: <c>TITLE (DETAIL)</c>, as kumactl writes it.</summary>
    public static string Of(Refusal refusal)
    {
        var detail = refusal.Detail.Trim();
        return Clean(detail.Length == 0 ? refusal.Title : refusal.Title.Length == 0 ? detail : $"{refusal.Title} ({detail})");
    }

    /// <summary>One wrong field as a line of a list.</summary>
    public static string Of(Violation violation) => Clean(violation.Field.Length == 0 ? $"* {violation.Message}" : $"* {violation.Field}: {violation.Message}");

    /// <summary>
    /// The text in one line without control characters: what a server sends must not move the cursor of the terminal it is
    /// shown on.
    /// </summary>
    public static string Clean(string text) => text.Any(char.IsControl)
        ? string.Concat(text.ReplaceLineEndings(" ").Select(c => char.IsControl(c) ? '\uFFFD' : c))
        : text;

    /// <summary>How long ago something was, as Kuma's tables write it: <c>12s</c>, <c>5m</c>, <c>3h</c>, <c>2d</c>, <c>1y</c>; <c>never</c> without a time.</summary>
    public static string Age(string? time, DateTimeOffset now)
    {
        if (!TryTime(time, out var then))
        {
            return "never";
        }

        var age = now - then;
        return age switch
        {
            _ when age < TimeSpan.FromMinutes(1) => Whole(Math.Max(0, age.TotalSeconds), "s"),
            _ when age < TimeSpan.FromHours(1) => Whole(age.TotalMinutes, "m"),
            _ when age < TimeSpan.FromDays(1) => Whole(age.TotalHours, "h"),
            _ when age < TimeSpan.FromDays(365) => Whole(age.TotalDays, "d"),
            _ => Whole(age.TotalDays / 365, "y"),
        };
    }

    /// <summary>Reads a time of the API; Go's zero time counts as none.</summary>
    public static bool TryTime(string? text, out DateTimeOffset time) =>
        DateTimeOffset.TryParse(Shorten(text), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time) && time.Year > 1;

    /// <summary>A count with its noun: <c>1 document</c>, <c>3 documents</c>.</summary>
    public static string Count(int count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");

    /// <summary>Number of letters to insert, delete or replace to make one of the other (Levenshtein).</summary>
    public static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var corner = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
                corner = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }

    private static string Whole(double value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(value):0}{unit}");

    // Go writes nanoseconds; .NET reads at most seven digits.
    private static string? Shorten(string? text)
    {
        var dot = text?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        if (dot < 0)
        {
            return text;
        }

        var end = dot + 1;
        while (end < text!.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        return end - dot > 8 ? text[..(dot + 8)] + text[end..] : text;
    }
}
