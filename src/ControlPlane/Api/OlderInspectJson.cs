using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Planning;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Api;

/// <summary>A proxy for which a policy holds.</summary>
/// <param name="Proxy">The proxy.</param>
/// <param name="Parts">Its parts, for a sidecar.</param>
/// <param name="Ports">Ports of a built-in gateway with what the policy holds for; null for a sidecar, empty for the gateway as a whole.</param>
internal sealed record OldProxy(ProxyView Proxy, IReadOnlyList<Attachment> Parts, ImmutableArray<GatewayPort>? Ports = null);

/// <summary>The answers of the older inspection in Kuma's shapes.</summary>
internal static class OlderInspectJson
{
    private const string Sidecar = "SidecarDataplane";
    private const string Gateway = "MeshGatewayDataplane";
    private const string Log = "TrafficLog";
    private const string Trace = "TrafficTrace";

    /// <summary><c>policies</c>: those of a sidecar, part by part; those of a built-in gateway by listener, host name, route and destination.</summary>
    /// <param name="writer">Receives it.</param>
    /// <param name="world">What is stored.</param>
    /// <param name="kinds">The newer policy kinds; those of 2021 are known here.</param>
    /// <param name="dataplane">The proxy.</param>
    public static void Policies(Utf8JsonWriter writer, World world, IEnumerable<ResourceKind> kinds, Resource dataplane)
    {
        var plan = MeshPlan.Of(world, dataplane.Mesh);
        var proxy = plan.View(dataplane);
        if (proxy.IsBuiltinGateway)
        {
            GatewayPolicies(writer, world, proxy);
            return;
        }

        var newer = kinds.SelectMany(kind => plan.Match(kind, proxy).Policies.Select(p => new OldMatch(Attachment.Dataplane, p.Resource)));
        var parts = newer.Concat(new OldMatches(world, dataplane).All()).GroupBy(m => m.Attachment)
            .OrderBy(p => p.Key.Type, StringComparer.Ordinal)
            .ThenBy(p => p.Key.Name, StringComparer.Ordinal)
            .ToList();
        writer.WriteStartObject();
        writer.WriteString("kind", Sidecar);
        writer.WriteNumber("total", parts.Count);
        writer.WriteStartArray("items");
        foreach (var part in parts)
        {
            writer.WriteStartObject();
            Part(writer, part.Key);
            writer.WriteStartObject("matchedPolicies");
            foreach (var kind in part.GroupBy(m => m.Policy.Kind.Name).OrderBy(k => k.Key, StringComparer.Ordinal))
            {
                writer.WriteStartArray(kind.Key);
                foreach (var match in kind)
                {
                    Meta(writer, match.Policy);
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void GatewayPolicies(Utf8JsonWriter writer, World world, ProxyView proxy)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", Gateway);
        Key(writer, "gateway", proxy.Gateway?.Mesh ?? "", proxy.Gateway?.Name ?? "");
        Ports(writer, GatewayRoutes.Of(world, proxy), destination =>
        {
            writer.WriteStartObject();
            Tags(writer, "tags", destination.Tags);
            PolicyMap(writer, destination.Policies);
            writer.WriteEndObject();
        });
        var whole = new OldMatches(world, proxy.Resource);
        Resource[] policies = [.. new[] { whole.ForConnection(Log, OldMatches.PassThrough), whole.ForProxy(Trace) }.OfType<Resource>()];
        if (policies.Length > 0)
        {
            PolicyMap(writer, policies);
        }

        writer.WriteEndObject();
    }

    /// <summary>The proxies for which a policy holds.</summary>
    public static void Proxies(Utf8JsonWriter writer, IReadOnlyList<OldProxy> proxies) => List(writer, proxies, found =>
    {
        writer.WriteString("kind", found.Ports is null ? Sidecar : Gateway);
        Key(writer, "dataplane", found.Proxy.Resource.Mesh, found.Proxy.Resource.Name);
        if (found.Ports is { } ports)
        {
            Key(writer, "gateway", found.Proxy.Gateway?.Mesh ?? "", found.Proxy.Gateway?.Name ?? "");
            if (ports.Length > 0)
            {
                Ports(writer, ports, destination => TagsValue(writer, destination.Tags));
            }

            return;
        }

        writer.WriteStartArray("attachments");
        foreach (var part in found.Parts)
        {
            writer.WriteStartObject();
            Part(writer, part);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    /// <summary>The proxies that a MeshGateway or MeshGatewayRoute configures.</summary>
    public static void Gateways(Utf8JsonWriter writer, IReadOnlyList<Resource> proxies) =>
        List(writer, proxies, proxy => Key(writer, "dataplane", proxy.Mesh, proxy.Name));

    /// <summary>Where a policy of 2021 holds on a built-in gateway; nothing when it does not.</summary>
    public static IEnumerable<OldProxy> OfGateway(World world, ProxyView proxy, Resource policy)
    {
        var ports = GatewayRoutes.Of(world, proxy)
            .Select(port => port with
            {
                Hosts =
                [
                    .. port.Hosts
                        .Select(h => h with
                        {
                            Routes =
                            [
                                .. h.Routes.Select(r => r with { Destinations = [.. r.Destinations.Where(d => d.Policies.Any(p => p.Key == policy.Key))] })
                                    .Where(r => r.Destinations.Length > 0),
                            ],
                        })
                        .Where(h => h.Routes.Length > 0),
                ],
            })
            .Where(port => port.Hosts.Length > 0)
            .ToImmutableArray();
        if (ports.Length > 0)
        {
            yield return new OldProxy(proxy, [], ports);
        }

        var whole = new OldMatches(world, proxy.Resource);
        if ((policy.Kind.Name == Log ? whole.ForConnection(Log, OldMatches.PassThrough) : policy.Kind.Name == Trace ? whole.ForProxy(Trace) : null)?.Key == policy.Key)
        {
            yield return new OldProxy(proxy, [], []);
        }
    }

    /// <summary>
    /// <c>rules</c>: what holds for each kind of client of an inbound, for each outbound that is known by its tags, and for the proxy
    /// as a whole. Destinations that are real resources are told by <c>_rules</c> only.
    /// </summary>
    public static void Rules(Utf8JsonWriter writer, MeshPlan plan, IEnumerable<ResourceKind> kinds, Resource dataplane)
    {
        var proxy = plan.View(dataplane);
        var outbounds = (((DataplaneKind)dataplane.Kind).Spec(dataplane).Networking?.Outbound ?? [])
            .Where(o => o.BackendRef is null && o.Tags.ContainsKey(TagKeys.Service))
            .GroupBy(o => ClusterName(o.Tags), o => (o.Tags, Address: $"{(o.Address.Length > 0 ? o.Address : "127.0.0.1")}:{o.Port}"))
            .ToList();
        var found = new List<OldRule>();
        foreach (var kind in kinds)
        {
            var matches = plan.Match(kind, proxy);
            if (matches.Single is { } single)
            {
                found.Add(new OldRule("SingleItem", "", [], null, new SubsetRule([], single.Conf, single.Policies), kind.Name));
            }

            for (var i = 0; i < proxy.Inbounds.Length; i++)
            {
                var inbound = proxy.Inbounds[i];
                var tags = proxy.IsGateway ? proxy.GatewayTags : inbound.Tags;
                found.AddRange(matches.Clients(i).Select(rule => new OldRule("ClientSubset", ClusterName(tags), [$"{inbound.Address}:{inbound.Port}"], tags, rule, kind.Name)));
            }

            var subsets = matches.Subsets.Rules;
            foreach (var outbound in outbounds)
            {
                var tags = outbound.First().Tags;
                if (subsets.FirstOrDefault(r => r.Fits(tags)) is { } rule)
                {
                    found.Add(new OldRule("DestinationSubset", outbound.Key, [.. outbound.Select(o => o.Address).Distinct()], tags, rule, kind.Name));
                }
            }
        }

        List(writer, [.. found.OrderBy(r => r.Name, StringComparer.Ordinal).ThenBy(r => r.Type, StringComparer.Ordinal).ThenBy(r => r.PolicyType, StringComparer.Ordinal)], rule =>
        {
            writer.WriteString("type", rule.Type);
            writer.WriteString("name", rule.Name);
            writer.WriteStartArray("addresses");
            foreach (var address in rule.Addresses)
            {
                writer.WriteStringValue(address);
            }

            writer.WriteEndArray();
            writer.WriteString("service", rule.Tags?.GetValueOrDefault(TagKeys.Service, "") ?? "");
            Tags(writer, "tags", rule.Tags ?? new Dictionary<string, string>());
            writer.WriteString("policyType", rule.PolicyType);
            writer.WriteStartObject("subset");
            foreach (var condition in rule.Rule.Conditions.DistinctBy(c => c.Key))
            {
                writer.WriteString(condition.Key, condition.Not ? "!" + condition.Value : condition.Value);
            }

            writer.WriteEndObject();
            writer.WritePropertyName("conf");
            rule.Rule.Conf.WriteTo(writer);
            writer.WriteStartArray("origins");
            foreach (var policy in rule.Rule.Policies)
            {
                writer.WriteStartObject();
                writer.WriteString("mesh", policy.Mesh);
                writer.WriteString("name", policy.Name);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        });
    }

    /// <summary>Kuma's name of the cluster for a set of tags: the service, and the first 8 bytes of a hash of the tags when there are more.</summary>
    private static string ClusterName(IReadOnlyDictionary<string, string> tags)
    {
        var service = tags.GetValueOrDefault(TagKeys.Service, "");
        if (tags.Count <= 1)
        {
            return service;
        }

        var text = string.Concat(tags.OrderBy(t => t.Key, StringComparer.Ordinal).SelectMany(t => (string[])[t.Key, t.Value]));
        return $"{service}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8))}";
    }

    private static void Ports(Utf8JsonWriter writer, ImmutableArray<GatewayPort> ports, Action<GatewayDestination> write)
    {
        writer.WriteStartArray("listeners");
        foreach (var port in ports)
        {
            writer.WriteStartObject();
            writer.WriteNumber("port", port.Port);
            writer.WriteString("protocol", port.Protocol);
            writer.WriteStartArray("hosts");
            foreach (var host in port.Hosts)
            {
                writer.WriteStartObject();
                writer.WriteString("hostName", host.Name);
                writer.WriteStartArray("routes");
                foreach (var route in host.Routes)
                {
                    writer.WriteStartObject();
                    writer.WriteString("route", route.Route.Name);
                    writer.WriteStartArray("destinations");
                    foreach (var destination in route.Destinations)
                    {
                        write(destination);
                    }

                    writer.WriteEndArray();
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void PolicyMap(Utf8JsonWriter writer, IEnumerable<Resource> policies)
    {
        writer.WriteStartObject("policies");
        foreach (var policy in policies)
        {
            writer.WritePropertyName(policy.Kind.Name);
            Meta(writer, policy);
        }

        writer.WriteEndObject();
    }

    private static void Meta(Utf8JsonWriter writer, Resource policy)
    {
        writer.WriteStartObject();
        ResourceJson.WriteMeta(writer, policy, policy.Kind.Name);
        writer.WriteEndObject();
    }

    private static void Part(Utf8JsonWriter writer, Attachment part)
    {
        writer.WriteString("type", part.Type);
        if (part.Name.Length > 0)
        {
            writer.WriteString("name", part.Name);
            writer.WriteString("service", part.Service);
        }
    }

    private static void Key(Utf8JsonWriter writer, string member, string mesh, string name)
    {
        writer.WriteStartObject(member);
        writer.WriteString("mesh", mesh);
        writer.WriteString("name", name);
        writer.WriteEndObject();
    }

    private static void Tags(Utf8JsonWriter writer, string member, IReadOnlyDictionary<string, string> tags)
    {
        writer.WritePropertyName(member);
        TagsValue(writer, tags);
    }

    private static void TagsValue(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> tags)
    {
        writer.WriteStartObject();
        foreach (var (key, value) in tags.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    }

    private static void List<T>(Utf8JsonWriter writer, IReadOnlyList<T> items, Action<T> write)
    {
        writer.WriteStartObject();
        writer.WriteNumber("total", items.Count);
        writer.WriteStartArray("items");
        foreach (var item in items)
        {
            writer.WriteStartObject();
            write(item);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private sealed record OldRule(string Type, string Name, IReadOnlyList<string> Addresses, IReadOnlyDictionary<string, string>? Tags, SubsetRule Rule, string PolicyType);
}
