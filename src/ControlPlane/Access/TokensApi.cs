using System.Buffers;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MeshConsole.ControlPlane.Access;

/// <summary>Kuma's <c>POST /tokens/dataplane|zone|user</c>: JSON in, the token as plain text out.</summary>
public static class TokensApi
{
    /// <summary>Maps the three paths.</summary>
    public static void MapTokens(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/tokens/user", (HttpContext context, TokenRequests requests, RefusalWriter refuse) => AnswerAsync(context, requests.UserAsync, refuse));
        routes.MapPost("/tokens/zone", (HttpContext context, TokenRequests requests, RefusalWriter refuse) => AnswerAsync(context, requests.ZoneAsync, refuse));
        routes.MapPost("/tokens/dataplane", (HttpContext context, TokenRequests requests, RefusalWriter refuse) => AnswerAsync(context, requests.DataplaneAsync, refuse));
        foreach (var path in (string[])["/tokens/user", "/tokens/zone", "/tokens/dataplane"])
        {
            routes.Map(path, RefuseMethodAsync);
        }
    }

    private static Task RefuseMethodAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        context.Response.Headers.Allow = HttpMethods.Post;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync("405: Method Not Allowed", context.RequestAborted);
    }

    private static async Task AnswerAsync(
        HttpContext context,
        Func<Actor, ReadOnlyMemory<byte>, CancellationToken, Task<Result<IssuedToken>>> issue,
        RefusalWriter refuse)
    {
        if (await ReadBodyAsync(context).ConfigureAwait(false) is not { } body)
        {
            await refuse(context, new Refusal(RefusalReason.TooLarge, "Request body too large", $"A token request has at most {TokenRequests.MaxBody} bytes.")).ConfigureAwait(false);
            return;
        }

        var result = await issue(context.Actor(), body, context.RequestAborted).ConfigureAwait(false);
        if (result.Ok)
        {
            context.Response.ContentType = "text/plain";
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.WriteAsync(result.Value.Text, context.RequestAborted).ConfigureAwait(false);
        }
        else
        {
            await refuse(context, result.Refusal).ConfigureAwait(false);
        }
    }

    /// <summary>The body, or null when it is larger than a token request can be.</summary>
    private static async Task<byte[]?> ReadBodyAsync(HttpContext context)
    {
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted).ConfigureAwait(false);
            if (read.Buffer.Length > TokenRequests.MaxBody)
            {
                reader.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
