using System.Globalization;
using System.Text.Json;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Delivery;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MeshConsole.ControlPlane.Api;

/// <summary>
/// How far changes got (ours): <c>/_delivery</c> lists the newest, <c>/_delivery/REVISION</c> tells of one. The revision of a
/// write is its <c>ETag</c>.
/// </summary>
internal sealed class DeliveryApi(DeliveryLedger ledger)
{
    private const int MaxSize = 1000;

    /// <summary>Adds the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, DeliveryApi api)
    {
        routes.MapGet("/_delivery", api.ListAsync);
        routes.MapGet("/_delivery/{revision:long}", api.GetAsync);
    }

    /// <summary>The word for a state in REST.</summary>
    internal static string Word(DeliveryState state) => state.ToString().ToLowerInvariant();

    private Task ListAsync(HttpContext context)
    {
        if (AccessRules.ViewConfig(context.Actor()) is { } refusal)
        {
            return ErrorBody.WriteAsync(context, refusal);
        }

        var query = context.Request.Query;
        var size = 100;
        if (query.TryGetValue("size", out var text) && (!int.TryParse(text[0], NumberStyles.None, CultureInfo.InvariantCulture, out size) || size is < 1 or > MaxSize))
        {
            return ErrorBody.WriteAsync(context, Refusal.Invalid("size", $"must be a number from 1 to {MaxSize}", "Could not retrieve deliveries"));
        }

        var board = ledger.Current();
        var (type, mesh, name) = (query["type"].FirstOrDefault(), query["mesh"].FirstOrDefault(), query["name"].FirstOrDefault());
        var (zone, state) = (query["zone"].FirstOrDefault(), query["state"].FirstOrDefault());
        var items = board.Recent(int.MaxValue)
            .Where(d => (type is null || d.Key.Kind == type)
                && (mesh is null || d.Key.Mesh == mesh)
                && (name is null || d.Key.Name == name || d.DisplayName == name)
                && (zone is null || d.Zones.ContainsKey(zone))
                && (state is null || Word(zone is null ? d.State : d.Zones[zone].State) == state))
            .ToList();
        return JsonAnswer.WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("total", items.Count);
            writer.WriteStartArray("items");
            foreach (var delivery in items.Take(size))
            {
                Write(writer, delivery);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private Task GetAsync(HttpContext context)
    {
        if (AccessRules.ViewConfig(context.Actor()) is { } refusal)
        {
            return ErrorBody.WriteAsync(context, refusal);
        }

        var revision = long.Parse((string)context.Request.RouteValues["revision"]!, CultureInfo.InvariantCulture);
        return ledger.Current().Of(revision) is { } delivery
            ? JsonAnswer.WriteAsync(context, writer => Write(writer, delivery))
            : ErrorBody.WriteAsync(context, Refusal.NotFound("Could not retrieve a delivery") with { Detail = "Not found: it does not go to zones, or is older than what is held" });
    }

    private static void Write(Utf8JsonWriter writer, Delivery.Delivery delivery)
    {
        writer.WriteStartObject();
        writer.WriteNumber("revision", delivery.Revision);
        writer.WriteString("type", delivery.Key.Kind);
        if (delivery.Key.Mesh.Length > 0)
        {
            writer.WriteString("mesh", delivery.Key.Mesh);
        }

        writer.WriteString("name", delivery.Key.Name);
        writer.WriteString("displayName", delivery.DisplayName);
        writer.WriteString("operation", delivery.Operation.ToString().ToLowerInvariant());
        writer.WriteString("time", ResourceJson.Time(delivery.Time));
        writer.WriteString("actor", delivery.Actor);
        writer.WriteString("state", Word(delivery.State));
        writer.WriteStartArray("zones");
        foreach (var (zone, state) in delivery.Zones)
        {
            writer.WriteStartObject();
            writer.WriteString("zone", zone);
            writer.WriteString("state", Word(state.State));
            if (state.SentAt is { } sent)
            {
                writer.WriteString("sentAt", ResourceJson.Time(sent));
            }

            if (state.SettledAt is { } settled)
            {
                writer.WriteString("settledAt", ResourceJson.Time(settled));
                writer.WriteNumber("milliseconds", Math.Round((settled - delivery.Time).TotalMilliseconds, 1));
            }

            if (state.Reason is { } reason)
            {
                writer.WriteString("reason", reason);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
