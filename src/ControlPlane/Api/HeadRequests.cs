using Microsoft.AspNetCore.Http;

namespace MeshConsole.ControlPlane.Api;

/// <summary>
/// Answers <c>HEAD</c> as <c>GET</c> without the body, which load balancers ask for. Stands before routing; the server itself
/// leaves the body out. A stream of changes has no end, so it has no head.
/// </summary>
public static class HeadRequests
{
    /// <summary>Turns the request into a <c>GET</c> and passes it on.</summary>
    public static Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (HttpMethods.IsHead(context.Request.Method) && !context.Request.Query.ContainsKey("watch"))
        {
            context.Request.Method = HttpMethods.Get;
        }

        return next(context);
    }
}
