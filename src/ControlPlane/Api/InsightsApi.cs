using System.Buffers;
using System.Text.Json;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Insights;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MeshConsole.ControlPlane.Api;

/// <summary>Counts over everything: <c>/global-insight</c>, <c>/mesh-insights</c>, <c>/service-insights</c>.</summary>
internal sealed class InsightsApi(KindRegistry kinds, ResourceStore store, States states, TimeProvider time, ChangeStreams streams)
{
    /// <summary>Adds the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, InsightsApi api)
    {
        routes.MapGet("/global-insight", api.GlobalAsync);
        routes.MapGet("/global-insights", api.GlobalCountsAsync);
        routes.MapGet("/mesh-insights", c => api.ListAsync(c, "MeshInsight", null));
        routes.MapGet("/mesh-insights/{name}", api.MeshInsightAsync);
        routes.MapGet("/service-insights", c => api.ListAsync(c, "ServiceInsight", null));
        routes.MapGet("/meshes/{mesh}/service-insights", c => api.ListAsync(c, "ServiceInsight", (string)c.Request.RouteValues["mesh"]!));
        routes.MapGet("/meshes/{mesh}/service-insights/{name}", api.ServiceInsightAsync);
    }

    private static readonly JsonWriterOptions Compact = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private volatile Reading? last;

    /// <summary>Kept until the state or a connection moves.</summary>
    private Rollups Counts => Read(TimeSpan.Zero).Counts;

    /// <summary>What the store and the connections come to; counted anew when they moved and the last count is older than <paramref name="age"/>.</summary>
    private Reading Read(TimeSpan age)
    {
        var (world, links) = (store.World.Value, states.Links);
        if (last is not { } known || ((!ReferenceEquals(known.World, world) || !ReferenceEquals(known.Links, links)) && time.GetElapsedTime(known.At) >= age))
        {
            last = known = new Reading(world, links, Rollups.Of(world, kinds, r => states.Of(r, world).Word), time.GetTimestamp());
        }

        return known;
    }

    private async Task ListAsync(HttpContext context, string kindName, string? mesh)
    {
        var kind = kinds[kindName];
        if (AccessRules.Read(context.Actor(), kind) is { } refusal)
        {
            await ErrorBody.WriteAsync(context, refusal).ConfigureAwait(false);
            return;
        }

        if (mesh is not null && !store.World.Value.HasMesh(mesh))
        {
            await ErrorBody.WriteAsync(context, Refusal.NotFound("Failed to retrieve Mesh")).ConfigureAwait(false);
            return;
        }

        var query = ListQuery.Read(context.Request, (mesh is null ? "/" : "/meshes/{mesh}/") + kind.Path, hasTags: false);
        var types = ServiceTypes(context.Request.Query["type"].FirstOrDefault());
        if (!query.Ok || !types.Ok)
        {
            await ErrorBody.WriteAsync(context, query.Refusal ?? types.Refusal!).ConfigureAwait(false);
            return;
        }

        var watch = QueryFlag.Read(context.Request, "watch", "Could not retrieve resources");
        if (!watch.Ok)
        {
            await ErrorBody.WriteAsync(context, watch.Refusal).ConfigureAwait(false);
            return;
        }

        IEnumerable<Resource> Source(Rollups counts) => (kindName == "MeshInsight" ? counts.MeshInsights : counts.ServiceInsights.Where(r => mesh is null || r.Mesh == mesh))
            .Where(r => types.Value.Count == 0 || types.Value.Contains(ServiceType(r)));

        if (watch.Value)
        {
            await streams.ServeDerivedAsync(context, () => Look(now => Source(now.Counts).Where(query.Value.Fits)
                .Select(r => new DerivedItem($"{r.Mesh}/{r.Name}", r.Spec.Utf8, Bytes(w => ResourceJson.Write(w, r)))))).ConfigureAwait(false);
            return;
        }

        var (page, total) = query.Value.Apply(Source(Counts));
        var next = query.Value.Next(context.Request, total);
        await JsonAnswer.WriteAsync(context, writer => ListWriter.Write(writer, total, page, next, (w, r) => ResourceJson.Write(w, r, indent: true))).ConfigureAwait(false);
    }

