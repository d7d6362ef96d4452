using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Planning;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;
using InboundProto = MeshConsole.Protos.Kuma.Mesh.Dataplane.Types.Networking.Types.Inbound;
using ListenerType = MeshConsole.Protos.Kuma.Mesh.Dataplane.Types.Networking.Types.Listener.Types.Type;

namespace MeshConsole.ControlPlane.Api;

/// <summary>The answers of the inspect endpoints in Kuma's shapes.</summary>
internal static class InspectJson
{
    /// <summary>A resource by its names and labels.</summary>
    public static void Meta(Utf8JsonWriter writer, Resource resource)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("labels");
        foreach (var (key, value) in resource.Labels)
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
        writer.WriteString("mesh", resource.Mesh);
        writer.WriteString("name", resource.Name);
        writer.WriteString("type", resource.Kind.Name);
        writer.WriteEndObject();
    }

    /// <summary><c>_rules</c>: everything that holds for a proxy, kind by kind.</summary>
    /// <param name="writer">Receives it.</param>
    /// <param name="plan">The plan of the mesh.</param>
    /// <param name="kinds">The policy kinds, in their order.</param>
    /// <param name="proxy">The proxy.</param>
    /// <param name="about">The resource that was asked about.</param>
    public static void Rules(Utf8JsonWriter writer, MeshPlan plan, IEnumerable<ResourceKind> kinds, ProxyView proxy, Resource about)
    {
        // Where services are resources only, tags name no destination.
        var byTags = !plan.IsExclusive;
        var routes = new SortedDictionary<string, JsonArray>(StringComparer.Ordinal);
        writer.WriteStartObject();
        writer.WritePropertyName("resource");
        Meta(writer, about);
        writer.WriteStartArray("rules");
        foreach (var kind in kinds)
        {
            var matches = plan.Match(kind, proxy);
            var (subsets, subsetWarning) = matches.Subsets;
            foreach (var rule in matches.Outbound.All.SelectMany(r => r.Conf).Concat(subsets.Select(s => s.Conf)).SelectMany(Parts))
            {
                if (((IPolicyKind)kind).RouteHash(rule) is { } hash && rule["matches"] is JsonArray ofRoute)
                {
                    routes[hash] = ofRoute;
                }
            }

            KindRules(writer, kind, matches, byTags ? subsets : [], subsetWarning);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("httpMatches");
        foreach (var (hash, match) in routes)
        {
            writer.WriteStartObject();
            writer.WriteString("hash", hash);
            writer.WritePropertyName("match");
            match.WriteTo(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary><c>_policies</c>: the policies that hold for a proxy as a whole.</summary>
    public static void ProxyPolicies(Utf8JsonWriter writer, MeshPlan plan, IEnumerable<ResourceKind> kinds, ProxyView proxy) =>
        List(writer, "policies", kinds.Select(k => (k, plan.Match(k, proxy).Single)).Where(s => s.Single is not null), s =>
        {
            writer.WritePropertyName("conf");
            s.Single!.Conf.WriteTo(writer);
            writer.WriteString("kind", s.k.Name);
            Origins(writer, s.Single.Policies);
        });

    /// <summary><c>_inbounds/…/_policies</c>: the rules for traffic that enters at an inbound.</summary>
    public static void InboundPolicies(Utf8JsonWriter writer, MeshPlan plan, IEnumerable<ResourceKind> kinds, ProxyView proxy, int inbound) =>
        List(writer, "policies", kinds.Select(k => (k, Rules: plan.Match(k, proxy).Inbound(inbound)?.Rules ?? [])).Where(r => r.Rules.Length > 0), r =>
        {
            writer.WriteString("kind", r.k.Name);
            Origins(writer, r.Rules.Select(rule => rule.Origin.Policy).Distinct());
            writer.WriteStartArray("rules");
            foreach (var rule in r.Rules)
            {
                writer.WriteStartObject();
                writer.WritePropertyName("conf");
                rule.Conf.WriteTo(writer);
                writer.WriteString("kri", Kri.Of(rule.Origin.Policy)?.ToString());
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        });

    /// <summary><c>_outbounds/…/_policies</c>, and the same for a route: the configuration for one destination.</summary>
    public static void OutboundPolicies(Utf8JsonWriter writer, MeshPlan plan, IEnumerable<ResourceKind> kinds, ProxyView proxy, Kri destination, Kri? route = null) =>
        List(
            writer,
            "policies",
            kinds.Where(k => route is null || k is IPolicyKind { IsRouting: false }).Select(k => (k, Rule: Outbound(plan.Match(k, proxy).Outbound, destination, route))).Where(r => r.Rule is not null),
            r =>
            {
                Confs(writer, r.Rule!.Conf);
                writer.WriteString("kind", r.k.Name);
                Origins(writer, r.Rule.Origins.Select(o => o.Policy));
            });

    /// <summary><c>_outbounds/…/_routes</c>: the routes of one destination, as written.</summary>
    public static void Routes(Utf8JsonWriter writer, MeshPlan plan, IEnumerable<ResourceKind> kinds, ProxyView proxy, Kri destination) =>
        List(
            writer,
            "routes",
            kinds.Where(k => k is IPolicyKind { IsRouting: true }).Select(k => (k, Rule: plan.Match(k, proxy).Outbound.For(destination))).Where(r => r.Rule is not null),
            r =>
            {
                writer.WriteString("kind", r.k.Name);
                Origins(writer, r.Rule!.Origins.Select(o => o.Policy));
                writer.WriteStartArray("rules");
                foreach (var rule in r.Rule.Conf.SelectMany(Parts))
                {
                    writer.WriteStartObject();
                    writer.WritePropertyName("conf");
                    (rule["default"] ?? new JsonObject()).WriteTo(writer);
                    var routed = rule["matches"] is { } matches && ((IPolicyKind)r.k).RouteHash(rule) is { } hash
                        && r.Rule.RouteOrigins.TryGetValue(hash, out var origin)
                            ? (Kri: Kri.Of(origin.Policy)?.ToString() ?? "", Matches: matches)
                            : (Kri: "", Matches: null);
                    writer.WriteString("kri", routed.Kri);
                    writer.WritePropertyName("matches");
                    if (routed.Matches is null)
                    {
                        writer.WriteNullValue();
                    }
                    else
                    {
                        routed.Matches.WriteTo(writer);
                    }

                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            });

    /// <summary><c>_layout</c>: what a proxy listens on.</summary>
    public static void Layout(Utf8JsonWriter writer, MeshPlan plan, Resource dataplane)
    {
        var networking = ((DataplaneKind)dataplane.Kind).Spec(dataplane).Networking;
        writer.WriteStartObject();
        writer.WriteString("kri", Kri.Of(dataplane)?.ToString());
        writer.WriteStartObject("labels");
        foreach (var (key, value) in dataplane.Labels)
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
        writer.WriteStartArray("inbounds");
        foreach (var inbound in networking?.Inbound ?? [])
        {
            var section = inbound.Name.Length > 0 ? inbound.Name : $"{inbound.Port}";
            LayoutEntry(writer, Kri.Of(dataplane, section)!.Value, (int)inbound.Port, Protocol(inbound), $"self_inbound_dp_{section}");
        }

        writer.WriteEndArray();
        writer.WriteStartArray("outbounds");
        foreach (var port in Reachability.Of(plan.Destinations, dataplane))
        {
            LayoutEntry(writer, port.Kri, port.Port, port.Protocol, port.Kri.ToString());
        }

        writer.WriteEndArray();
        writer.WriteStartArray("listeners");
        foreach (var listener in networking?.Listeners ?? [])
        {
            var section = listener.Name.Length > 0 ? listener.Name : $"{listener.Port}";
            var ingress = listener.Type == ListenerType.ZoneIngress;
            writer.WriteStartObject();
            writer.WriteString("kri", Kri.Of(dataplane, section)?.ToString());
            writer.WriteString("type", ingress ? "ZoneIngress" : "ZoneEgress");
            writer.WriteNumber("port", listener.Port);
            writer.WriteString("proxyResourceName", $"self_{(ingress ? "zoneingress" : "zoneegress")}_dp_{section}");
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>The single routes of a configuration; itself for kinds that have no matches.</summary>
    private static IEnumerable<JsonObject> Parts(JsonObject conf) => (conf["rules"] as IEnumerable<JsonNode?> ?? [conf]).OfType<JsonObject>();

    private static OutboundRule? Outbound(OutboundRules rules, Kri destination, Kri? route) =>
        route is { } kri ? rules.ForRoute(kri, destination) : rules.For(destination);

    private static string Protocol(InboundProto inbound) =>
        inbound.Protocol.Length > 0 ? inbound.Protocol : inbound.Tags.TryGetValue(TagKeys.Protocol, out var tag) ? tag : "";

    private static void LayoutEntry(Utf8JsonWriter writer, Kri kri, int port, string protocol, string name)
    {
        writer.WriteStartObject();
        writer.WriteString("kri", kri.ToString());
        writer.WriteNumber("port", port);
        writer.WriteString("protocol", protocol);
        writer.WriteString("proxyResourceName", name);
        writer.WriteEndObject();
    }

    private static void KindRules(Utf8JsonWriter writer, ResourceKind kind, PolicyMatches matches, ImmutableArray<SubsetRule> subsets, string? warning)
    {
        var proxy = matches.Proxy;
        var single = matches.Single;
        var outbound = matches.Outbound.All.OrderBy(r => r.Destination.Resource.Name, StringComparer.Ordinal).ToList();
        var ports = Enumerable.Range(0, proxy.Inbounds.Length).OrderBy(i => proxy.Inbounds[i].Port).ToList();
        var clients = ports.Where(i => matches.Clients(i).Length > 0).ToList();
        var inbound = ports.Where(i => matches.Inbound(i) is { Rules.Length: > 0 }).ToList();
        if (single is null && outbound.Count == 0 && subsets.IsEmpty && clients.Count == 0 && inbound.Count == 0)
        {
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("type", kind.Name);
        if (single is not null)
        {
            writer.WriteStartObject("proxyRule");
            writer.WritePropertyName("conf");
            single.Conf.WriteTo(writer);
            Metas(writer, single.Policies);
            writer.WriteEndObject();
        }

        writer.WriteStartArray("toRules");
        foreach (var rule in subsets)
        {
            Subset(writer, rule);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("toResourceRules");
        foreach (var rule in outbound)
        {
            writer.WriteStartObject();
            Confs(writer, rule.Conf);
            Items(writer, rule.Origins);
            writer.WritePropertyName("resourceMeta");
            Meta(writer, rule.Destination.Resource);
            writer.WriteString("resourceSectionName", rule.Destination.Section);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("fromRules");
        foreach (var i in clients)
        {
            writer.WriteStartObject();
            Inbound(writer, proxy, proxy.Inbounds[i]);
            writer.WriteStartArray("rules");
            foreach (var rule in matches.Clients(i))
            {
                Subset(writer, rule);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("inboundRules");
        foreach (var i in inbound)
        {
            writer.WriteStartObject();
            Inbound(writer, proxy, proxy.Inbounds[i]);
            writer.WriteStartArray("rules");
            foreach (var rule in matches.Inbound(i)!.Rules)
            {
                writer.WriteStartObject();
                Confs(writer, [rule.Conf]);
                if (rule.Match is { } match)
                {
                    writer.WritePropertyName("match");
                    JsonSerializer.Serialize<Match>(writer, match, Json.Spec);
                }

                Items(writer, [rule.Origin]);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("warnings");
        foreach (var text in warning is null ? matches.TargetWarnings : matches.TargetWarnings.Add(warning))
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Inbound(Utf8JsonWriter writer, ProxyView proxy, ProxyInbound inbound)
    {
        writer.WriteStartObject("inbound");
        if (inbound.Name.Length > 0 && !inbound.IsZoneProxy)
        {
            writer.WriteString("name", inbound.Name);
        }

        writer.WriteNumber("port", inbound.Port);
        writer.WritePropertyName("tags");
        var tags = proxy.IsGateway ? proxy.GatewayTags : inbound.Tags;
        if (tags.Count == 0)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteStartObject();
            foreach (var (key, value) in tags.OrderBy(t => t.Key, StringComparer.Ordinal))
            {
                writer.WriteString(key, value);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void Subset(Utf8JsonWriter writer, SubsetRule rule)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("conf");
        rule.Conf.WriteTo(writer);
        writer.WriteStartArray("matchers");
        foreach (var condition in rule.Conditions)
        {
            writer.WriteStartObject();
            writer.WriteString("key", condition.Key);
            writer.WriteBoolean("not", condition.Not);
            writer.WriteString("value", condition.Value);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        Metas(writer, rule.Policies);
        writer.WriteEndObject();
    }

    private static void Confs(Utf8JsonWriter writer, ImmutableArray<JsonObject> confs)
    {
        writer.WriteStartArray("conf");
        foreach (var conf in confs)
        {
            conf.WriteTo(writer);
        }

        writer.WriteEndArray();
    }

    private static void Metas(Utf8JsonWriter writer, IEnumerable<Resource> policies)
    {
        writer.WriteStartArray("origin");
        foreach (var policy in policies)
        {
            Meta(writer, policy);
        }

        writer.WriteEndArray();
    }

    private static void Items(Utf8JsonWriter writer, ImmutableArray<Origin> origins)
    {
        writer.WriteStartArray("origin");
        foreach (var origin in origins)
        {
            writer.WriteStartObject();
            writer.WritePropertyName("resourceMeta");
            Meta(writer, origin.Policy);
            writer.WriteNumber("ruleIndex", origin.Index);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Origins(Utf8JsonWriter writer, IEnumerable<Resource> policies)
    {
        writer.WriteStartArray("origins");
        foreach (var policy in policies)
        {
            writer.WriteStartObject();
            writer.WriteString("kri", Kri.Of(policy)?.ToString());
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void List<T>(Utf8JsonWriter writer, string name, IEnumerable<T> items, Action<T> write)
    {
        writer.WriteStartObject();
        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            writer.WriteStartObject();
            write(item);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
