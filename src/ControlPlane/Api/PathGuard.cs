using MeshConsole.Shared;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace MeshConsole.ControlPlane.Api;

/// <summary>
/// Refuses addresses with the segments <c>.</c> or <c>..</c>. The server would resolve them before anybody looks at names: then the
/// deletion of a policy named <c>..</c> would be that of its mesh.
/// </summary>
internal static class PathGuard
{
    /// <summary>Answers 400 to such an address, and passes on all others.</summary>
    public static Task InvokeAsync(HttpContext context, RequestDelegate next) => HasDots(context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "")
        ? ErrorBody.WriteAsync(context, new Refusal(RefusalReason.Malformed, "Bad Request", "bad request: a name must not be \".\" or \"..\""))
        : next(context);

    /// <summary>True when a segment of the path, percent signs decoded, is <c>.</c> or <c>..</c>.</summary>
    internal static bool HasDots(string target)
    {
        var path = target.AsSpan();
        var query = path.IndexOf('?');
        path = query < 0 ? path : path[..query];
        if (path.IndexOf('.') < 0 && path.IndexOf("%2e", StringComparison.OrdinalIgnoreCase) < 0)
        {
            return false;
        }

        foreach (var range in path.Split('/'))
        {
            var segment = path[range];
            if (segment.Length is > 0 and <= 6 && segment.ToString().Replace("%2e", ".", StringComparison.OrdinalIgnoreCase) is "." or "..")
            {
                return true;
            }
        }

        return false;
    }
}
