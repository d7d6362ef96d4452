using System.Collections.Immutable;
using MeshConsole.ControlPlane.Access;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeshConsole.ControlPlane.Api;

/// <summary>
/// One line for each refused request: writes for everybody to see, reads (a tool asks for what is not there before it creates it)
/// for those who look closer. Nothing of a body is told but the fields that are wrong, and nothing can begin a line of its own.
/// </summary>
internal static partial class RefusalLog
{
    private const int Longest = 300;
    private const int MostFields = 5;

    /// <summary>Tells of an answer that is an error.</summary>
    public static void Write(HttpContext context, int status, string title, string detail, ImmutableArray<Violation> violations = default)
    {
        if (status < StatusCodes.Status400BadRequest || context.RequestServices?.GetService<ILoggerFactory>() is not { } loggers)
        {
            return;
        }

        var log = loggers.CreateLogger("MeshConsole.ControlPlane.Api");
        var request = context.Request;
        var level = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) ? LogLevel.Debug : LogLevel.Information;
        if (!log.IsEnabled(level))
        {
            return;
        }

        var fields = violations.IsDefaultOrEmpty
            ? Clean(detail)
            : string.Join("; ", violations.Take(MostFields).Select(v => $"{Clean(v.Field)}: {Clean(v.Message)}")) + (violations.Length > MostFields ? $" and {violations.Length - MostFields} more" : "");
        Refused(log, level, Clean(request.Method), Clean(request.Path.Value ?? ""), Clean(context.Actor().Name), status, Clean(title), fields);
    }

    /// <summary>One line of readable length.</summary>
    private static string Clean(string text)
    {
        var shown = text.Length > Longest ? text[..Longest] + "…" : text;
        return shown.Any(char.IsControl) ? string.Concat(shown.Select(c => char.IsControl(c) ? '\uFFFD' : c)) : shown;
    }

    [LoggerMessage(Message = "{Method} {Path} by {Actor} is refused with {Status} {Title}: {Fields}")]
    private static partial void Refused(ILogger log, LogLevel level, string method, string path, string actor, int status, string title, string fields);
}
