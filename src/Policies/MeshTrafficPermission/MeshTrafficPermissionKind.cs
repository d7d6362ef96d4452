using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshTrafficPermission;

/// <summary>The kind MeshTrafficPermission.</summary>
public sealed class MeshTrafficPermissionKind() : PolicyKind<MeshTrafficPermissionSpec>(
    new("MeshTrafficPermission", "meshtrafficpermissions", "mtp", "Mesh Traffic Permission", "Mesh Traffic Permissions"))
{
    /// <inheritdoc />
    public override PolicyTraits Policy { get; } = new(IsTargetRef: true, HasFrom: true, HasRules: true);

    /// <inheritdoc />
    protected override TargetRefRules TopLevel { get; } = new(
        TargetKinds.Mesh, TargetKinds.MeshSubset, TargetKinds.MeshService, TargetKinds.MeshServiceSubset, TargetKinds.Dataplane);

    /// <inheritdoc />
    protected override bool IsInbound(MeshTrafficPermissionSpec spec) => true;

    /// <inheritdoc />
    protected override void CheckRules(MeshTrafficPermissionSpec spec, ViolationList at)
    {
        var from = spec.From ?? [];
        var rules = spec.Rules ?? [];
        at.AddIf(from.Count > 0 && rules.Count > 0, "spec", "field 'from' must be empty when 'rules' is defined");
        at.AddIf(from.Count == 0 && rules.Count == 0, "spec", "at least one of 'from' or 'rules' has to be defined");

        for (var i = 0; i < rules.Count; i++)
        {
            // Kuma reports these without "default" in the path; clients know them so.
            var path = FieldPath.Item("spec.rules", i);
            var lists = rules[i].Default;
            at.AddIf(
                lists is not ({ Allow.Count: > 0 } or { AllowWithShadowDeny.Count: > 0 } or { Deny.Count: > 0 }),
                path,
                "at least one of 'allow', 'allowWithShadowDeny', 'deny' has to be defined");
            MatchCheck.Each(lists?.Allow, FieldPath.Member(path, "allow"), at);
            MatchCheck.Each(lists?.AllowWithShadowDeny, FieldPath.Member(path, "allowWithShadowDeny"), at);
            MatchCheck.Each(lists?.Deny, FieldPath.Member(path, "deny"), at);
        }

        for (var i = 0; i < from.Count; i++)
        {
            var path = FieldPath.Item("spec.from", i);
            TargetRefCheck.Check(from[i].TargetRef, FieldPath.Member(path, "targetRef"), TargetRefRules.Clients, at);
            at.AddIf(string.IsNullOrEmpty(from[i].Default?.Action), FieldPath.Member(path, "default.action"), Messages.MustBeDefined);
        }
    }

    /// <inheritdoc />
    protected override IEnumerable<string> Deprecations(MeshTrafficPermissionSpec spec)
    {
        var from = spec.From ?? [];
        if (from.Count > 0)
        {
            yield return "'from' field is deprecated and will be removed in 3.0, use 'rules' with MeshIdentity (spiffeId) instead";
        }

        foreach (var _ in from.Where(f => f.TargetRef?.Kind == TargetKinds.MeshService))
        {
            yield return "MeshService value for 'from[].targetRef.kind' is deprecated, use MeshSubset with 'kuma.io/service' instead";
        }
    }
}
