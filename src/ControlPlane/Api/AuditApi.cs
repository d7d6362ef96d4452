using System.Globalization;
using System.Text.Json;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MeshConsole.ControlPlane.Api;

/// <summary>The newest entries of the audit trail (ours), for administrators: <c>/audit?size=N</c>.</summary>
internal static class AuditApi
{
    private const int DefaultSize = 100;
    private const int MaxSize = 1000;

    /// <summary>Adds the route.</summary>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/audit", GetAsync);

    private static async Task GetAsync(HttpContext context, ResourceStore store)
    {
        if (AccessRules.Administer(context.Actor(), "the audit trail") is { } refusal)
        {
            await ErrorBody.WriteAsync(context, refusal).ConfigureAwait(false);
            return;
        }

        var size = DefaultSize;
        if (context.Request.Query.TryGetValue("size", out var text)
            && (!int.TryParse(text[0], NumberStyles.None, CultureInfo.InvariantCulture, out size) || size is < 1 or > MaxSize))
        {
            await ErrorBody.WriteAsync(context, Refusal.Invalid("size", $"must be a number from 1 to {MaxSize}", "Could not retrieve the audit trail")).ConfigureAwait(false);
            return;
        }

        var rows = await store.AuditAsync(size, context.RequestAborted).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(context, writer => Write(writer, rows)).ConfigureAwait(false);
    }

    private static void Write(Utf8JsonWriter writer, IReadOnlyList<AuditRow> rows)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("items");
        foreach (var row in rows)
        {
            writer.WriteStartObject();
            writer.WriteNumber("id", row.Id);
            writer.WriteString("time", new DateTime(row.Time, DateTimeKind.Utc).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
            writer.WriteString("actor", row.Actor);
            writer.WriteString("action", row.Action);
            writer.WriteString("target", row.Target);
            if (row.Revision > 0)
            {
                writer.WriteNumber("revision", row.Revision);
            }

            writer.WriteString("detail", row.Detail);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
