using MeshConsole.Shared.Language;
using MeshConsole.Shared;

namespace MeshConsole.Policies;

/// <summary>A spec that points at proxies.</summary>
public interface IPolicySpec
{
    /// <summary>The proxies that are meant; the whole mesh when absent.</summary>
    TargetRef? TargetRef { get; }
}

/// <summary>A policy with <c>targetRef</c>: travels both ways and from zone to zone.</summary>
/// <typeparam name="TSpec">The spec record.</typeparam>
public abstract class PolicyKind<TSpec>(KindNames names) : SpecKind<TSpec>(names)
    where TSpec : class, IPolicySpec
{
    /// <inheritdoc />
    public sealed override Flow Flow => Flow.GlobalToZone | Flow.ZoneToGlobal | Flow.ZoneToOtherZones;

    /// <inheritdoc />
    public abstract override PolicyTraits Policy { get; }

    /// <summary>What <c>spec.targetRef</c> may be.</summary>
    protected abstract TargetRefRules TopLevel { get; }

    /// <inheritdoc />
    public sealed override IEnumerable<string> Warnings(Resource resource)
    {
        var spec = Spec(resource);
        var own = Deprecations(spec);
        return WarnsOfTopLevel ? own.Concat(TargetRefCheck.TopLevelDeprecations(spec.TargetRef)) : own;
    }

    /// <summary>False for the kinds that say nothing about deprecated kinds of the top-level target.</summary>
    protected virtual bool WarnsOfTopLevel => true;

    /// <summary>Deprecations of the kind's own fields; those of the top-level target follow by themselves.</summary>
    protected virtual IEnumerable<string> Deprecations(TSpec spec) => [];

    /// <inheritdoc />
    protected sealed override void Check(TSpec spec, ValidationContext context, ViolationList violations)
    {
        if (spec.TargetRef is { } target)
        {
            TargetRefCheck.Check(target, "spec.targetRef", TopLevel with { Inbound = IsInbound(spec) }, violations);
        }

        CheckRules(spec, violations);
    }

    /// <summary>True when this policy has items for entering traffic, which is what <c>sectionName</c> of a Dataplane is for.</summary>
    protected virtual bool IsInbound(TSpec spec) => false;

    /// <summary>The rules of this kind beyond its shape and its top-level target.</summary>
    protected abstract void CheckRules(TSpec spec, ViolationList at);
}
