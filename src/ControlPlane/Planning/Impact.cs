using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>What a change does to one proxy.</summary>
/// <param name="Proxy">The proxy.</param>
/// <param name="Before">Its effective rules of the changed kind now.</param>
/// <param name="After">Its effective rules after the change.</param>
public sealed record ProxyImpact(Resource Proxy, JsonObject Before, JsonObject After);

/// <summary>What a change touches, told before it is made.</summary>
/// <param name="Zones">Proxies that are selected before or after, by zone; every zone that gets the resource is listed, also with none.</param>
/// <param name="Selected">How many proxies are selected before or after.</param>
/// <param name="Changed">The proxies whose effective rules differ, in the order of their names.</param>
/// <param name="Examined">How many proxies were compared; fewer than <paramref name="Selected"/> in very large meshes.</param>
public sealed record Impact(IReadOnlyDictionary<string, int> Zones, int Selected, IReadOnlyList<ProxyImpact> Changed, int Examined)
{
    /// <summary>Most proxies that are compared rule by rule.</summary>
    public const int ExamineLimit = 2000;

    /// <summary>
    /// Compares the state with the state after a change. Null when the kind is no policy with targets, so that nothing can be
    /// said of proxies.
    /// </summary>
    /// <param name="world">The state now.</param>
    /// <param name="before">The resource as stored, or null.</param>
    /// <param name="after">The resource after the change, or null when it is to be deleted.</param>
    public static Impact? Of(World world, Resource? before, Resource? after)
    {
        var resource = after ?? before;
        if (resource is not { Kind: IPolicyKind })
        {
            return null;
        }

        var next = after is null
            ? world.Without(resource.Key, world.Revision + 1)
            : world.With(after.With(revision: world.Revision + 1, creationTime: before?.CreationTime));
        var (planBefore, planAfter) = (MeshPlan.Of(world, resource.Mesh), MeshPlan.Of(next, resource.Mesh));
        var selected = SelectedBy(planBefore, before).Concat(SelectedBy(planAfter, after))
            .DistinctBy(p => p.Name)
            .OrderBy(p => p.Name, StringComparer.Ordinal)
            .ToList();
        var changed = new List<ProxyImpact>();
        foreach (var proxy in selected.Take(ExamineLimit))
        {
            var rulesBefore = Rules(planBefore, resource.Kind, proxy);
            var rulesAfter = Rules(planAfter, resource.Kind, proxy);
            if (!JsonNode.DeepEquals(rulesBefore, rulesAfter))
            {
                changed.Add(new ProxyImpact(proxy, rulesBefore, rulesAfter));
            }
        }

        var zones = new SortedDictionary<string, int>(StringComparer.Ordinal);
        if (resource.Kind.Flow.HasFlag(Flow.GlobalToZone))
        {
            foreach (var zone in world.List("Zone"))
            {
                zones[zone.Name] = 0;
            }
        }

        foreach (var proxy in selected)
        {
            var zone = proxy.Zone ?? "";
            zones[zone] = zones.GetValueOrDefault(zone) + 1;
        }

        return new Impact(zones, selected.Count, changed, Math.Min(selected.Count, ExamineLimit));
    }

    private static IEnumerable<Resource> SelectedBy(MeshPlan plan, Resource? policy) => policy is null ? [] : plan.Affected(policy).Select(a => a.Proxy.Resource);

    /// <summary>The effective rules of one kind for one proxy: what leaves it, what enters it, and the proxy as a whole.</summary>
    private static JsonObject Rules(MeshPlan plan, ResourceKind kind, Resource dataplane)
    {
        var proxy = plan.View(dataplane);
        var matches = plan.Match(kind, proxy);
        var rules = new JsonObject();
        var outbound = new JsonArray();
        foreach (var rule in matches.Outbound.All.OrderBy(r => r.Destination.Kri.ToString(), StringComparer.Ordinal))
        {
            outbound.Add((JsonNode)new JsonObject
            {
                ["to"] = rule.Destination.Kri.ToString(),
                ["conf"] = new JsonArray([.. rule.Conf.Select(c => c.DeepClone())]),
            });
        }

        if (!plan.IsExclusive)
        {
            foreach (var rule in matches.Subsets.Rules)
            {
                outbound.Add((JsonNode)Subset(rule));
            }
        }

        var inbound = new JsonArray();
        for (var i = 0; i < proxy.Inbounds.Length; i++)
        {
            var rows = new JsonArray();
            foreach (var row in matches.Inbound(i)?.Rules ?? [])
            {
                rows.Add((JsonNode)new JsonObject { ["match"] = JsonBody.From(row.Match).ToString(), ["conf"] = row.Conf.DeepClone() });
            }

            foreach (var rule in matches.Clients(i))
            {
                rows.Add((JsonNode)Subset(rule));
            }

            if (rows.Count > 0)
            {
                inbound.Add((JsonNode)new JsonObject { ["inbound"] = proxy.Inbounds[i].Section, ["rules"] = rows });
            }
        }

        if (outbound.Count > 0)
        {
            rules["outbound"] = outbound;
        }

        if (inbound.Count > 0)
        {
            rules["inbound"] = inbound;
        }

        if (matches.Single is { } single)
        {
            rules["proxy"] = single.Conf.DeepClone();
        }

        return rules;
    }

    private static JsonObject Subset(SubsetRule rule) => new()
    {
        ["tags"] = string.Join(" & ", rule.Conditions.Select(c => $"{c.Key} {(c.Not ? "is not" : "is")} {c.Value}")),
        ["conf"] = rule.Conf.DeepClone(),
    };
}
