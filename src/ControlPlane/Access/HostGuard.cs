using MeshConsole.Shared;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace MeshConsole.ControlPlane.Access;

/// <summary>
/// The first thing a request meets on the ports that browsers use: a foreign Host or Origin is refused before any handler
/// runs. Answers say nothing about which names are ours.
/// </summary>
internal sealed class HostGuard(RequestDelegate next, AllowedHosts hosts, RefusalWriter refuse, Func<int, bool> guards)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (!guards(context.Connection.LocalPort))
        {
            return next(context);
        }

        var request = context.Request;
        if (!request.Host.HasValue || !hosts.Allows(request.Host.Host, context.Connection.LocalIpAddress))
        {
            return refuse(context, new Refusal(RefusalReason.Malformed, "Bad Request", "This host name is not one of this control plane's. An operator can add it to the setting AllowedHosts."));
        }

        return request.Headers.TryGetValue(HeaderNames.Origin, out var origin) && !IsOurs(origin.ToString(), request)
            ? refuse(context, new Refusal(RefusalReason.Forbidden, "Access Denied", "The request comes from a page of another origin."))
            : next(context);
    }

    /// <summary>Ours is what has our own host and port, or a host that an operator named (a proxy may change the Host header).</summary>
    private bool IsOurs(string origin, HttpRequest request)
    {
        if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            return false; // "null" too: what hides where it comes from is not ours
        }

        var ownPort = request.Host.Port ?? (request.IsHttps ? 443 : 80);
        // A proxy that ends TLS keeps the host and speaks http to us: then both leave out the port.
        var behindTls = uri.Scheme == "https" && !request.IsHttps;
        var samePort = uri.Port == ownPort || (behindTls && uri.IsDefaultPort && request.Host.Port is null);
        return (samePort && (behindTls || uri.Scheme == request.Scheme) && string.Equals(uri.IdnHost.Trim('[', ']'), request.Host.Host.Trim('[', ']'), StringComparison.OrdinalIgnoreCase))
            || hosts.IsConfigured(uri.IdnHost);
    }
}
