using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace MeshConsole.Shared.Language;

/// <summary>Checks of single values that many kinds share. Each takes the value, its field path and the list of violations.</summary>
public static partial class Checks
{
    /// <summary>Longest DNS name, in characters.</summary>
    public const int MaxDnsLength = 253;

    /// <summary>A duration must be above 0; none is good too.</summary>
    public static void Positive(GoDuration? value, string path, ViolationList at) =>
        at.AddIf(value <= GoDuration.Zero, path, Messages.GreaterThanZeroWhenDefined);

    /// <summary>A duration must not be below 0; none is good too.</summary>
    public static void NotNegative(GoDuration? value, string path, ViolationList at) =>
        at.AddIf(value < GoDuration.Zero, path, Messages.NotNegativeWhenDefined);

    /// <summary>A number must be above 0; none is good too.</summary>
    public static void Positive(long? value, string path, ViolationList at) => at.AddIf(value <= 0, path, Messages.GreaterThanZero);

    /// <summary>A percentage that may have a fraction; absent is refused when <paramref name="required"/>.</summary>
    public static void Percentage(IntOrString? value, string path, ViolationList at, bool required = false, bool allowZero = true)
    {
        if (value is not { } given)
        {
            at.AddIf(required, path, Messages.MustBeDefined);
        }
        else if (!given.TryGetDecimal(out var number))
        {
            at.Add(path, "string must be a valid number");
        }
        else if (number is < 0 or > 100)
        {
            at.Add(path, Messages.InRange("0.0", "100.0"));
        }
        else
        {
            at.AddIf(!allowZero && number == 0, path, Messages.GreaterThanZero);
        }
    }

    /// <summary>A percentage in whole numbers.</summary>
    public static void WholePercentage(long? value, string path, ViolationList at) => at.AddIf(value is < 0 or > 100, path, Messages.InRange("0", "100"));

    /// <summary>An HTTP status, 100 to 599; none is good too.</summary>
    public static void StatusCode(long? value, string path, ViolationList at) => at.AddIf(value is < 100 or > 599, path, Messages.InRange("100", "599"));

    /// <summary>A port, 1 to 65535; none is good too.</summary>
    public static void Port(long? value, string path, ViolationList at) => at.AddIf(value is < 1 or > 65535, path, "port must be a valid (1-65535)");

    /// <summary>A speed: a number and kbps, Mbps or Gbps.</summary>
    public static void Bandwidth(string? value, string path, ViolationList at)
    {
        at.AddIf(value is "", path, Messages.MustBeDefined);
        at.AddIf(value is { Length: > 0 } && !BandwidthPattern().IsMatch(value), path, "must be in kbps/Mbps/Gbps units");
    }

    /// <summary>A path of HTTP must begin with a slash.</summary>
    public static void AbsolutePath(string? value, string path, ViolationList at) =>
        at.AddIf(value is not null && !IsAbsolutePath(value), path, "must be a valid path when defined");

    /// <summary>True for a path of a file that begins at the root.</summary>
    public static bool IsAbsolutePath(string value) => FilePathPattern().IsMatch(value);

    /// <summary>True for a DNS-1123 subdomain (lower case) that is no longer than a DNS name may be.</summary>
    public static bool IsDnsName(string value) => value.Length is > 0 and <= MaxDnsLength && DnsNamePattern().IsMatch(value);

    /// <summary>True for one label of a DNS name (RFC 1123): at most 63 characters, lower case.</summary>
    public static bool IsDnsLabel(string value) => value.Length <= 63 && DnsLabelPattern().IsMatch(value);

    /// <summary>True for a label that also begins with a letter (RFC 1035).</summary>
    public static bool IsDns1035Label(string value) => IsDnsLabel(value) && value[0] is >= 'a' and <= 'z';

    /// <summary>True for an IPv4 or IPv6 address in full textual form.</summary>
    public static bool IsIpAddress(string value) =>
        IPAddress.TryParse(value, out var address)
        && (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? !value.Contains('%') && !value.StartsWith('[') : value.Count('.') == 3 && address.ToString() == value);

    /// <summary>True for a host name as people write it: letters of either case, digits, <c>-</c> and <c>_</c>; no IP address.</summary>
    public static bool IsHostName(string value) => value.Length is > 0 and <= 255 && HostNamePattern().IsMatch(value) && !IsIpAddress(value);

    /// <summary>True for a host name or an IP address.</summary>
    public static bool IsHost(string value) => IsIpAddress(value) || IsHostName(value);

    /// <summary>True for <c>host:port</c>; an IPv6 address stands in brackets.</summary>
    public static bool IsHostAndPort(string value)
    {
        var colon = value.LastIndexOf(':');
        if (colon < 0 || value.IndexOf(']', StringComparison.Ordinal) > colon)
        {
            return false;
        }

        var host = value[..colon];
        return !host.Contains(':', StringComparison.Ordinal) || (host.StartsWith('[') && host.EndsWith(']'));
    }

