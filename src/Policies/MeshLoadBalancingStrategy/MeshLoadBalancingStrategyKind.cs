using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshLoadBalancingStrategy;

/// <summary>The kind MeshLoadBalancingStrategy.</summary>
public sealed class MeshLoadBalancingStrategyKind() : PolicyKind<MeshLoadBalancingStrategySpec>(
    new("MeshLoadBalancingStrategy", "meshloadbalancingstrategies", "mlbs", "Mesh Load Balancing Strategy", "Mesh Load Balancing Strategies"))
{
    private const string OnlyHashPolicies = "field is not allowed when targetRef.kind is MeshHTTPRoute, only hashPolicies is supported";

    private static readonly TargetRefRules Destinations = new(
        TargetKinds.Mesh, TargetKinds.MeshService, TargetKinds.MeshMultiZoneService, TargetKinds.MeshHTTPRoute);

    private static readonly TargetRefRules GatewayDestinations = new(TargetKinds.Mesh, TargetKinds.MeshService, TargetKinds.MeshMultiZoneService);

    private static readonly TargetRefRules BalancedGatewayDestinations = TargetRefRules.MeshOnly with
    {
        UnsupportedMessage = "value 'MeshGateway' is not supported, only Mesh is allowed if loadBalancer is set",
    };

    /// <inheritdoc />
    public override PolicyTraits Policy { get; } = new(IsTargetRef: true, HasTo: true);

    /// <inheritdoc />
    protected override TargetRefRules TopLevel => TargetRefRules.Proxies;

    /// <inheritdoc />
    protected override void CheckRules(MeshLoadBalancingStrategySpec spec, ViolationList at)
    {
        var top = spec.TargetRef?.Kind ?? TargetKinds.Mesh;
        spec.To.Each("spec.to", (to, path) =>
        {
            var target = FieldPath.Member(path, "targetRef");
            var allowed = top != TargetKinds.MeshGateway ? Destinations
                : to.Default?.LoadBalancer is null ? GatewayDestinations : BalancedGatewayDestinations;
            TargetRefCheck.Check(to.TargetRef, target, allowed, at);
            at.AddIf(
                to.TargetRef?.Kind == TargetKinds.MeshExternalService && top != TargetKinds.Mesh,
                FieldPath.Member(target, "kind"),
                "kind MeshExternalService is only allowed with targetRef.kind: Mesh as it is configured on the Zone Egress and shared by all clients in the mesh");
            if (to.Default is { } conf)
            {
                CheckConf(conf, to.TargetRef, FieldPath.Member(path, "default"), at);
            }
        });
    }

    /// <inheritdoc />
    protected override IEnumerable<string> Deprecations(MeshLoadBalancingStrategySpec spec)
    {
        foreach (var (index, to) in (spec.To ?? []).Index())
        {
            var (name, policies) = to.Default?.LoadBalancer switch
            {
                { Type: LoadBalancer.RingHashType, RingHash.HashPolicies: { } ring } => ("ringHash", ring),
                { Type: LoadBalancer.MaglevType, Maglev.HashPolicies: { } maglev } => ("maglev", maglev),
                _ => ("", null),
            };
            if (policies is null)
            {
                continue;
            }

            var field = $"spec.to[{index}].default.loadBalancer.{name}.hashPolicies";
            yield return $"configuration '{field}' is deprecated, use 'spec.to[{index}].default.hashPolicies' instead";
            foreach (var (position, _) in policies.Index().Where(p => p.Item.Type == HashPolicy.SourceIpType))
            {
                yield return $"{HashPolicy.SourceIpType} type for '{field}[{position}].type' is deprecated, use {HashPolicy.ConnectionType} instead";
            }
        }
    }

    private static void CheckConf(LoadBalancingConf conf, TargetRef? destination, string path, ViolationList at)
    {
        CheckHashPolicies(conf.HashPolicies, FieldPath.Member(path, "hashPolicies"), at);
        var balancer = FieldPath.Member(path, "loadBalancer");
        var locality = FieldPath.Member(path, "localityAwareness");
        if (destination?.Kind == TargetKinds.MeshHTTPRoute)
        {
            at.AddIf(conf.LoadBalancer is not null, balancer, OnlyHashPolicies);
            at.AddIf(conf.LocalityAwareness is not null, locality, OnlyHashPolicies);
            return;
        }

        CheckBalancer(conf, balancer, at);
        CheckLocalZone(conf.LocalityAwareness?.LocalZone, FieldPath.Member(locality, "localZone.affinityTags"), at);
        if (conf.LocalityAwareness?.CrossZone is { } crossZone)
        {
            CheckCrossZone(crossZone, destination, FieldPath.Member(locality, "crossZone"), at);
        }
    }

    private static void CheckBalancer(LoadBalancingConf conf, string path, ViolationList at)
    {
        const string Twice = "hashPolicies already specified in the root level";
        var ring = conf.LoadBalancer?.RingHash?.HashPolicies;
        var maglev = conf.LoadBalancer?.Maglev?.HashPolicies;
        var ringPath = FieldPath.Member(path, "ringHash.hashPolicies");
        var maglevPath = FieldPath.Member(path, "maglev.hashPolicies");
        switch (conf.LoadBalancer?.Type)
        {
            case LoadBalancer.RingHashType:
                CheckHashPolicies(ring, ringPath, at);
                break;
            case LoadBalancer.MaglevType:
                CheckHashPolicies(maglev, maglevPath, at);
                break;
            case LoadBalancer.LeastRequestType when conf.LoadBalancer.LeastRequest?.ActiveRequestBias is { } bias:
                var field = FieldPath.Member(path, "leastRequest.activeRequestBias");
                var isNumber = bias.TryGetDecimal(out var number);
                at.AddIf(!isNumber, field, "string must be a valid number");
                at.AddIf(isNumber && number < 0, field, "must be greater or equal then: 0");
                break;
        }

        at.AddIf(conf.HashPolicies is not null && ring is not null, ringPath, Twice);
        at.AddIf(conf.HashPolicies is not null && maglev is not null, maglevPath, Twice);
    }

    private static void CheckLocalZone(LocalZone? zone, string path, ViolationList at)
    {
        zone?.AffinityTags.Each(path, (tag, field) =>
        {
            at.AddIf(string.IsNullOrEmpty(tag.Key), FieldPath.Member(field, "key"), Messages.MustNotBeEmpty);
            Checks.Positive(tag.Weight, FieldPath.Member(field, "weight"), at);
        });
        var weights = zone?.AffinityTags?.Count(t => t.Weight is not null) ?? 0;
        at.AddIf(weights > 0 && weights != zone!.AffinityTags!.Count, path, "all or none affinity tags should have weight");
    }

    private static void CheckCrossZone(CrossZone crossZone, TargetRef? destination, string path, ViolationList at)
    {
        at.AddIf(
            destination is { Kind: TargetKinds.MeshService } && (!string.IsNullOrEmpty(destination.SectionName) || destination.Labels is { Count: > 0 }),
            path,
            $"{Messages.MustNotBeSet}: MeshService traffic is local");
        crossZone.Failover.Each(FieldPath.Member(path, "failover"), (failover, field) =>
        {
            if (failover.From is { } from)
            {
                var zones = FieldPath.Member(field, "from.zones");
                at.AddIf(from.Zones is not { Count: > 0 }, zones, Messages.MustNotBeEmpty);
                from.Zones.Each(zones, (zone, item) => at.AddIf(zone.Length == 0, item, Messages.MustNotBeEmpty));
            }

            var named = failover.To?.Zones is { Count: > 0 };
            var toZones = FieldPath.Member(field, "to.zones");
            switch (failover.To?.Type)
            {
                case FailoverTo.Any or FailoverTo.None:
                    at.AddIf(named, toZones, $"must be empty when type is {failover.To.Type}");
                    break;
                case FailoverTo.AnyExcept or FailoverTo.Only:
                    at.AddIf(!named, toZones, $"must not be empty when type is {failover.To.Type}");
                    break;
            }
        });
        Checks.Percentage(crossZone.FailoverThreshold?.Percentage, FieldPath.Member(path, "failoverThreshold.percentage"), at, allowZero: false);
    }

    private static void CheckHashPolicies(IReadOnlyList<HashPolicy>? policies, string path, ViolationList at) => policies.Each(path, (policy, field) =>
    {
        switch (policy.Type)
        {
            case HashPolicy.HeaderType:
                at.AddIf(policy.Header is null, FieldPath.Member(field, "header"), Messages.MustBeDefined);
                break;
            case HashPolicy.CookieType:
                at.AddIf(policy.Cookie is null, FieldPath.Member(field, "cookie"), Messages.MustBeDefined);
                at.AddIf(
                    policy.Cookie?.Path is { } cookiePath && !cookiePath.StartsWith('/'),
                    FieldPath.Member(field, "cookie.path"),
                    "must be an absolute path");
                break;
            case HashPolicy.QueryParameterType:
                at.AddIf(policy.QueryParameter is null, FieldPath.Member(field, "queryParameter"), Messages.MustBeDefined);
                break;
            case HashPolicy.FilterStateType:
                at.AddIf(policy.FilterState is null, FieldPath.Member(field, "filterState"), Messages.MustBeDefined);
                break;
            case HashPolicy.ConnectionType or HashPolicy.SourceIpType:
                at.AddIf(policy.Connection is null, FieldPath.Member(field, "connection"), Messages.MustBeDefined);
                break;
        }
    });
}
