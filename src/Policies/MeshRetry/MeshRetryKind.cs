using System.Collections.Frozen;
using System.Globalization;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshRetry;

/// <summary>The kind MeshRetry.</summary>
public sealed class MeshRetryKind() : PolicyKind<MeshRetrySpec>(
    new("MeshRetry", "meshretries", "mr", "Mesh Retry", "Mesh Retries"))
{
    private static readonly FrozenSet<string> Conditions = FrozenSet.Create(
        StringComparer.Ordinal,
        "5xx", "GatewayError", "Reset", "Retriable4xx", "ConnectFailure", "EnvoyRatelimited", "RefusedStream", "Http3PostConnectFailure",
        "HttpMethodConnect", "HttpMethodDelete", "HttpMethodGet", "HttpMethodHead", "HttpMethodOptions", "HttpMethodPatch", "HttpMethodPost",
        "HttpMethodPut", "HttpMethodTrace");

    /// <inheritdoc />
    public override PolicyTraits Policy { get; } = new(IsTargetRef: true, HasTo: true);

    /// <inheritdoc />
    protected override TargetRefRules TopLevel => TargetRefRules.ProxiesAndRoutes;

    /// <inheritdoc />
    protected override void CheckRules(MeshRetrySpec spec, ViolationList at)
    {
        var destinations = spec.TargetRef?.Kind is TargetKinds.MeshGateway or TargetKinds.MeshHTTPRoute
            ? TargetRefRules.MeshAndExternalServices
            : TargetRefRules.MeshServicesAndRoutes;
        spec.To.Each("spec.to", (to, path) =>
        {
            TargetRefCheck.Check(to.TargetRef, FieldPath.Member(path, "targetRef"), destinations, at);
            CheckConf(to.Default, FieldPath.Member(path, "default.conf"), at); // Kuma's paths have this "conf", clients know them so
        });
    }

    private static void CheckConf(RetryConf? conf, string path, ViolationList at)
    {
        at.AddIf(conf is null or { Tcp: null, Http: null, Grpc: null }, path, "at least one of the 'tcp', 'http', 'grpc' must be specified");
        if (conf?.Tcp is { } tcp)
        {
            var tcpPath = FieldPath.Member(path, "tcp");
            at.AddIf(tcp.MaxConnectAttempt is null, tcpPath, Messages.MustNotBeEmpty);
            at.AddIf(tcp.MaxConnectAttempt is 0, FieldPath.Member(tcpPath, "maxConnectAttempt"), Messages.GreaterThanZero);
        }

        if (conf?.Http is { } http)
        {
            var httpPath = FieldPath.Member(path, "http");
            at.AddIf(
                IsEmpty(http) && http is { RetryOn: null, RetriableRequestHeaders: null, RetriableResponseHeaders: null, HostSelection: null },
                httpPath,
                Messages.MustNotBeEmpty);
            CheckBackOffs(http, httpPath, at);
            http.RetryOn.Each(FieldPath.Member(httpPath, "retryOn"), (condition, field) =>
                at.AddIf(!Conditions.Contains(condition) && !IsKnownStatus(condition), field, $"unknown item '{condition}'"));
            CheckHostSelection(http.HostSelection, FieldPath.Member(httpPath, "hostSelection"), at);
        }

        if (conf?.Grpc is { } grpc)
        {
            var grpcPath = FieldPath.Member(path, "grpc");
            at.AddIf(IsEmpty(grpc) && grpc.RetryOn is null, grpcPath, Messages.MustNotBeEmpty);
            CheckBackOffs(grpc, grpcPath, at);
        }
    }

    private static bool IsEmpty(RequestRetry retry) => retry is { NumRetries: null, PerTryTimeout: null, BackOff: null, RateLimitedBackOff: null };

    private static void CheckBackOffs(RequestRetry retry, string path, ViolationList at)
    {
        at.AddIf(retry.BackOff is { BaseInterval: null, MaxInterval: null }, FieldPath.Member(path, "backOff"), Messages.MustNotBeEmpty);
        if (retry.RateLimitedBackOff is { } limited)
        {
            at.AddIf(
                limited.MaxInterval <= GoDuration.Zero,
                FieldPath.Member(path, "rateLimitedBackOff.maxInterval"),
                "must be defined and greater than zero");
            at.AddIf(limited.ResetHeaders is null, FieldPath.Member(path, "rateLimitedBackOff.resetHeaders"), Messages.MustBeDefined);
        }
    }

    private static void CheckHostSelection(IReadOnlyList<HostPredicate>? predicates, string path, ViolationList at)
    {
        var priorities = false;
        predicates.Each(path, (predicate, field) =>
        {
            switch (predicate.Predicate)
            {
                case HostPredicate.OmitHostsWithTags:
                    at.AddIf(predicate.Tags is null, FieldPath.Member(field, "tags"), Messages.MustBeDefined);
                    break;
                case HostPredicate.OmitPreviousPriorities:
                    at.AddIf(priorities, FieldPath.Member(field, "predicate"), $"{HostPredicate.OmitPreviousPriorities} must only be specified once");
                    at.AddIf(predicate.UpdateFrequency <= 0, FieldPath.Member(field, "updateFrequency"), "must be defined and greater than zero");
                    priorities = true;
                    break;
            }
        });
    }

    /// <summary>The statuses that are registered, as of RFC 9110 and its companions.</summary>
    private static bool IsKnownStatus(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status)
        && status is (>= 100 and <= 103) or (>= 200 and <= 208) or 226 or (>= 300 and <= 305) or 307 or 308
            or (>= 400 and <= 418) or (>= 421 and <= 426) or 428 or 429 or 431 or 451 or (>= 500 and <= 508) or 510 or 511;
}
