using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.Timeout;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Limits how long things may take; today MeshTimeout.</summary>
public sealed class TimeoutKind : ProtoKind<Proto>
{
    private const string NoneDefined = "at least one timeout in section has to be defined";

    /// <inheritdoc />
    public override string Name => "Timeout";

    /// <inheritdoc />
    public override string Path => "timeouts";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Timeout";

    /// <inheritdoc />
    public override string PluralDisplayName => "Timeouts";

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

        at.AddIf(conf.Tcp is { IdleTimeout: null }, "conf.tcp", NoneDefined);
        at.AddIf(conf.Tcp?.IdleTimeout is { } idle && ProtoChecks.IsZero(idle), "conf.tcp.idleTimeout", ProtoChecks.GreaterThanZero);
        if (conf.Http is { RequestTimeout: null, IdleTimeout: null })
        {
            at.Add("conf.http", NoneDefined);
        }
        else
        {
            ProtoChecks.DurationWhenDefined(conf.Http?.RequestTimeout, "conf.http.requestTimeout", at);
            ProtoChecks.DurationWhenDefined(conf.Http?.IdleTimeout, "conf.http.idleTimeout", at);
        }

        if (conf.Grpc is { StreamIdleTimeout: null, MaxStreamDuration: null })
        {
            at.Add("conf.grpc", NoneDefined);
        }
        else
        {
            ProtoChecks.DurationWhenDefined(conf.Grpc?.StreamIdleTimeout, "conf.grpc.streamIdleTimeout", at);
            ProtoChecks.DurationWhenDefined(conf.Grpc?.MaxStreamDuration, "conf.grpc.maxStreamDuration", at);
        }
    }
}
