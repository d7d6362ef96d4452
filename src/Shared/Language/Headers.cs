using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace MeshConsole.Shared.Language;

/// <summary>Limits of header names and values, the same in all policies.</summary>
public static class HeaderLimits
{
    /// <summary>What a header name consists of: lower case letters, digits and the token characters of HTTP.</summary>
    public const string NamePattern = @"^[a-z0-9!#$%&'*+\-.^_\x60|~]+$";

    /// <summary>Longest header name, in characters.</summary>
    public const int MaxNameLength = 256;

    /// <summary>Most headers in one list.</summary>
    public const int MaxHeaders = 16;
}

/// <summary>One header with its value.</summary>
public sealed record HeaderValue
{
    /// <summary>Name, lower case.</summary>
    [Required]
    [RegularExpression(HeaderLimits.NamePattern)]
    [MinLength(1)]
    [MaxLength(HeaderLimits.MaxNameLength)]
    [Description("The name of the header, in lower case.")]
    public string? Name { get; init; }

    /// <summary>Value.</summary>
    [Required]
    [Description("The value of the header.")]
    public string? Value { get; init; }
}

/// <summary>Headers to put on a message.</summary>
public record HeaderAdditions
{
    /// <summary>Headers whose value is replaced.</summary>
    [MaxLength(HeaderLimits.MaxHeaders)]
    [Description("Headers to set: a header that is there already is replaced.")]
    public IReadOnlyList<HeaderValue>? Set { get; init; }

    /// <summary>Headers that are added beside those of the same name.</summary>
    [MaxLength(HeaderLimits.MaxHeaders)]
    [Description("Headers to add, beside headers of the same name that are there already.")]
    public IReadOnlyList<HeaderValue>? Add { get; init; }
}

/// <summary>Changes of the headers of a message.</summary>
public sealed record HeaderModifier : HeaderAdditions
{
    /// <summary>Names of headers to remove.</summary>
    [MaxLength(HeaderLimits.MaxHeaders)]
    [Description("Names of headers to remove.")]
    public IReadOnlyList<string>? Remove { get; init; }
}

/// <summary>The words of <see cref="HeaderMatch.Type"/>.</summary>
public static class HeaderMatchTypes
{
    /// <summary>The whole value.</summary>
    public const string Exact = "Exact";

    /// <summary>The header is there, whatever its value.</summary>
    public const string Present = "Present";

    /// <summary>The value fits a regular expression (RE2).</summary>
    public const string RegularExpression = "RegularExpression";

    /// <summary>The header is not there.</summary>
    public const string Absent = "Absent";

    /// <summary>The beginning of the value.</summary>
    public const string Prefix = "Prefix";
}

/// <summary>Match on a header.</summary>
public sealed record HeaderMatch
{
    /// <summary>How to compare.</summary>
    [DefaultValue(HeaderMatchTypes.Exact)]
    [AllowedValues(HeaderMatchTypes.Exact, HeaderMatchTypes.Present, HeaderMatchTypes.RegularExpression, HeaderMatchTypes.Absent, HeaderMatchTypes.Prefix)]
    [Description("How the value is compared. Exact when absent; Present and Absent take no value.")]
    public string? Type { get; init; }

    /// <summary>Name, lower case.</summary>
    [Required]
    [RegularExpression(HeaderLimits.NamePattern)]
    [MinLength(1)]
    [MaxLength(HeaderLimits.MaxNameLength)]
    [Description("The name of the header, in lower case.")]
    public string? Name { get; init; }

    /// <summary>What to compare with.</summary>
    [Description("What the value is compared with.")]
    public string? Value { get; init; }
}

/// <summary>Checks of header lists.</summary>
public static class HeaderCheck
{
    /// <summary>Checks the matches that stand in a list at <paramref name="path"/>.</summary>
    public static void Matches(IReadOnlyList<HeaderMatch>? matches, string path, ViolationList at)
    {
        for (var i = 0; i < (matches?.Count ?? 0); i++)
        {
            at.AddIf(
                matches![i].Type is HeaderMatchTypes.Present or HeaderMatchTypes.Absent && !string.IsNullOrEmpty(matches[i].Value),
                FieldPath.Member(FieldPath.Item(path, i), "value"),
                Messages.MustNotBeDefined);
        }
    }

    /// <summary>Checks a modifier: it says something, and each header once.</summary>
    public static void Modifier(HeaderModifier modifier, string path, ViolationList at)
    {
        if (modifier.Set is null && modifier.Add is null && modifier.Remove is null)
        {
            at.Add(path, Messages.AtLeastOneOf("set", "add", "remove"));
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        Once("set", modifier.Set?.Select(h => h.Name));
        Once("add", modifier.Add?.Select(h => h.Name));
        Once("remove", modifier.Remove);

        void Once(string list, IEnumerable<string?>? names)
        {
            var index = 0;
            foreach (var name in names ?? [])
            {
                at.AddIf(!seen.Add(name ?? ""), FieldPath.Member(FieldPath.Item(FieldPath.Member(path, list), index), "name"), "duplicate header name");
                index++;
            }
        }
    }
}
