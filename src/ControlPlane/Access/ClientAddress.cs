using System.Net;
using Microsoft.AspNetCore.Http;

namespace MeshConsole.ControlPlane.Access;

/// <summary>Where a request comes from.</summary>
internal static class ClientAddress
{
    private static readonly string[] ForwardingHeaders = ["Forwarded", "X-Forwarded-For", "X-Real-IP"];

    /// <summary>True when the peer is this machine and no proxy speaks for somebody else.</summary>
    public static bool IsThisMachine(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address
        && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)
        && !ForwardingHeaders.Any(context.Request.Headers.ContainsKey);
}
