using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshMetric;

/// <summary>The kind MeshMetric.</summary>
public sealed class MeshMetricKind() : PolicyKind<MeshMetricSpec>(
    new("MeshMetric", "meshmetrics", "mm", "Mesh Metric", "Mesh Metrics"))
{
    /// <inheritdoc />
    public override bool HasStatus => true;

    /// <inheritdoc />
    public override PolicyTraits Policy { get; } = new(IsTargetRef: true);

    /// <inheritdoc />
    protected override TargetRefRules TopLevel => TargetRefRules.Proxies;

    /// <inheritdoc />
    protected override void CheckRules(MeshMetricSpec spec, ViolationList at)
    {
        var profiles = spec.Default?.Sidecar?.Profiles;
        Selectors(profiles?.Exclude, "spec.default.sidecar.profiles.exclude");
        Selectors(profiles?.Include, "spec.default.sidecar.profiles.include");

        // Kuma names the lists once more in the singular; clients know the paths so.
        spec.Default?.Applications.Each("spec.default.applications.application", (application, path) => Checks.Port(application.Port, path, at));
        spec.Default?.Backends.Each("spec.default.backends.backend", (backend, path) =>
        {
            switch (backend.Type)
            {
                case MetricBackend.PrometheusType:
                    at.AddIf(backend.Prometheus is null, FieldPath.Member(path, "prometheus"), Messages.MustBeDefined);
                    Checks.Port(backend.Prometheus?.Port, FieldPath.Member(path, "port"), at);
                    break;
                case MetricBackend.OpenTelemetryType:
                    var otel = FieldPath.Member(path, "openTelemetry");
                    at.AddIf(backend.OpenTelemetry is null, otel, Messages.MustBeDefined);
                    if (backend.OpenTelemetry is not null)
                    {
                        OpenTelemetryTarget.Check(backend.OpenTelemetry, otel, at, portRequired: true);
                    }

                    break;
            }
        });

        void Selectors(IReadOnlyList<MetricSelector>? selectors, string path) => selectors.Each(path, (selector, field) => at.AddIf(
            selector is { Type: MetricSelector.Regex, Match: { } match } && Checks.RegexFault(match) is not null,
            FieldPath.Member(field, "match"),
            "invalid regex"));
    }

    /// <inheritdoc />
    protected override IEnumerable<string> Deprecations(MeshMetricSpec spec) =>
        (spec.Default?.Backends ?? []).Any(b => b.OpenTelemetry?.IsInline == true) ? [OpenTelemetryTarget.EndpointDeprecation] : [];
}
