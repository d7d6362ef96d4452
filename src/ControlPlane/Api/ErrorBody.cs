using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Http;

namespace MeshConsole.ControlPlane.Api;

/// <summary>Kuma's error envelope, the one form in which REST says no.</summary>
public static class ErrorBody
{
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Indented = true,
        IndentSize = 1,
    };

    /// <summary>The HTTP status of a refusal.</summary>
    public static int StatusOf(RefusalReason reason) => reason switch
    {
        RefusalReason.Malformed or RefusalReason.Invalid => StatusCodes.Status400BadRequest,
        RefusalReason.Unauthenticated => StatusCodes.Status401Unauthorized,
        RefusalReason.Forbidden => StatusCodes.Status403Forbidden,
        RefusalReason.NotFound => StatusCodes.Status404NotFound,
        RefusalReason.NotWritableHere => StatusCodes.Status405MethodNotAllowed,
        RefusalReason.Conflict => StatusCodes.Status409Conflict,
        RefusalReason.Changed => StatusCodes.Status412PreconditionFailed,
        RefusalReason.TooLarge => StatusCodes.Status413PayloadTooLarge,
        RefusalReason.UnsupportedFormat => StatusCodes.Status415UnsupportedMediaType,
        _ => StatusCodes.Status503ServiceUnavailable,
    };

    /// <summary>Writes the refusal as the response.</summary>
    public static Task WriteAsync(HttpContext context, Refusal refusal) =>
        WriteAsync(context, StatusOf(refusal.Reason), refusal.Title, refusal.Detail, refusal.Violations, refusal.Current, refusal.Warnings);

    /// <summary>Writes an error as the response.</summary>
    public static Task WriteAsync(HttpContext context, int status, string title, string detail, ImmutableArray<Violation> violations = default, Resource? current = null, ImmutableArray<string> warnings = default)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("type", "/std-errors");
            writer.WriteNumber("status", status);
            writer.WriteString("title", title);
            writer.WriteString("detail", detail);
            if (!violations.IsDefaultOrEmpty)
            {
                WriteViolations(writer, "invalid_parameters", "reason", violations);
            }

            writer.WriteString("details", detail);
            if (!violations.IsDefaultOrEmpty)
            {
                WriteViolations(writer, "causes", "message", violations);
            }

            if (!warnings.IsDefaultOrEmpty)
            {
                writer.WriteStartArray("warnings");
                foreach (var warning in warnings)
                {
                    writer.WriteStringValue(warning);
                }

                writer.WriteEndArray();
            }

            if (current is not null && !current.Kind.IsSecret)
            {
                writer.WritePropertyName("current");
                ResourceJson.Write(writer, current, indent: true);
            }

            writer.WriteEndObject();
        }

        RefusalLog.Write(context, status, title, detail, violations);
        if (status == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }

        if (current is not null)
        {
            context.Response.Headers.ETag = $"\"{current.Revision}\"";
        }

        return JsonAnswer.WriteAsync(context, status, buffer.WrittenMemory);
    }

    private static void WriteViolations(Utf8JsonWriter writer, string list, string text, ImmutableArray<Violation> violations)
    {
        writer.WriteStartArray(list);
        foreach (var violation in violations)
        {
            writer.WriteStartObject();
            writer.WriteString("field", violation.Field);
            writer.WriteString(text, violation.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
