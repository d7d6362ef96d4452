using System.Buffers;
using System.Text.Json;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Http;

namespace MeshConsole.ControlPlane.Api;

/// <summary>Writes JSON and plain answers, and reads bodies within their limit.</summary>
public static class JsonAnswer
{
    /// <summary>Largest body of a request, bytes (1 MiB): beyond it 413.</summary>
    public const int BodyLimit = 1024 * 1024;

    private static readonly JsonWriterOptions Indented = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Indented = true,
        IndentSize = 1,
    };

    private static readonly JsonWriterOptions Compact = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>Answers with what <paramref name="write"/> writes.</summary>
    /// <param name="context">The request.</param>
    /// <param name="write">Writes one JSON value.</param>
    /// <param name="status">HTTP status.</param>
    /// <param name="compact">True for long lists.</param>
    public static Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write, int status = StatusCodes.Status200OK, bool compact = false)
    {
        var buffer = new ArrayBufferWriter<byte>(compact ? 65536 : 1024);
        using (var writer = new Utf8JsonWriter(buffer, compact ? Compact : Indented))
        {
            write(writer);
        }

        return WriteAsync(context, status, buffer.WrittenMemory);
    }

    /// <summary>Answers with JSON text.</summary>
    public static async Task WriteAsync(HttpContext context, int status, ReadOnlyMemory<byte> json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        await context.Response.Body.WriteAsync(json, context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Answers with plain text.</summary>
    public static Task PlainAsync(HttpContext context, int status, string text)
    {
        RefusalLog.Write(context, status, text, "");
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    /// <summary>True when the request says that its body is JSON.</summary>
    public static bool IsJson(HttpRequest request)
    {
        var type = request.ContentType;
        if (type is null)
        {
            return false;
        }

        var end = type.IndexOf(';', StringComparison.Ordinal);
        return (end < 0 ? type : type[..end]).Trim().Equals("application/json", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Reads the body, at most <see cref="BodyLimit"/> bytes.</summary>
    public static async Task<Result<ReadOnlyMemory<byte>>> ReadBodyAsync(HttpContext context)
    {
        if (context.Request.ContentLength > BodyLimit)
        {
            return TooLarge();
        }

        using var buffer = new MemoryStream();
        var chunk = ArrayPool<byte>.Shared.Rent(16384);
        try
        {
            while (true)
            {
                var read = await context.Request.Body.ReadAsync(chunk, context.RequestAborted).ConfigureAwait(false);
                if (read == 0)
                {
                    return (ReadOnlyMemory<byte>)buffer.ToArray();
                }

                if (buffer.Length + read > BodyLimit)
                {
                    return TooLarge();
                }

                buffer.Write(chunk, 0, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private static Refusal TooLarge() =>
        new(RefusalReason.TooLarge, "Request too large", $"The body is larger than {BodyLimit} bytes. Split it into several resources.");
}
