using System.Globalization;
using System.Text.Json;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Licensing;
using MeshConsole.ControlPlane.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MeshConsole.ControlPlane.Api;

/// <summary>How the license stands (ours): <c>/license</c>.</summary>
internal static class LicenseApi
{
    /// <summary>Adds the route.</summary>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/license", GetAsync);

    private static Task GetAsync(HttpContext context, ResourceStore store, TimeProvider time)
    {
        if (AccessRules.ViewConfig(context.Actor()) is { } refusal)
        {
            return ErrorBody.WriteAsync(context, refusal);
        }

        var world = store.World.Value;
        var state = LicenseState.Of(License.Community, new LicenseUsage(world.Count("Zone"), world.Count("Dataplane")), time.GetUtcNow());
        return JsonAnswer.WriteAsync(context, writer => Write(writer, state));
    }

    private static void Write(Utf8JsonWriter writer, LicenseState state)
    {
        writer.WriteStartObject();
        writer.WriteString("status", state.Word);
        writer.WriteString("message", state.Message);
        writer.WriteBoolean("readOnlyConfiguration", state.ReadOnlyConfiguration);
        writer.WriteString("edition", state.License.Edition);
        writer.WriteString("holder", state.License.Holder);
        writer.WriteString("expires", state.License.Expires?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        WriteCounts(writer, "usage", state.Usage.Zones, state.Usage.Dataplanes);
        WriteCounts(writer, "limits", state.License.MaxZones, state.License.MaxDataplanes);
        writer.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter writer, string name, int? zones, int? dataplanes)
    {
        writer.WriteStartObject(name);
        foreach (var (what, count) in ((string, int?)[])[("zones", zones), ("dataplanes", dataplanes)])
        {
            writer.WritePropertyName(what);
            if (count is { } number)
            {
                writer.WriteNumberValue(number);
            }
            else
            {
                writer.WriteNullValue(); // no limit
            }
        }

        writer.WriteEndObject();
    }
}
