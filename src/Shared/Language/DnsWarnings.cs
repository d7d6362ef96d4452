namespace MeshConsole.Shared.Language;

/// <summary>Warnings for names that a later version refuses.</summary>
public static class DnsWarnings
{
    /// <summary>A warning when <paramref name="name"/> is no RFC 1035 label.</summary>
    public static IEnumerable<string> ServiceName(string kind, string name)
    {
        var fault = name.Length > 63 ? "must be no more than 63 characters"
            : !Checks.IsDns1035Label(name) ? "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"
            : null;
        if (fault is not null)
        {
            yield return $"Invalid {kind} resource name: '{name}'. It does not conform to the DNS format (RFC 1035). This is deprecated. Errors: {fault}";
        }
    }
}