    private Task MeshInsightAsync(HttpContext context)
    {
        if (AccessRules.Read(context.Actor(), kinds["MeshInsight"]) is { } refusal)
        {
            return ErrorBody.WriteAsync(context, refusal);
        }

        var name = (string)context.Request.RouteValues["name"]!;
        return Counts.MeshInsights.FirstOrDefault(r => r.Name == name) is { } found
            ? JsonAnswer.WriteAsync(context, w => ResourceJson.Write(w, found, indent: true))
            : ErrorBody.WriteAsync(context, Refusal.NotFound());
    }

    private Task ServiceInsightAsync(HttpContext context)
    {
        var kind = kinds["ServiceInsight"];
        if (AccessRules.Read(context.Actor(), kind) is { } refusal)
        {
            return ErrorBody.WriteAsync(context, refusal);
        }

        var (mesh, name) = ((string)context.Request.RouteValues["mesh"]!, (string)context.Request.RouteValues["name"]!);
        if (store.World.Value.Find("Mesh", mesh) is not { } stored)
        {
            return ErrorBody.WriteAsync(context, Refusal.NotFound("Failed to retrieve Mesh"));
        }

        // A service that nobody offers is answered with zeros, as Kuma does.
        var found = Counts.ServiceInsights.FirstOrDefault(r => r.Mesh == mesh && r.Name == name)
            ?? new Resource { Kind = kind, Mesh = mesh, Name = name, Spec = JsonBody.FromText("""{"dataplanes":{}}"""), CreationTime = stored.CreationTime, ModificationTime = stored.ModificationTime };
        return JsonAnswer.WriteAsync(context, w => ResourceJson.Write(w, found, indent: true));
    }

