using System.Text.RegularExpressions;

namespace MeshConsole.Cli.Install;

/// <summary>Checks of what a zone is told: its name and where its global is.</summary>
internal static partial class ZoneAddress
{
    /// <summary>Why <paramref name="zone"/> is no name of a zone, or null. The rule is that of MeshConsole and Kuma 3, and within that of Kuma 2.</summary>
    public static string? WrongName(string zone) => Name().IsMatch(zone)
        ? null
        : $"'{zone}' is no name of a zone: at most 63 lower case letters, digits and '-', beginning with a letter and not ending with '-'";

    /// <summary>Why <paramref name="address"/> is no address of a global's KDS, or null.</summary>
    public static string? WrongGlobal(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "grpcs" or "grpc" && uri.Port > 0 && uri.Host.Length > 0 && uri.AbsolutePath is "" or "/" && uri.Query.Length == 0
            ? null
            : $"'{address}' is no address of a global control plane for zones; it looks like grpcs://global.example:5685";

    [GeneratedRegex("^[a-z]([a-z0-9-]{0,61}[a-z0-9])?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
