using MeshConsole.Shared;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace MeshConsole.ControlPlane.Access;

/// <summary>
/// Runs after authentication on the ports that browsers and REST clients use. Refuses credentials that are not valid, writes
/// that a foreign page could have made with somebody's cookie, and everything that nobody in particular asks for, apart from
/// the short list of what is open.
/// </summary>
internal sealed class CredentialGuard(RequestDelegate next, RefusalWriter refuse, Func<int, bool> guards)
{
    private static readonly string[] OpenPaths = ["/health", "/healthy", "/ready", "/favicon.ico"];

    public Task InvokeAsync(HttpContext context)
    {
        if (!guards(context.Connection.LocalPort))
        {
            return next(context);
        }

        if (IsOpen(context.Request))
        {
            return IsForgeable(context) ? refuse(context, CrossSite) : next(context);
        }

        // A token that is shown has to be good, even where nobody in particular gets an answer.
        if (context.User.Identity is not { IsAuthenticated: true }
            && (BearerHandler.TokenOf(context.Request) is not null || !AnswersAnonymous(context.Request.Path)))
        {
            return refuse(context, AccessRules.Unauthenticated);
        }

        return IsForgeable(context) ? refuse(context, CrossSite) : next(context);
    }

    private static Refusal CrossSite { get; } = new(
        RefusalReason.Forbidden,
        "Access Denied",
        "A change made with the console's cookie has to come from the console's own pages. Programs send a user token.");

    private static bool IsOpen(HttpRequest request)
    {
        var path = request.Path;
        if (!path.HasValue || path == "/")
        {
            return HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        }

        return path.StartsWithSegments("/gui", StringComparison.Ordinal) || OpenPaths.Contains(path.Value, StringComparer.Ordinal);
    }

    /// <summary>Where Kuma refuses with 403 and a text that names the user; the handlers there ask <see cref="AccessRules"/>.</summary>
    private static bool AnswersAnonymous(PathString path) =>
        path.StartsWithSegments("/tokens", StringComparison.Ordinal)
        || path.StartsWithSegments("/global-secrets", StringComparison.Ordinal)
        || path.StartsWithSegments("/globalsecrets", StringComparison.Ordinal)
        || (path.StartsWithSegments("/meshes", StringComparison.Ordinal, out var rest) && rest.Value!.Split('/') is [_, _, "secrets", ..])
        || path.StartsWithSegments("/secrets", StringComparison.Ordinal);

    /// <summary>
    /// True for a write whose only credential is a cookie and which does not show that it comes from one of our own pages.
    /// (An Origin that is shown was checked by <see cref="HostGuard"/>.)
    /// </summary>
    private static bool IsForgeable(HttpContext context)
    {
        var request = context.Request;
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method)
            || context.User.Identity is not { IsAuthenticated: true, AuthenticationType: ConsoleSession.Scheme })
        {
            return false;
        }

        var site = request.Headers["Sec-Fetch-Site"].ToString();
        return site.Length > 0 ? site != "same-origin" : !request.Headers.ContainsKey(HeaderNames.Origin);
    }
}
