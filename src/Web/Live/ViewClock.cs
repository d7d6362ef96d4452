using System.Globalization;

namespace MeshConsole.Web.Live;

/// <summary>Times as the person at this browser reads them. One per circuit.</summary>
public sealed class ViewClock(TimeProvider time)
{
    /// <summary>The browser's time zone; UTC until it is known.</summary>
    public TimeZoneInfo Zone { get; private set; } = TimeZoneInfo.Utc;

    /// <summary>Now, in the browser's zone.</summary>
    public DateTimeOffset Now => Local(time.GetUtcNow());

    /// <summary>
    /// Takes the browser's zone as <c>Europe/Berlin|60</c>: the IANA name, and the present offset in minutes for a server without
    /// time zone data. What cannot be read leaves UTC.
    /// </summary>
    /// <returns>True when the zone is another one than before.</returns>
    public bool Use(string? zone)
    {
        if (Find(zone) is not { } found || found.Id == Zone.Id)
        {
            return false;
        }

        Zone = found;
        return true;
    }

    private static TimeZoneInfo? Find(string? zone)
    {
        if (string.IsNullOrEmpty(zone))
        {
            return null;
        }

        var parts = zone.Split('|');
        if (TimeZoneInfo.TryFindSystemTimeZoneById(parts[0], out var known))
        {
            return known;
        }

        return parts.Length == 2 && int.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var minutes) && Math.Abs(minutes) <= 14 * 60
            ? TimeZoneInfo.CreateCustomTimeZone(zone, TimeSpan.FromMinutes(minutes), parts[0], parts[0])
            : null;
    }

    /// <summary>Clock time with seconds, <c>14:07:31</c>; with the day before it when it was not today.</summary>
    public string At(DateTimeOffset moment)
    {
        var local = Local(moment);
        return local.Date == Now.Date ? Format(local, "HH:mm:ss") : Format(local, "yyyy-MM-dd HH:mm");
    }

    /// <summary>Day, clock time and zone in full, for titles.</summary>
    public string Full(DateTimeOffset moment) => Format(Local(moment), "yyyy-MM-dd HH:mm:ss.fff zzz");

    /// <summary>The day, <c>2027-11-20</c>.</summary>
    public string Day(DateTimeOffset moment) => Format(Local(moment), "yyyy-MM-dd");

    /// <summary>A span in words as short as they may be: <c>18 ms</c>, <c>1.4 s</c>, <c>5 min</c>, <c>3 h</c>, <c>2 d</c>.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalMilliseconds: < 1 } => "<1 ms",
        { TotalSeconds: < 1 } => Text($"{span.TotalMilliseconds:0} ms"),
        { TotalSeconds: < 10 } => Text($"{span.TotalSeconds:0.0} s"),
        { TotalMinutes: < 1 } => Text($"{span.TotalSeconds:0} s"),
        { TotalHours: < 1 } => Text($"{span.TotalMinutes:0} min"),
        { TotalDays: < 2 } => Text($"{span.TotalHours:0} h"),
        _ => Text($"{span.TotalDays:0} d"),
    };

    private DateTimeOffset Local(DateTimeOffset moment) => TimeZoneInfo.ConvertTime(moment, Zone);

    private static string Format(DateTimeOffset moment, string format) => moment.ToString(format, CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
