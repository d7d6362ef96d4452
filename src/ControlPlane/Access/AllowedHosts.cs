using System.Collections.Frozen;
using System.Net;

namespace MeshConsole.ControlPlane.Access;

/// <summary>
/// The names under which this control plane may be called from a browser. A page that points its own name at us (DNS
/// rebinding) sends that name, and is refused.
/// </summary>
public sealed class AllowedHosts
{
    private readonly FrozenSet<string> names;
    private readonly FrozenSet<string> configured;
    private readonly string[] suffixes;

    /// <summary>Collects the names.</summary>
    /// <param name="configured">
    /// Setting <c>AllowedHosts</c>: host names or addresses without scheme and port; <c>*.example.com</c> stands for every
    /// name below <c>example.com</c>. Pages of these hosts may also call us through a proxy that changes the Host header.
    /// </param>
    /// <param name="certificateNames">Names and addresses of the server certificate.</param>
    public AllowedHosts(IEnumerable<string> configured, IEnumerable<string> certificateNames)
    {
        var own = configured.Select(Normalize).Where(h => h.Length > 0 && h != "*").ToList();
        suffixes = [.. own.Where(h => h.StartsWith("*.", StringComparison.Ordinal)).Select(h => h[1..])];
        this.configured = own.Where(h => !h.StartsWith("*.", StringComparison.Ordinal)).ToFrozenSet(StringComparer.Ordinal);
        names = this.configured
            .Concat(certificateNames.Select(Normalize))
            .Append("localhost")
            .Append(Normalize(Environment.MachineName))
            .ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>Splits the setting, which separates by <c>;</c> or <c>,</c>.</summary>
    public static IEnumerable<string> Split(string? setting) =>
        (setting ?? "").Split([';', ','], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Whether a request may carry this host (without port).</summary>
    /// <param name="host">From the Host header.</param>
    /// <param name="local">
    /// The address at which the request arrived. An address is as good as a name here: it cannot be made to point elsewhere.
    /// </param>
    public bool Allows(string host, IPAddress? local)
    {
        var name = Normalize(host);
        if (names.Contains(name) || IsConfigured(name))
        {
            return true;
        }

        return IPAddress.TryParse(name, out var address) && (IPAddress.IsLoopback(address) || Same(address, local));
    }

    /// <summary>Whether the setting names this host.</summary>
    public bool IsConfigured(string host)
    {
        var name = Normalize(host);
        return configured.Contains(name) || suffixes.Any(s => name.Length > s.Length && name.EndsWith(s, StringComparison.Ordinal));
    }

    private static bool Same(IPAddress address, IPAddress? local) =>
        local is not null && (local.IsIPv4MappedToIPv6 ? local.MapToIPv4() : local).Equals(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private static string Normalize(string host) => host.Trim().Trim('[', ']').TrimEnd('.').ToLowerInvariant();
}
