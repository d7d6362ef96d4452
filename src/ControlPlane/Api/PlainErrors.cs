using MeshConsole.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MeshConsole.ControlPlane.Api;

/// <summary>What REST says where nothing answers: a path that does not exist, or one that does not know the method. Kuma says it in plain text.</summary>
internal static class PlainErrors
{
    private const string NotFound = "404: Page Not Found";
    private const string NotAllowed = "405: Method Not Allowed";
    private const string NotAcceptable = "406: Not Acceptable";

    /// <summary>What some answer of ours is made of.</summary>
    private static readonly string[] Given = ["*/*", "application/*", "application/json", "text/*", "text/plain", "text/html", "text/event-stream"];

    private static readonly string[] TokenPaths = ["/tokens/dataplane", "/tokens/zone", "/tokens/user"];

    /// <summary>Tokens are made, not read; without this their paths would look like resources.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var path in TokenPaths)
        {
            routes.MapGet(path, c => JsonAnswer.PlainAsync(c, StatusCodes.Status405MethodNotAllowed, NotAllowed));
        }
    }

    /// <summary>Gives an answer without body its text. A method that is unknown at a path of no kind is not found; who takes nothing of what we give gets 406.</summary>
    public static async Task InvokeAsync(HttpContext context, RequestDelegate next, KindRegistry kinds)
    {
        if (context.Request.Headers.Accept is { Count: > 0 } accept && !accept.SelectMany(a => (a ?? "").Split(',')).Any(IsGiven) && IsOfAKind(context.Request.Path, kinds))
        {
            await JsonAnswer.PlainAsync(context, StatusCodes.Status406NotAcceptable, NotAcceptable).ConfigureAwait(false);
            return;
        }

        await next(context).ConfigureAwait(false);
        var response = context.Response;
        if (response.HasStarted || response.ContentType is not null || response.StatusCode is not (StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed))
        {
            return;
        }

        var exists = response.StatusCode == StatusCodes.Status405MethodNotAllowed && IsOfAKind(context.Request.Path, kinds);
        await JsonAnswer.PlainAsync(context, exists ? StatusCodes.Status405MethodNotAllowed : StatusCodes.Status404NotFound, exists ? NotAllowed : NotFound).ConfigureAwait(false);
    }

    private static bool IsGiven(string mediaRange) => Given.Contains(mediaRange.Split(';')[0].Trim(), StringComparer.OrdinalIgnoreCase) || string.IsNullOrWhiteSpace(mediaRange);

    private static bool IsOfAKind(PathString path, KindRegistry kinds)
    {
        var parts = path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length > 0
            && (kinds.FindByPath(parts is ["meshes", _, var inMesh, ..] ? inMesh : parts[0]) is not null
                || TokenPaths.Contains(path.Value, StringComparer.Ordinal)
                || parts[0].StartsWith('_'));
    }
}
