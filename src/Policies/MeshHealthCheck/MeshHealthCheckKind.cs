using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshHealthCheck;

/// <summary>The kind MeshHealthCheck.</summary>
public sealed class MeshHealthCheckKind() : PolicyKind<MeshHealthCheckSpec>(
    new("MeshHealthCheck", "meshhealthchecks", "mhc", "Mesh Health Check", "Mesh Health Checks"))
{
    /// <inheritdoc />
    public override PolicyTraits Policy { get; } = new(IsTargetRef: true, HasTo: true);

    /// <inheritdoc />
    protected override TargetRefRules TopLevel => TargetRefRules.Proxies;

    /// <inheritdoc />
    protected override void CheckRules(MeshHealthCheckSpec spec, ViolationList at) => spec.To.Each("spec.to", (to, path) =>
    {
        TargetRefCheck.Check(to.TargetRef, FieldPath.Member(path, "targetRef"), TargetRefRules.MeshAndServices, at);
        CheckConf(to.Default ?? new HealthCheckConf(), FieldPath.Member(path, "default"), at);
    });

    /// <inheritdoc />
    protected override IEnumerable<string> Deprecations(MeshHealthCheckSpec spec) => (spec.To ?? [])
        .Where(to => to.Default?.HealthyPanicThreshold is not null)
        .Select(_ => "healthyPanicThreshold for 'to[].default' is deprecated. "
            + "The setting has been moved to MeshCircuitBreaker policy, please use MeshCircuitBreaker policy instead.");

    private static void CheckConf(HealthCheckConf conf, string path, ViolationList at)
    {
        Checks.Positive(conf.Interval, FieldPath.Member(path, "interval"), at);
        Checks.Positive(conf.Timeout, FieldPath.Member(path, "timeout"), at);
        at.AddIf(conf.UnhealthyThreshold <= 0, FieldPath.Member(path, "unhealthyThreshold"), Messages.GreaterThanZeroWhenDefined);
        at.AddIf(conf.HealthyThreshold <= 0, FieldPath.Member(path, "healthyThreshold"), Messages.GreaterThanZeroWhenDefined);
        Checks.Positive(conf.InitialJitter, FieldPath.Member(path, "initialJitter"), at);
        Checks.Positive(conf.IntervalJitter, FieldPath.Member(path, "intervalJitter"), at);
        Checks.WholePercentage(conf.IntervalJitterPercent, FieldPath.Member(path, "intervalJitterPercent"), at);
        Checks.Percentage(conf.HealthyPanicThreshold, FieldPath.Member(path, "healthyPanicThreshold"), at);
        Checks.Positive(conf.NoTrafficInterval, FieldPath.Member(path, "noTrafficInterval"), at);
        Checks.AbsolutePath(conf.EventLogPath, FieldPath.Member(path, "eventLogPath"), at);
        at.AddIf(conf.Http?.Path is "", FieldPath.Member(path, "http.path"), Messages.MustBeDefined);
        conf.Http?.ExpectedStatuses.Each(FieldPath.Member(path, "http.expectedStatuses"), (status, field) => Checks.StatusCode(status, field, at));
        at.AddIf(conf is { Http: null, Tcp: null, Grpc: null }, path, Messages.AtLeastOneOf("http", "tcp", "grpc"));
    }
}
