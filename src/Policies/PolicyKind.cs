using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Planning;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies;

/// <summary>A spec that points at proxies.</summary>
public interface IPolicySpec
{
    /// <summary>The proxies that are meant; the whole mesh when absent.</summary>
    TargetRef? TargetRef { get; }
}

/// <summary>A policy with <c>targetRef</c>: travels both ways and from zone to zone.</summary>
/// <typeparam name="TSpec">The spec record.</typeparam>
public abstract class PolicyKind<TSpec>(KindNames names) : SpecKind<TSpec>(names), IPolicyKind
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

    /// <summary>
    /// The items as they stand in the spec, with durations in Go's own form (<c>1h0m0s</c>), so that what is merged reads the same
    /// whoever wrote it.
    /// </summary>
    public PolicyItems Items(Resource policy)
    {
        var spec = policy.Spec.ToNode();
        SchemaForm.NormalizeDurations(spec, Schema);
        return new PolicyItems(Read<TargetRef>(spec["targetRef"]) ?? new TargetRef { Kind = TargetKinds.Mesh })
        {
            To = [.. Objects(spec["to"]).Select(ReadTo)],
            From = [.. Objects(spec["from"]).Select(f => new FromEntry(Read<TargetRef>(f["targetRef"]) ?? new TargetRef(), Conf(f)))],
            Rules = [.. Objects(spec["rules"]).Select(r => new RuleEntry([.. Objects(r["matches"]).Select(m => Read<Match>(m)!)], Conf(r)))],
            Single = Policy is { HasTo: false, HasFrom: false, HasRules: false } ? Conf(spec) : null,
        };
    }

    /// <inheritdoc />
    public virtual ImmutableArray<JsonObject> Merge(IReadOnlyList<JsonObject> confs) => [ConfMerge.Merge(confs)];

    /// <inheritdoc />
    public virtual bool IsRouting => false;

    /// <inheritdoc />
    public virtual string? RouteHash(JsonObject rule) => null;

    /// <summary>Reads an item of <c>to</c>; kinds that route have another shape.</summary>
    protected virtual ToEntry ReadTo(JsonObject item) => new(Target(item), Conf(item));

    /// <summary>The target of an item.</summary>
    protected static TargetRef Target(JsonObject item) => Read<TargetRef>(item["targetRef"]) ?? new TargetRef();

    /// <summary>The configuration of an item.</summary>
    protected static JsonObject Conf(JsonObject item) => item["default"] as JsonObject ?? [];

    /// <summary>The objects of a list; none when it is absent.</summary>
    protected static IEnumerable<JsonObject> Objects(JsonNode? list) => (list as JsonArray ?? []).OfType<JsonObject>();

    private static T? Read<T>(JsonNode? node)
        where T : class => node.Deserialize<T>(Json.Spec);

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
