using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.HealthCheck;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Checks that proxies make of instances; today MeshHealthCheck.</summary>
public sealed class HealthCheckKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "HealthCheck";

    /// <inheritdoc />
    public override string Path => "health-checks";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Health Check";

    /// <inheritdoc />
    public override string PluralDisplayName => "Health Checks";

    /// <inheritdoc />
    protected override void Check(Proto spec, ValidationContext context, ViolationList at)
    {
        SelectorCheck.Each(spec.Sources, "sources", SelectorRule.Service, at);
        SelectorCheck.Each(spec.Destinations, "destinations", SelectorRule.ServiceOnly, at);
        if (spec.Conf is not { } conf)
        {
            at.Add("conf", ProtoChecks.HasToBeDefined);
            return;
        }

        ProtoChecks.PositiveDuration(conf.Interval, "conf.interval", at);
        ProtoChecks.PositiveDuration(conf.Timeout, "conf.timeout", at);
        at.AddIf(conf.UnhealthyThreshold == 0, "conf.unhealthyThreshold", ProtoChecks.Positive);
        at.AddIf(conf.HealthyThreshold == 0, "conf.healthyThreshold", ProtoChecks.Positive);
        at.AddIf(conf.InitialJitter is { } initial && ProtoChecks.IsZero(initial), "conf.initialJitter", ProtoChecks.Positive);
        at.AddIf(conf.IntervalJitter is { } jitter && ProtoChecks.IsZero(jitter), "conf.intervalJitter", ProtoChecks.Positive);
        at.AddIf(conf.NoTrafficInterval is { } idle && ProtoChecks.IsZero(idle), "conf.noTrafficInterval", ProtoChecks.Positive);
        at.AddIf(conf.HealthyPanicThreshold is not null and not (>= 0 and <= 100), "conf.healthyPanicThreshold", "must be in range [0.0 - 100.0]");
        at.AddIf(conf.Tcp is not null && conf.Http is not null, "conf", "http and tcp cannot be defined at the same time");
        if (conf.Http is not { } http)
        {
            return;
        }

        at.AddIf(http.Path.Length == 0, "conf.http.path", "has to be defined and cannot be empty");
        for (var i = 0; i < http.ExpectedStatuses.Count; i++)
        {
            at.AddIf(http.ExpectedStatuses[i] is not (>= 100 and < 600), FieldPath.Item("conf.http.expectedStatuses", i), "must be in range [100, 600)");
        }

        for (var i = 0; i < http.RequestHeadersToAdd.Count; i++)
        {
            var path = FieldPath.Member(FieldPath.Item("conf.http.requestHeadersToAdd", i), "header");
            at.AddIf(http.RequestHeadersToAdd[i].Header is null, path, ProtoChecks.HasToBeDefined);
            at.AddIf(http.RequestHeadersToAdd[i].Header is { Key: "" }, FieldPath.Member(path, "key"), ProtoChecks.CannotBeEmpty);
        }
    }
}
