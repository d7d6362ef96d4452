using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;
using GrpcConf = MeshConsole.Protos.Kuma.Mesh.Retry.Types.Conf.Types.Grpc;
using HttpMethod = MeshConsole.Protos.Kuma.Mesh.HttpMethod;
using Proto = MeshConsole.Protos.Kuma.Mesh.Retry;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Repeats failed requests; today MeshRetry.</summary>
public sealed class RetryKind : ProtoKind<Proto>
{
    private const string EmptyField = "field cannot be empty";

    /// <inheritdoc />
    public override string Name => "Retry";

    /// <inheritdoc />
    public override string Path => "retries";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Retry";

    /// <inheritdoc />
    public override string PluralDisplayName => "Retries";

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

        if (conf is { Http: null, Grpc: null, Tcp: null })
        {
            at.Add("conf", "missing protocol [grpc|http|tcp] configuration");
            return;
        }

        if (conf.Http is { } http)
        {
            CheckHttp(http, at);
        }

        if (conf.Grpc is { } grpc)
        {
            CheckGrpc(grpc, at);
        }

        at.AddIf(conf.Tcp is { MaxConnectAttempts: 0 }, "conf.tcp.maxConnectAttempts", ProtoChecks.GreaterThanZero);
    }

    private static void CheckHttp(Proto.Types.Conf.Types.Http http, ViolationList at)
    {
        at.AddIf(
            http is { NumRetries: null, PerTryTimeout: null, BackOff: null, RetriableStatusCodes.Count: 0, RetriableMethods.Count: 0, RetryOn.Count: 0 },
            "conf.http",
            EmptyField);
        at.AddIf(http.NumRetries == 0, "conf.http.numRetries", ProtoChecks.GreaterThanZeroWhenDefined);
        ProtoChecks.DurationWhenDefined(http.PerTryTimeout, "conf.http.perTryTimeout", at);
        CheckBackOff(http.BackOff, "conf.http.backOff", at);
        for (var i = 0; i < http.RetriableMethods.Count; i++)
        {
            at.AddIf(http.RetriableMethods[i] == HttpMethod.None, FieldPath.Item("conf.http.retriableMethods", i), EmptyField);
        }

        for (var i = 0; i < http.RetryOn.Count; i++)
        {
            at.AddIf(
                http.RetryOn[i] == HttpRetryOn.RetriableStatusCodes && http.RetriableStatusCodes.Count == 0,
                FieldPath.Item("conf.http.retryOn", i),
                "retriableStatusCodes cannot be empty when this option is specified");
        }
    }

    private static void CheckGrpc(GrpcConf grpc, ViolationList at)
    {
        at.AddIf(grpc is { NumRetries: null, PerTryTimeout: null, BackOff: null, RetryOn.Count: 0 }, "conf.grpc", EmptyField);
        var words = GrpcConf.Descriptor.FindFieldByNumber(GrpcConf.RetryOnFieldNumber).EnumType;
        foreach (var repeated in grpc.RetryOn.Select((value, index) => (value, index)).GroupBy(r => r.value).Where(g => g.Count() > 1))
        {
            at.Add("conf.grpc.retryOn", $"repeated value \"{words.FindValueByNumber((int)repeated.Key).Name}\" at indexes [{string.Join(", ", repeated.Select(r => r.index))}]");
        }

        at.AddIf(grpc.NumRetries == 0, "conf.grpc.numRetries", ProtoChecks.GreaterThanZeroWhenDefined);
        ProtoChecks.DurationWhenDefined(grpc.PerTryTimeout, "conf.grpc.perTryTimeout", at);
        CheckBackOff(grpc.BackOff, "conf.grpc.backOff", at);
    }

    private static void CheckBackOff(Proto.Types.Conf.Types.BackOff? backOff, string path, ViolationList at)
    {
        if (backOff is null)
        {
            return;
        }

        var first = FieldPath.Member(path, "baseInterval");
        if (backOff.BaseInterval is not { } interval)
        {
            at.Add(first, ProtoChecks.HasToBeDefined);
        }
        else if (ProtoChecks.IsZero(interval))
        {
            at.Add(first, ProtoChecks.GreaterThanZero);
        }
        else
        {
            ProtoChecks.DurationWhenDefined(backOff.MaxInterval, FieldPath.Member(path, "maxInterval"), at);
        }
    }
}