    /// <summary>True for an address one can connect to: a host, with scheme, port and path or without.</summary>
    public static bool IsAddress(string value)
    {
        var match = AddressPattern().Match(value);
        if (!match.Success || value.Length > 2048)
        {
            return false;
        }

        var host = match.Groups["host"].Value;
        var port = match.Groups["port"];
        return (host.StartsWith('[') ? IsIpAddress(host.Trim('[', ']')) : IsHost(host))
            && (!port.Success || (int.TryParse(port.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 65535));
    }

    /// <summary>True for an IP network, <c>10.0.0.0/8</c>; bits behind the prefix may be set.</summary>
    public static bool IsCidr(string value)
    {
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            && IsIpAddress(value[..slash])
            && int.TryParse(value.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var bits)
            && bits <= (value.Contains(':', StringComparison.Ordinal) ? 128 : 32);
    }

    /// <summary>A SPIFFE ID: scheme, trust domain and a path without empty or dot segments.</summary>
    public static void SpiffeId(string? value, string path, ViolationList at)
    {
        var fault = SpiffeFault(value ?? "");
        at.AddIf(fault is not null, path, $"must be a valid Spiffe ID: {fault}");
    }

    private static string? SpiffeFault(string value)
    {
        const string Scheme = "spiffe://";
        if (value.Length == 0)
        {
            return "cannot be empty";
        }

        if (!value.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return "scheme is missing or invalid";
        }

        var rest = value[Scheme.Length..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var domain = slash < 0 ? rest : rest[..slash];
        if (domain.Length == 0)
        {
            return "trust domain is missing";
        }

        if (!TrustDomainPattern().IsMatch(domain))
        {
            return "trust domain characters are limited to lowercase letters, numbers, dots, dashes, and underscores";
        }

        if (slash < 0)
        {
            return null;
        }

        foreach (var segment in rest[(slash + 1)..].Split('/'))
        {
            switch (segment)
            {
                case "":
                    return rest.EndsWith('/') ? "path cannot have a trailing slash" : "path cannot contain empty segments";
                case "." or "..":
                    return "path cannot contain dot segments";
            }

            if (!PathSegmentPattern().IsMatch(segment))
            {
                return "path segment characters are limited to letters, numbers, dots, dashes, and underscores";
            }
        }

        return null;
    }

    /// <summary>Each weight is within its own limits by schema; their sum must fit as well, or a proxy refuses the rule.</summary>
    public static void WeightSum(IEnumerable<BackendRef>? backends, string path, ViolationList at)
    {
        var sum = (backends ?? []).Aggregate(0m, (total, b) => total + (b.Weight ?? 1));
        at.AddIf(
            sum > BackendRef.MaxWeight,
            path,
            string.Create(CultureInfo.InvariantCulture, $"the sum of weights must be less than or equal to {BackendRef.MaxWeight}, it is {sum}"));
    }

    /// <summary>
    /// What is wrong with a regular expression, or null. Proxies use RE2: look-around and back-references are refused too, and
    /// RE2's own spellings (<c>(?P&lt;name&gt;</c>, <c>\pL</c>, <c>\Q…\E</c>) are understood.
    /// </summary>
    public static string? RegexFault(string pattern)
    {
        var translated = QuotedText().Replace(pattern, quoted => Regex.Escape(quoted.Groups[1].Value))
            .Replace("(?P<", "(?<", StringComparison.Ordinal);
        translated = ShortUnicodeClass().Replace(translated, @"\$1{$2}");
        try
        {
            _ = new Regex(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
            return null;
        }
        catch (ArgumentException e)
        {
            return e.Message;
        }
        catch (NotSupportedException)
        {
            return "look-around and back-references are not supported";
        }
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex DnsNamePattern();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex DnsLabelPattern();

    [GeneratedRegex(@"^[a-zA-Z0-9_][a-zA-Z0-9_-]{0,62}(\.[a-zA-Z0-9_][a-zA-Z0-9_-]{0,62})*[._]?\z", RegexOptions.CultureInvariant)]
    private static partial Regex HostNamePattern();

    [GeneratedRegex(@"^([a-z][a-z0-9+.-]*://)?([^/?#@\s]*@)?(?<host>\[[0-9a-fA-F:.]+\]|[^/?#@:\s\[\]]+)(:(?<port>[0-9]{1,5}))?([/?#]\S*)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex AddressPattern();

    [GeneratedRegex(@"^[0-9]*\s?[GMk]+bps\z", RegexOptions.CultureInvariant)]
    private static partial Regex BandwidthPattern();

    [GeneratedRegex(@"^(/[^/\0]*)+\z", RegexOptions.CultureInvariant)]
    private static partial Regex FilePathPattern();

    [GeneratedRegex(@"\\Q(.*?)(?:\\E|\z)", RegexOptions.CultureInvariant)]
    private static partial Regex QuotedText();

    [GeneratedRegex(@"\\([pP])([A-Z])", RegexOptions.CultureInvariant)]
    private static partial Regex ShortUnicodeClass();

    [GeneratedRegex(@"^[a-z0-9._\-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex TrustDomainPattern();

    [GeneratedRegex(@"^[a-zA-Z0-9._\-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex PathSegmentPattern();
}
