using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshFaultInjection;

/// <summary>The kind MeshFaultInjection.</summary>
public sealed class MeshFaultInjectionKind() : PolicyKind<MeshFaultInjectionSpec>(
    new("MeshFaultInjection", "meshfaultinjections", "mfi", "Mesh Fault Injection", "Mesh Fault Injections"))
{
    /// <inheritdoc />
    public override PolicyTraits Policy { get; } = new(IsTargetRef: true, HasTo: true, HasFrom: true, HasRules: true);

    /// <inheritdoc />
    protected override TargetRefRules TopLevel => TargetRefRules.Proxies;

    /// <inheritdoc />
    protected override bool IsInbound(MeshFaultInjectionSpec spec) => ItemRules.Any(spec.From) || ItemRules.Any(spec.Rules);

    /// <inheritdoc />
    protected override void CheckRules(MeshFaultInjectionSpec spec, ViolationList at)
    {
        ItemRules.RulesReplaceFrom(spec.From, spec.Rules, at);
        spec.Rules.Each("spec.rules", (rule, path) =>
        {
            MatchCheck.Each(rule.Matches, FieldPath.Member(path, "matches"), at);
            CheckConf(rule.Default, FieldPath.Member(path, "default.http"), at);
        });

        if (ItemRules.GatewayScope(spec.TargetRef, spec.To, spec.From, at))
        {
            spec.To.Each("spec.to", (to, path) =>
            {
                TargetRefCheck.Check(to.TargetRef, FieldPath.Member(path, "targetRef"), TargetRefRules.MeshOnly, at);
                CheckConf(to.Default, FieldPath.Member(path, "default.http"), at);
            });
        }
        else
        {
            spec.From.Each("spec.from", (from, path) =>
            {
                TargetRefCheck.Check(from.TargetRef, FieldPath.Member(path, "targetRef"), TargetRefRules.Clients, at);
                CheckConf(from.Default, FieldPath.Member(path, "default.http"), at);
            });
        }
    }

    /// <inheritdoc />
    protected override IEnumerable<string> Deprecations(MeshFaultInjectionSpec spec) =>
        ItemRules.Any(spec.From) ? ["'from' field is deprecated, use 'rules' with SPIFFE-based 'matches' instead"] : [];

    private static void CheckConf(FaultInjectionConf? conf, string path, ViolationList at)
    {
        for (var i = 0; i < (conf?.Http?.Count ?? 0); i++)
        {
            // Kuma puts the number behind the fault's name: http.abort[0].httpStatus; clients know them so.
            var fault = conf!.Http![i];
            var abort = FieldPath.Item(FieldPath.Member(path, "abort"), i);
            Checks.StatusCode(fault.Abort?.HttpStatus, FieldPath.Member(abort, "httpStatus"), at);
            Checks.Percentage(fault.Abort?.Percentage, FieldPath.Member(abort, "percentage"), at);
            var delay = FieldPath.Item(FieldPath.Member(path, "delay"), i);
            Checks.NotNegative(fault.Delay?.Value, FieldPath.Member(delay, "value"), at);
            Checks.Percentage(fault.Delay?.Percentage, FieldPath.Member(delay, "percentage"), at);
            var bandwidth = FieldPath.Item(FieldPath.Member(path, "responseBandwidth"), i);
            Checks.Bandwidth(fault.ResponseBandwidth?.Limit, FieldPath.Member(bandwidth, "limit"), at);
            Checks.Percentage(fault.ResponseBandwidth?.Percentage, FieldPath.Member(bandwidth, "percentage"), at);
        }
    }
}
