using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using MeshConsole.Protos.Kuma.System;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>Checks of single values that protobuf kinds share. Each takes the value, its field path and the list of violations.</summary>
internal static partial class ProtoChecks
{
    public const string CannotBeEmpty = "cannot be empty";
    public const string HasToBeDefined = "has to be defined";
    public const string Positive = "must have a positive value";
    public const string GreaterThanZero = "has to be greater than 0";
    public const string GreaterThanZeroWhenDefined = "has to be greater than 0 when defined";
    public const string Percent = "has to be in [0.0 - 100.0] range";

    public static void Port(uint port, string path, ViolationList at) =>
        at.AddIf(port is 0 or > 65535, path, "port must be in the range [1, 65535]");

    /// <summary>An address that others reach: an IP address or a host name, not "all interfaces".</summary>
    public static void Address(string address, string path, ViolationList at)
    {
        if (address.Length == 0)
        {
            at.Add(path, "address can't be empty");
            return;
        }

        at.AddIf(address is "0.0.0.0" or "::", path, "must not be 0.0.0.0 or ::");
        at.AddIf(!IsIp(address) && !IsHostName(address), path, "address has to be valid IP address or domain name");
    }

    /// <summary>An IP address, when there is one.</summary>
    public static void Ip(string address, string path, string member, ViolationList at) =>
        at.AddIf(address.Length > 0 && !IsIp(address), path, $"{member} has to be valid IP address");

    public static bool IsIp(string value) => Checks.IsIpAddress(value);

    /// <summary>True for a host name; underscores and upper case are allowed, as old names have them.</summary>
    public static bool IsHostName(string value) => value.Length <= 255 && HostNamePattern().IsMatch(value);

    /// <summary>A duration that must be there and be longer than nothing.</summary>
    public static void PositiveDuration(Duration? duration, string path, ViolationList at) => at.AddIf(duration is null || IsZero(duration), path, Positive);

    /// <summary>A duration that must be longer than nothing when it is there.</summary>
    public static void DurationWhenDefined(Duration? duration, string path, ViolationList at) =>
        at.AddIf(duration is not null && IsZero(duration), path, GreaterThanZeroWhenDefined);

    public static bool IsZero(Duration duration) => duration is { Seconds: 0, Nanos: 0 };

    public static void Percentage(double? percentage, string path, ViolationList at)
    {
        at.AddIf(percentage is null, path, CannotBeEmpty);
        at.AddIf(percentage is not null and not (>= 0 and <= 100), path, Percent);
    }

    public static void Data(DataSource? source, string path, ViolationList at) => at.AddIf(
        source is not null && (source.Inline?.Length ?? 0) == 0 && source.InlineString.Length == 0 && source.Secret.Length == 0 && source.File.Length == 0,
        path,
        "data source cannot be empty");

    /// <summary>Host of a gateway: <c>*</c>, <c>*.domain</c> or a domain.</summary>
    public static void GatewayHost(string host, string path, ViolationList at)
    {
        if (host is "" or TagKeys.Any)
        {
            return;
        }

        at.AddIf(host.Length > Checks.MaxDnsLength, path, "must be at most 253 characters");
        var wildcard = host.StartsWith("*.", StringComparison.Ordinal);
        at.AddIf(!Checks.IsDnsName(wildcard ? host[2..] : host) && host.Length <= Checks.MaxDnsLength, path, wildcard ? "invalid wildcard domain" : "invalid hostname");
    }

    /// <summary>A path of a URL, or a whole URL.</summary>
    public static void UrlPath(string value, string path, ViolationList at) => at.AddIf(
        value.Any(char.IsControl) || !(value.StartsWith('/') || Uri.TryCreate(value, UriKind.Absolute, out _)),
        path,
        "should be a valid URL Path");

    /// <summary>Splits <c>host:port</c>; an IPv6 host stands in brackets.</summary>
    public static bool TrySplitHostPort(string value, out string host, out string port)
    {
        host = port = "";
        var colon = value.LastIndexOf(':');
        if (colon < 0)
        {
            return false;
        }

        host = value[..colon];
        port = value[(colon + 1)..];
        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            host = host[1..^1];
            return IPAddress.TryParse(host, out _);
        }

        return !host.Contains(':');
    }

    /// <summary>A port written as text, or 0 when it is none.</summary>
    public static uint ParsePort(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : 0;

    /// <summary>
    /// A length of time in days and years as certificates use it: a number with one unit of <c>y w d h m s ms</c>, or 0. Years have
    /// 365 days.
    /// </summary>
    public static bool TryParseLifetime(string text, out TimeSpan lifetime)
    {
        lifetime = default;
        if (text == "0")
        {
            return true;
        }

        var match = LifetimePattern().Match(text);
        if (!match.Success || !long.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        var unit = match.Groups[2].Value switch
        {
            "y" => TimeSpan.FromDays(365),
            "w" => TimeSpan.FromDays(7),
            "d" => TimeSpan.FromDays(1),
            "h" => TimeSpan.FromHours(1),
            "m" => TimeSpan.FromMinutes(1),
            "s" => TimeSpan.FromSeconds(1),
            _ => TimeSpan.FromMilliseconds(1),
        };
        if (number > TimeSpan.MaxValue.Ticks / unit.Ticks)
        {
            return false;
        }

        lifetime = unit * number;
        return true;
    }

    /// <summary>Reads a loose <c>conf</c> as the message it stands for; null, with a violation, when it does not fit.</summary>
    public static T? Conf<T>(Struct? conf, string path, ViolationList at)
        where T : class, IMessage<T>, new()
    {
        if (conf is null)
        {
            return new T();
        }

        try
        {
            return ProtoJson.Lenient.Parse<T>(ProtoJson.Write(conf).ToString());
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException or FormatException or InvalidOperationException)
        {
            at.Add(path, $"could not parse config: {e.Message}");
            return null;
        }
    }

    [GeneratedRegex(@"^[a-zA-Z0-9_][a-zA-Z0-9_-]{0,62}(\.[a-zA-Z0-9_][a-zA-Z0-9_-]{0,62})*[._]?\z", RegexOptions.CultureInvariant)]
    private static partial Regex HostNamePattern();

    [GeneratedRegex(@"^([0-9]+)(y|w|d|h|ms|m|s)\z", RegexOptions.CultureInvariant)]
    private static partial Regex LifetimePattern();
}
