using System.Text.Json;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Insights;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MeshConsole.ControlPlane.Api;

/// <summary>
/// What is ours about zones: <c>/zones/NAME/_admission</c> (a Kuma 2.x zone that cannot send a token, and from where it may
/// come) and <c>/zones/NAME/_state</c> (its state in our words, with why it is turned away).
/// </summary>
internal sealed class ZonesApi(ResourceStore store, ZoneAdmission admission, ZoneLinks links, States states)
{
    /// <summary>Adds the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, ZonesApi api)
    {
        routes.MapGet("/zones/{name}/_admission", api.GetAdmissionAsync);
        routes.MapPut("/zones/{name}/_admission", api.PutAdmissionAsync);
        routes.MapDelete("/zones/{name}/_admission", api.DeleteAdmissionAsync);
        routes.MapGet("/zones/{name}/_state", api.StateAsync);
    }

    private static string Name(HttpContext context) => (string)context.Request.RouteValues["name"]!;

    private Task GetAdmissionAsync(HttpContext context)
    {
        if (AccessRules.Administer(context.Actor(), "zone admission") is { } refusal)
        {
            return ErrorBody.WriteAsync(context, refusal);
        }

        return admission.Networks(Name(context)) is { } networks
            ? JsonAnswer.WriteAsync(context, writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("zone", Name(context));
                writer.WriteStartArray("networks");
                foreach (var network in networks)
                {
                    writer.WriteStringValue(network.ToString());
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            })
            : ErrorBody.WriteAsync(context, Refusal.NotFound());
    }

    private async Task PutAdmissionAsync(HttpContext context)
    {
        if ((AccessRules.Administer(context.Actor(), "zone admission") ?? QueryFlag.Unknown(context.Request, "dryRun")) is { } refusal)
        {
            await ErrorBody.WriteAsync(context, refusal).ConfigureAwait(false);
            return;
        }

        var body = await JsonAnswer.ReadBodyAsync(context).ConfigureAwait(false);
        if (!body.Ok)
        {
            await ErrorBody.WriteAsync(context, body.Refusal).ConfigureAwait(false);
            return;
        }

        var networks = ReadNetworks(body.Value);
        var allowed = networks.Ok
            ? await admission.AllowAsync(context.Actor(), Name(context), networks.Value, context.RequestAborted).ConfigureAwait(false)
            : networks.Refusal;
        await (allowed.Ok
            ? JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, "{}"u8.ToArray())
            : ErrorBody.WriteAsync(context, allowed.Refusal.Reason == RefusalReason.NotFound
                ? new Refusal(RefusalReason.NotFound, "Could not process the admission", $"There is no Zone \"{Name(context)}\". Create it first: PUT /zones/NAME with {{\"type\":\"Zone\",\"name\":\"NAME\"}}")
                : allowed.Refusal)).ConfigureAwait(false);
    }

    private async Task DeleteAdmissionAsync(HttpContext context)
    {
        if ((AccessRules.Administer(context.Actor(), "zone admission") ?? QueryFlag.Unknown(context.Request, "dryRun")) is { } refusal)
        {
            await ErrorBody.WriteAsync(context, refusal).ConfigureAwait(false);
            return;
        }

        await admission.ForbidAsync(context.Actor(), Name(context), context.RequestAborted).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, "{}"u8.ToArray()).ConfigureAwait(false);
    }

    private Task StateAsync(HttpContext context)
    {
        if (AccessRules.ViewConfig(context.Actor()) is { } refusal)
        {
            return ErrorBody.WriteAsync(context, refusal);
        }

        var world = store.World.Value;
        var link = links.Of(Name(context));
        var zone = world.Find("Zone", Name(context));
        if (zone is null && link.Refusal is null)
        {
            return ErrorBody.WriteAsync(context, Refusal.NotFound());
        }

        return JsonAnswer.WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("zone", Name(context));
            if (zone is not null)
            {
                var state = states.Of(zone, world);
                writer.WriteString("state", state.Word.ToString().ToLowerInvariant());
                if (state.Since is { } since)
                {
                    writer.WriteString("since", ResourceJson.Time(since));
                }

                writer.WriteString("reason", state.Reason);
            }

            writer.WriteBoolean("connected", link.Connected);
            if (link.Alarm is { } alarm)
            {
                writer.WriteString("alarm", alarm);
            }

            if (link.Refusal is { } refused)
            {
                writer.WriteStartObject("refused");
                writer.WriteString("reason", refused.Reason);
                writer.WriteString("from", refused.From);
                writer.WriteString("at", ResourceJson.Time(refused.At));
                writer.WriteNumber("count", refused.Count);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        });
    }

    private static Result<List<string>> ReadNetworks(ReadOnlyMemory<byte> body)
    {
        try
        {
            var root = JsonElement.Parse(body.Span);
            if (root.ValueKind == JsonValueKind.Object
                && root.TryGetProperty("networks", out var networks)
                && networks.ValueKind == JsonValueKind.Array
                && networks.EnumerateArray().All(n => n.ValueKind == JsonValueKind.String))
            {
                return networks.EnumerateArray().Select(n => n.GetString()!).ToList();
            }
        }
        catch (JsonException)
        {
            // answered below
        }

        return Refusal.Invalid("networks", "must be a list of networks such as 10.1.0.0/16", "Could not process the admission");
    }
}
