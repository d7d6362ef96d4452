using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace MeshConsole.ControlPlane.Api;

/// <summary>Writes an answer of <c>text/event-stream</c>.</summary>
internal sealed class EventWriter(HttpContext context)
{
    private readonly ArrayBufferWriter<byte> buffer = new(4096);

    /// <summary>Sets the headers.</summary>
    /// <param name="revision">Store revision at which the stream begins.</param>
    public void Start(long revision)
    {
        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no"; // proxies in between shall not collect
        response.Headers.ETag = $"\"{revision}\"";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    /// <summary>One event; text of several lines (a body as a peer wrote it) becomes several <c>data</c> lines.</summary>
    public void Write(string name, ReadOnlySpan<byte> data, long? revision = null)
    {
        var id = revision is { } number ? string.Create(CultureInfo.InvariantCulture, $"id: {number}\n") : "";
        buffer.Write(Encoding.UTF8.GetBytes($"{id}event: {name}\n"));
        foreach (var line in data.SplitAny("\r\n"u8))
        {
            buffer.Write("data: "u8);
            buffer.Write(data[line]);
            buffer.Write("\n"u8);
        }

        buffer.Write("\n"u8);
    }

    /// <summary>A comment, by which both sides notice a link that is dead.</summary>
    public void HeartBeat() => buffer.Write(": still here\n\n"u8);

    /// <summary>Sends what is written once it is more than <paramref name="atLeast"/> bytes.</summary>
    public async Task FlushAsync(int atLeast, CancellationToken cancellationToken)
    {
        if (buffer.WrittenCount > atLeast)
        {
            await context.Response.Body.WriteAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
            await context.Response.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
            buffer.ResetWrittenCount();
        }
    }
}
