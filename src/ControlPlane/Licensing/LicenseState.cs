using System.Collections.Immutable;
using System.Globalization;

namespace MeshConsole.ControlPlane.Licensing;

/// <summary>The words for the state of a license, the same in REST, console and metrics.</summary>
public enum LicenseStatus
{
    /// <summary>All is well.</summary>
    Valid,

    /// <summary>Ends in less than 30 days.</summary>
    Expiring,

    /// <summary>Ended less than 14 days ago; everything still works.</summary>
    Grace,

    /// <summary>Ended, and the grace is over: configuration is read-only; traffic, joining proxies and certificates are not touched.</summary>
    Expired,

    /// <summary>More is in use than it covers: warns, and does nothing else.</summary>
    OverLimit,

    /// <summary>A license that was offered cannot be taken; the last good one stays in force.</summary>
    Invalid,
}

/// <summary>One thing of which more is in use than the license covers.</summary>
/// <param name="What"><c>zones</c> or <c>data planes</c>.</param>
/// <param name="Used">How many there are.</param>
/// <param name="Limit">How many are covered.</param>
public sealed record LicenseExcess(string What, int Used, int Limit);

/// <summary>
/// How a license stands at one moment: a pure function of license, usage and time. It never touches traffic, joining
/// proxies, certificates or start-up.
/// </summary>
/// <param name="License">The license in force.</param>
/// <param name="Usage">What is in use.</param>
/// <param name="Status">The most urgent of what is true: the date before the limits.</param>
/// <param name="Excess">What is over its limit, whatever the status is.</param>
/// <param name="Message">One sentence for people.</param>
public sealed record LicenseState(License License, LicenseUsage Usage, LicenseStatus Status, ImmutableArray<LicenseExcess> Excess, string Message)
{
    /// <summary>From how long before its end a license reads "expiring".</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromDays(30);

    /// <summary>How long everything goes on after its end.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromDays(14);

    /// <summary>
    /// True when changes of configuration are refused. Reverting, draining, aborting, disabling a zone and uploading a license
    /// are allowed even then.
    /// </summary>
    public bool ReadOnlyConfiguration => Status == LicenseStatus.Expired;

    /// <summary>The status as it is written in REST and on screen.</summary>
    public string Word => Status switch
    {
        LicenseStatus.Valid => "valid",
        LicenseStatus.Expiring => "expiring",
        LicenseStatus.Grace => "grace",
        LicenseStatus.Expired => "expired",
        LicenseStatus.OverLimit => "over limit",
        _ => "invalid",
    };

    /// <summary>How <paramref name="license"/> stands at <paramref name="now"/>.</summary>
    public static LicenseState Of(License license, LicenseUsage usage, DateTimeOffset now)
    {
        var excess = ExcessOf(license, usage);
        var status = StatusOf(license, excess, now);
        return new LicenseState(license, usage, status, excess, MessageOf(license, status, excess));
    }

    private static LicenseStatus StatusOf(License license, ImmutableArray<LicenseExcess> excess, DateTimeOffset now)
    {
        if (license.Expires is { } end)
        {
            if (now >= end + Grace)
            {
                return LicenseStatus.Expired;
            }

            if (now >= end)
            {
                return LicenseStatus.Grace;
            }

            if (now > end - Notice)
            {
                return LicenseStatus.Expiring;
            }
        }

        return excess.IsEmpty ? LicenseStatus.Valid : LicenseStatus.OverLimit;
    }

    private static ImmutableArray<LicenseExcess> ExcessOf(License license, LicenseUsage usage)
    {
        var excess = ImmutableArray.CreateBuilder<LicenseExcess>();
        if (license.MaxZones is { } zones && usage.Zones > zones)
        {
            excess.Add(new LicenseExcess("zones", usage.Zones, zones));
        }

        if (license.MaxDataplanes is { } dataplanes && usage.Dataplanes > dataplanes)
        {
            excess.Add(new LicenseExcess("data planes", usage.Dataplanes, dataplanes));
        }

        return excess.ToImmutable();
    }

    private static string MessageOf(License license, LicenseStatus status, ImmutableArray<LicenseExcess> excess)
    {
        var date = license.Expires?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var readOnly = (license.Expires + Grace)?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return status switch
        {
            LicenseStatus.Expiring => $"The license ends on {date}.",
            LicenseStatus.Grace => $"The license ended on {date}. Everything works until {readOnly}; then configuration becomes read-only.",
            LicenseStatus.Expired => $"The license ended on {date}. Configuration is read-only; traffic and proxies are not affected.",
            LicenseStatus.OverLimit => "More is in use than the license covers: "
                + string.Join(" and ", excess.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Used:N0} of {e.Limit:N0} {e.What}")))
                + ". Everything goes on working.",
            _ => date is null ? "The license has no end date." : $"The license is good until {date}.",
        };
    }
}
