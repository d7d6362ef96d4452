using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshTrace;

/// <summary>The kind MeshTrace.</summary>
public sealed class MeshTraceKind() : PolicyKind<MeshTraceSpec>(
    new("MeshTrace", "meshtraces", "mtr", "Mesh Trace", "Mesh Traces"))
{
    /// <inheritdoc />
    public override bool HasStatus => true;

    /// <inheritdoc />
    public override PolicyTraits Policy { get; } = new(IsTargetRef: true);

    /// <inheritdoc />
    protected override TargetRefRules TopLevel { get; } = TargetRefRules.Proxies with { GatewayTags = false };

    /// <inheritdoc />
    protected override void CheckRules(MeshTraceSpec spec, ViolationList at)
    {
        var conf = spec.Default;
        at.AddIf(conf?.Backends is null, "spec.default.backends", Messages.MustBeDefined);
        conf?.Backends.Each("spec.default.backends", (backend, path) => CheckBackend(backend, path, at));
        conf?.Tags.Each("spec.default.tags", (tag, path) =>
        {
            at.AddIf(tag.Name is "", FieldPath.Member(path, "name"), Messages.MustNotBeEmpty);
            at.AddIf((tag.Header is null) == (tag.Literal is null), path, Messages.OnlyOneOf("tag", "header", "literal"));
        });
        Sampling(conf?.Sampling?.Client, "spec.default.sampling.client");
        Sampling(conf?.Sampling?.Random, "spec.default.sampling.random");
        Sampling(conf?.Sampling?.Overall, "spec.default.sampling.overall");

        void Sampling(IntOrString? share, string path)
        {
            if (share is { } given)
            {
                var isNumber = given.TryGetDecimal(out var number);
                at.AddIf(!isNumber, path, "string is not a number");
                at.AddIf(isNumber && number is < 0 or > 100, path, "must be between 0 and 100");
            }
        }
    }

    /// <inheritdoc />
    protected override IEnumerable<string> Deprecations(MeshTraceSpec spec) =>
        (spec.Default?.Backends ?? []).Any(b => b.OpenTelemetry?.IsInline == true) ? [OpenTelemetryTarget.EndpointDeprecation] : [];

    private static void CheckBackend(TraceBackend backend, string path, ViolationList at)
    {
        switch (backend.Type)
        {
            case TraceBackend.DatadogType:
                var datadog = FieldPath.Member(path, "datadog");
                at.AddIf(backend.Datadog is null, datadog, Messages.MustBeDefined);
                if (backend.Datadog?.Url is { } agent)
                {
                    CheckAgent(agent, FieldPath.Member(datadog, "url"), at);
                }

                break;
            case TraceBackend.ZipkinType:
                var zipkin = FieldPath.Member(path, "zipkin");
                at.AddIf(backend.Zipkin is null, zipkin, Messages.MustBeDefined);
                at.AddIf(backend.Zipkin?.Url is "", FieldPath.Member(zipkin, "url"), Messages.MustNotBeEmpty);
                at.AddIf(backend.Zipkin?.Url is { Length: > 0 } url && !Checks.IsAddress(url), FieldPath.Member(zipkin, "url"), "must be a valid url");
                break;
            case TraceBackend.OpenTelemetryType:
                var otel = FieldPath.Member(path, "openTelemetry");
                at.AddIf(backend.OpenTelemetry is null, otel, Messages.MustBeDefined);
                if (backend.OpenTelemetry is not null)
                {
                    OpenTelemetryTarget.Check(backend.OpenTelemetry, otel, at);
                }

                break;
        }
    }

    /// <summary>Scheme http, host and port; each part that is too much is reported for itself.</summary>
    private static void CheckAgent(string text, string path, ViolationList at)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || text.StartsWith('/'))
        {
            at.Add(path, "must be a valid url");
            return;
        }

        at.AddIf(url.Scheme != Uri.UriSchemeHttp, path, "scheme must be http");
        var authority = text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..];
        authority = authority[..(authority.IndexOfAny(['/', '?', '#']) is var end and >= 0 ? end : authority.Length)];
        var port = authority.LastIndexOf(':') is var colon and >= 0 && colon > authority.LastIndexOf(']') ? authority[(colon + 1)..] : "";
        at.AddIf(port.Length == 0, path, $"port {Messages.MustBeDefined}");
        at.AddIf(port.Length > 0 && url.Port is < 1 or > 65535, path, "port must be a valid (1-65535)");
        at.AddIf(url.UserInfo.Length > 0, path, $"user {Messages.MustNotBeDefined}");
        at.AddIf(text.Split('?', '#')[0].IndexOf('/', text.IndexOf("://", StringComparison.Ordinal) + 3) >= 0, path, $"path {Messages.MustNotBeDefined}");
        at.AddIf(url.Query.Length > 1, path, $"query {Messages.MustNotBeDefined}");
        at.AddIf(url.Fragment.Length > 1, path, $"fragment {Messages.MustNotBeDefined}");
    }
}
