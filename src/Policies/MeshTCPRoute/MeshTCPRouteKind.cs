using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Planning;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshTCPRoute;

/// <summary>The kind MeshTCPRoute.</summary>
public sealed class MeshTCPRouteKind() : PolicyKind<MeshTCPRouteSpec>(
    new("MeshTCPRoute", "meshtcproutes", "mtcpr", "Mesh TCP Route", "Mesh TCP Routes"))
{
    /// <inheritdoc />
    public override PolicyTraits Policy { get; } = new(IsTargetRef: true, HasTo: true);

    /// <inheritdoc />
    public override bool IsRouting => true;

    /// <inheritdoc />
    protected override TargetRefRules TopLevel => TargetRefRules.Proxies;

    /// <inheritdoc />
    protected override void CheckRules(MeshTCPRouteSpec spec, ViolationList at)
    {
        var destinations = spec.TargetRef?.Kind == TargetKinds.MeshGateway ? TargetRefRules.MeshOnly : TargetRefRules.Services;
        spec.To.Each("spec.to", (to, path) =>
        {
            TargetRefCheck.Check(to.TargetRef, FieldPath.Member(path, "targetRef"), destinations, at);
            to.Rules.Each(FieldPath.Member(path, "rules"), (rule, rulePath) =>
            {
                var backends = FieldPath.Member(rulePath, "default.backendRefs");
                at.AddIf(rule.Default?.BackendRefs is not { Count: > 0 }, backends, Messages.MustBeDefined);
                BackendCheck.Each(rule.Default?.BackendRefs, backends, at);
            });
        });
    }

    /// <summary>The rule as a whole; without one everything goes to the destination itself.</summary>
    protected override ToEntry ReadTo(JsonObject item)
    {
        if (Objects(item["rules"]).FirstOrDefault() is { } rule)
        {
            return new ToEntry(Target(item), rule);
        }

        var itself = item["targetRef"] is JsonObject target ? target.DeepClone().AsObject() : [];
        itself["weight"] = 1;
        return new ToEntry(Target(item), new JsonObject { ["default"] = new JsonObject { ["backendRefs"] = new JsonArray(itself) } });
    }
}
