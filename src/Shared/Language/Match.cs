using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace MeshConsole.Shared.Language;

/// <summary>Which clients, or which entering connections, an inbound rule speaks of.</summary>
public sealed record Match
{
    /// <summary>Identity of the client.</summary>
    [Description("The SPIFFE ID in the client's certificate.")]
    public SpiffeIdMatch? SpiffeID { get; init; }

    /// <summary>Server name the client asked for.</summary>
    [Description("The server name (SNI) that the client asked for. Together with spiffeID both must fit.")]
    public SniMatch? Sni { get; init; }
}

/// <summary>Match on a SPIFFE ID.</summary>
public sealed record SpiffeIdMatch
{
    /// <summary>The whole ID, or its beginning.</summary>
    public const string Exact = "Exact";

    /// <summary>The beginning of the ID.</summary>
    public const string Prefix = "Prefix";

    /// <summary>How to compare.</summary>
    [Required]
    [AllowedValues(Exact, Prefix)]
    [Description("Exact compares the whole ID, Prefix its beginning.")]
    public string? Type { get; init; }

    /// <summary>What to compare with.</summary>
    [Required]
    [Description("A SPIFFE ID, for example spiffe://default.eks.mesh.local/ns/demo/sa/frontend.")]
    public string? Value { get; init; }
}

/// <summary>Match on a server name.</summary>
public sealed record SniMatch
{
    /// <summary>How to compare.</summary>
    [Required]
    [AllowedValues("Exact")]
    [Description("Exact is the only way to compare.")]
    public string? Type { get; init; }

    /// <summary>What to compare with.</summary>
    [Required]
    [Description("The server name, a DNS name.")]
    public string? Value { get; init; }
}

/// <summary>Checks of <see cref="Match"/>.</summary>
public static class MatchCheck
{
    /// <summary>Checks each of <paramref name="matches"/>, which stand in a list at <paramref name="path"/>.</summary>
    public static void Each(IReadOnlyList<Match>? matches, string path, ViolationList at)
    {
        for (var i = 0; i < (matches?.Count ?? 0); i++)
        {
            One(matches![i], FieldPath.Item(path, i), at);
        }
    }

    /// <summary>Checks one match that stands at <paramref name="path"/>.</summary>
    public static void One(Match match, string path, ViolationList at)
    {
        if (match.SpiffeID is { } spiffe)
        {
            Checks.SpiffeId(spiffe.Value, FieldPath.Member(path, "spiffeID"), at);
        }

        if (match.Sni is { } sni)
        {
            var value = FieldPath.Member(path, "sni.value");
            if (string.IsNullOrEmpty(sni.Value))
            {
                at.Add(value, Messages.MustBeSet);
            }
            else
            {
                at.AddIf(
                    !Checks.IsDnsName(sni.Value),
                    value,
                    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character");
            }
        }
    }
}
