using System.Text.RegularExpressions;
using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.FaultInjection;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Faults made on purpose; today MeshFaultInjection.</summary>
public sealed partial class FaultInjectionKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "FaultInjection";

    /// <inheritdoc />
    public override string Path => "fault-injections";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Fault Injection";

    /// <inheritdoc />
    public override string PluralDisplayName => "Fault Injections";

    /// <inheritdoc />
    protected override void Check(Proto spec, ValidationContext context, ViolationList at)
    {
        SelectorCheck.Each(spec.Sources, "sources", SelectorRule.AnyTag, at);
        SelectorCheck.Each(spec.Destinations, "destinations", SelectorRule.AnyTag, at);
        for (var i = 0; i < spec.Destinations.Count; i++)
        {
            var match = FieldPath.Member(FieldPath.Item("destinations", i), "match");
            if (!spec.Destinations[i].Match.TryGetValue(TagKeys.Protocol, out var protocol))
            {
                at.Add(match, "protocol must be specified");
            }
            else
            {
                at.AddIf(!Protocols.IsHttp(protocol), FieldPath.Key(match, TagKeys.Protocol), "must be one of the [http, http2, grpc]");
            }
        }

        var delay = spec.Conf?.Delay is { } d && d is not { Percentage: null, Value: null } ? d : null;
        var abort = spec.Conf?.Abort is { } a && a is not { Percentage: null, HttpStatus: null } ? a : null;
        var bandwidth = spec.Conf?.ResponseBandwidth is { } b && b is not { Percentage: null, Limit: null } ? b : null;
        at.AddIf(delay is null && abort is null && bandwidth is null, "conf", "must have at least one of the faults configured");
        if (delay is not null)
        {
            ProtoChecks.Percentage(delay.Percentage, "conf.delay.percentage", at);
            at.AddIf(delay.Value is null, "conf.delay.value", ProtoChecks.CannotBeEmpty);
        }

        if (abort is not null)
        {
            ProtoChecks.Percentage(abort.Percentage, "conf.abort.percentage", at);
            at.AddIf(abort.HttpStatus is null, "conf.abort.httpStatus", ProtoChecks.CannotBeEmpty);
            at.AddIf(abort.HttpStatus is { } status && !IsStatus(status), "conf.abort.httpStatus", "http status code is incorrect");
        }

        if (bandwidth is not null)
        {
            ProtoChecks.Percentage(bandwidth.Percentage, "conf.responseBandwidth.percentage", at);
            at.AddIf(bandwidth.Limit is null, "conf.responseBandwidth.limit", ProtoChecks.CannotBeEmpty);
            at.AddIf(bandwidth.Limit is { } limit && !LimitPattern().IsMatch(limit), "conf.responseBandwidth.limit", "has to be in kbps/mbps/gbps units");
        }
    }

    /// <summary>True for a status that has a registered meaning.</summary>
    private static bool IsStatus(uint status) =>
        status is (>= 100 and <= 103) or (>= 200 and <= 208) or 226 or (>= 300 and <= 305) or 307 or 308
            or (>= 400 and <= 418) or (>= 421 and <= 426) or 428 or 429 or 431 or 451 or (>= 500 and <= 508) or 510 or 511;

    [GeneratedRegex(@"[0-9]*\s?[gmk]bps", RegexOptions.CultureInvariant)]
    private static partial Regex LimitPattern();
}