    private Task GlobalCountsAsync(HttpContext context)
    {
        var world = store.World.Value;
        return JsonAnswer.WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("type", "GlobalInsights");
            writer.WriteString("creationTime", ResourceJson.Time(time.GetUtcNow()));
            writer.WriteStartObject("resources");
            foreach (var kind in kinds.All.Where(k => k is { Scope: Scope.Global, Observed: false, HasApi: true }).OrderBy(k => k.Name, StringComparer.Ordinal))
            {
                WriteTotal(writer, kind.Name, world.Count(kind.Name));
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        });
    }

    private async Task GlobalAsync(HttpContext context)
    {
        var watch = QueryFlag.Read(context.Request, "watch", "Could not retrieve resources");
        await (!watch.Ok ? ErrorBody.WriteAsync(context, watch.Refusal)
            : watch.Value ? streams.ServeDerivedAsync(context, () => Look(now =>
                [new DerivedItem("", Bytes(w => WriteGlobal(w, now, DateTimeOffset.UnixEpoch)), Bytes(w => WriteGlobal(w, now, time.GetUtcNow())))]))
            : JsonAnswer.WriteAsync(context, w => WriteGlobal(w, Read(TimeSpan.Zero), time.GetUtcNow()))).ConfigureAwait(false);
    }

    /// <summary>What is worked out, and when to look again: at once when it is not of now, which it need not be for a stream.</summary>
    private DerivedValues Look(Func<Reading, IEnumerable<DerivedItem>> items)
    {
        var reading = Read(DerivedStream.Pause); // many streams look at one count
        return new DerivedValues(reading.World.Revision, [.. items(reading)], async end =>
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(end);
            await Task.WhenAny(store.World.NextAsync(reading.World, either.Token).AsTask(), states.MovedAsync(reading.Links, either.Token)).ConfigureAwait(false);
            await either.CancelAsync().ConfigureAwait(false);
            end.ThrowIfCancellationRequested();
        });
    }

    private static byte[] Bytes(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, Compact))
        {
            write(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private void WriteGlobal(Utf8JsonWriter writer, Reading reading, DateTimeOffset createdAt)
    {
        var world = reading.World;
        var meshes = reading.Counts.MeshInsights.Select(r => (MeshInsight)r.Kind.TypedSpec(r)).ToList();
        var services = reading.Counts.ServiceInsights.Select(r => r.Spec.Parse()).ToList();
        writer.WriteStartObject();
        writer.WriteString("createdAt", ResourceJson.Time(createdAt));
        writer.WriteStartObject("dataplanes");
        WriteStat(writer, "gatewayBuiltin", meshes.Select(m => m.DataplanesByType.GatewayBuiltin));
        WriteStat(writer, "gatewayDelegated", meshes.Select(m => m.DataplanesByType.GatewayDelegated));
        WriteStat(writer, "standard", meshes.Select(m => m.DataplanesByType.Standard));
        writer.WriteEndObject();
        WriteTotal(writer, "meshes", meshes.Count);
        WriteTotal(writer, "policies", meshes.Sum(m => m.Policies.Values.Sum(p => (long)p.Total)));
        WriteResources(writer, world, meshes);
        WriteServices(writer, services, meshes);
        writer.WriteStartObject("zones");
        WriteOnline(writer, "controlPlanes", world, "Zone");
        WriteOnline(writer, "zoneEgresses", world, "ZoneEgress");
        WriteOnline(writer, "zoneIngresses", world, "ZoneIngress");
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void WriteResources(Utf8JsonWriter writer, World world, List<MeshInsight> meshes)
    {
        writer.WriteStartObject("resources");
        var counts = meshes.SelectMany(m => m.Resources).GroupBy(r => r.Key).ToDictionary(g => g.Key, g => g.Sum(r => (long)r.Value.Total));
        foreach (var kind in kinds.All.Where(k => k is { Scope: Scope.Global, Observed: false, IsSecret: false, HasApi: true }))
        {
            if (kind.Name is not ("Mesh" or "Zone" or "ZoneIngress" or "ZoneEgress") && world.Count(kind.Name) is > 0 and var count)
            {
                counts[kind.Name] = count;
            }
        }

        foreach (var (name, count) in counts.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            WriteTotal(writer, name, count);
        }

        writer.WriteEndObject();
    }

    private static void WriteServices(Utf8JsonWriter writer, List<JsonElement> services, List<MeshInsight> meshes)
    {
        writer.WriteStartObject("services");
        writer.WriteStartObject("external");
        writer.WriteNumber("total", meshes.Sum(m => m.Services.External));
        writer.WriteEndObject();
        foreach (var (member, type) in new[] { ("gatewayBuiltin", "gateway_builtin"), ("gatewayDelegated", "gateway_delegated"), ("internal", "internal") })
        {
            var those = services.Where(s => Word(s, "serviceType", "internal") == type).ToList();
            writer.WriteStartObject(member);
            writer.WriteNumber("offline", those.Count(s => Word(s, "status", "") == "offline"));
            writer.WriteNumber("online", those.Count(s => Word(s, "status", "") == "online"));
            writer.WriteNumber("partiallyDegraded", those.Count(s => Word(s, "status", "") == "partially_degraded"));
            writer.WriteNumber("total", those.Count);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private void WriteOnline(Utf8JsonWriter writer, string member, World world, string kind)
    {
        writer.WriteStartObject(member);
        writer.WriteNumber("online", world.List(kind).Count(r => states.Of(r, world).Word == StateWord.Online));
        writer.WriteNumber("total", world.Count(kind));
        writer.WriteEndObject();
    }

    private static void WriteStat(Utf8JsonWriter writer, string member, IEnumerable<MeshInsight.Types.DataplaneStat?> stats)
    {
        var all = stats.OfType<MeshInsight.Types.DataplaneStat>().ToList();
        writer.WriteStartObject(member);
        writer.WriteNumber("offline", all.Sum(s => s.Offline));
        writer.WriteNumber("online", all.Sum(s => s.Online));
        writer.WriteNumber("partiallyDegraded", all.Sum(s => s.PartiallyDegraded));
        writer.WriteNumber("total", all.Sum(s => s.Total));
        writer.WriteEndObject();
    }

    private static void WriteTotal(Utf8JsonWriter writer, string member, long total)
    {
        writer.WriteStartObject(member);
        writer.WriteNumber("total", total);
        writer.WriteEndObject();
    }

    private static Result<IReadOnlySet<string>> ServiceTypes(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return new HashSet<string>();
        }

        var types = text.Split(',').Select(t => t.Trim().ToLowerInvariant()).ToHashSet();
        return types.All(t => t is "internal" or "external" or "gateway_delegated" or "gateway_builtin")
            ? types
            : Refusal.Invalid("type", "unsupported service type", "Could not retrieve resources");
    }

    private static string ServiceType(Resource insight) => Word(insight.Spec.Parse(), "serviceType", "internal");

    private static string Word(JsonElement element, string member, string absent) =>
        element.TryGetProperty(member, out var value) ? value.GetString() ?? absent : absent;

    private sealed record Reading(World World, object Links, Rollups Counts, long At);
}
