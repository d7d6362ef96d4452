using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using MeshConsole.Shared;

namespace MeshConsole.Policies.MeshProxyPatch;

/// <summary>Changes of the configuration that proxies get, for what no other policy says. The last policy to be applied.</summary>
public sealed record MeshProxyPatchSpec : IPolicySpec
{
    /// <inheritdoc />
    [Description("The proxies whose configuration is changed. The whole mesh when absent.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>The configuration.</summary>
    [Required]
    [Description("The changes.")]
    public ProxyPatchConf? Default { get; init; }
}

/// <summary>The changes.</summary>
public sealed record ProxyPatchConf
{
    /// <summary>The changes; those of several policies are joined.</summary>
    [Description("The changes, in this order; those of all policies are joined.")]
    public IReadOnlyList<Modification>? AppendModifications { get; init; }
}

/// <summary>One change; exactly one member is given.</summary>
public sealed record Modification
{
    /// <summary>Of clusters.</summary>
    [Description("A change of clusters.")]
    public ClusterModification? Cluster { get; init; }

    /// <summary>Of listeners.</summary>
    [Description("A change of listeners.")]
    public ListenerModification? Listener { get; init; }

    /// <summary>Of network filters.</summary>
    [Description("A change of network filters.")]
    public FilterModification? NetworkFilter { get; init; }

    /// <summary>Of HTTP filters.</summary>
    [Description("A change of HTTP filters.")]
    public FilterModification? HttpFilter { get; init; }

    /// <summary>Of virtual hosts.</summary>
    [Description("A change of virtual hosts.")]
    public VirtualHostModification? VirtualHost { get; init; }
}

/// <summary>What all changes have.</summary>
public record ModificationBody
{
    /// <summary>Puts something new in.</summary>
    public const string Add = "Add";

    /// <summary>Takes away.</summary>
    public const string Remove = "Remove";

    /// <summary>Changes what is there.</summary>
    public const string Patch = "Patch";

    /// <summary>Puts a filter first.</summary>
    public const string AddFirst = "AddFirst";

    /// <summary>Puts a filter last.</summary>
    public const string AddLast = "AddLast";

    /// <summary>Puts a filter before another.</summary>
    public const string AddBefore = "AddBefore";

    /// <summary>Puts a filter after another.</summary>
    public const string AddAfter = "AddAfter";

    /// <summary>An Envoy resource as YAML.</summary>
    [Description("An Envoy resource as YAML: what is added, or what is merged into what matches.")]
    public string? Value { get; init; }

    /// <summary>Single changes.</summary>
    [Description("Single changes in the manner of JSON Patch, instead of value.")]
    public IReadOnlyList<JsonPatch>? JsonPatches { get; init; }
}

/// <summary>A change of clusters.</summary>
public sealed record ClusterModification : ModificationBody
{
    /// <summary>What is done.</summary>
    [Required]
    [AllowedValues(Add, Remove, Patch)]
    [Description("Add, Remove or Patch.")]
    public string? Operation { get; init; }

    /// <summary>Which.</summary>
    [Description("Which clusters; all when absent. Not with Add.")]
    public ClusterMatch? Match { get; init; }
}

/// <summary>Which clusters.</summary>
public sealed record ClusterMatch
{
    /// <summary>What made it.</summary>
    [Description("What made it, for example inbound or outbound.")]
    public string? Origin { get; init; }

    /// <summary>Its name.</summary>
    [Description("Its name.")]
    public string? Name { get; init; }
}

/// <summary>A change of listeners.</summary>
public sealed record ListenerModification : ModificationBody
{
    /// <summary>What is done.</summary>
    [Required]
    [AllowedValues(Add, Remove, Patch)]
    [Description("Add, Remove or Patch.")]
    public string? Operation { get; init; }

    /// <summary>Which.</summary>
    [Description("Which listeners; all when absent. Not with Add.")]
    public ListenerMatch? Match { get; init; }
}

/// <summary>Which listeners.</summary>
public sealed record ListenerMatch
{
    /// <summary>What made it.</summary>
    [Description("What made it, for example inbound or outbound.")]
    public string? Origin { get; init; }

    /// <summary>Its name.</summary>
    [Description("Its name.")]
    public string? Name { get; init; }

    /// <summary>Its tags.</summary>
    [Description("Tags of the inbound it belongs to.")]
    public IReadOnlyDictionary<string, string>? Tags { get; init; }
}

/// <summary>A change of filters.</summary>
public sealed record FilterModification : ModificationBody
{
    /// <summary>What is done.</summary>
    [Required]
    [AllowedValues(Remove, Patch, AddFirst, AddBefore, AddAfter, AddLast)]
    [Description("Remove, Patch, AddFirst, AddBefore, AddAfter or AddLast.")]
    public string? Operation { get; init; }

    /// <summary>Which.</summary>
    [Description("Which filters; all when absent.")]
    public FilterMatch? Match { get; init; }
}

/// <summary>Which filters.</summary>
public sealed record FilterMatch
{
    /// <summary>What made its listener.</summary>
    [Description("What made the listener, for example inbound or outbound.")]
    public string? Origin { get; init; }

    /// <summary>Its name.</summary>
    [Description("The name of the filter.")]
    public string? Name { get; init; }

    /// <summary>Its listener.</summary>
    [Description("The name of the listener.")]
    public string? ListenerName { get; init; }

    /// <summary>Tags of its listener.</summary>
    [Description("Tags of the inbound that the listener belongs to.")]
    public IReadOnlyDictionary<string, string>? ListenerTags { get; init; }
}

/// <summary>A change of virtual hosts.</summary>
public sealed record VirtualHostModification : ModificationBody
{
    /// <summary>What is done.</summary>
    [Required]
    [AllowedValues(Add, Remove, Patch)]
    [Description("Add, Remove or Patch.")]
    public string? Operation { get; init; }

    /// <summary>Which.</summary>
    [Required]
    [Description("Which virtual hosts.")]
    public VirtualHostMatch? Match { get; init; }
}

/// <summary>Which virtual hosts.</summary>
public sealed record VirtualHostMatch
{
    /// <summary>What made it.</summary>
    [Description("What made it, for example inbound or outbound.")]
    public string? Origin { get; init; }

    /// <summary>Its name.</summary>
    [Description("Its name.")]
    public string? Name { get; init; }

    /// <summary>Its route configuration.</summary>
    [Description("The name of its route configuration.")]
    public string? RouteConfigurationName { get; init; }
}

/// <summary>One change in the manner of JSON Patch (RFC 6902).</summary>
public sealed record JsonPatch
{
    /// <summary>What is done.</summary>
    [Required]
    [AllowedValues("add", "remove", "replace", "move", "copy")]
    [Description("add, remove, replace, move or copy.")]
    public string? Op { get; init; }

    /// <summary>Where.</summary>
    [Required]
    [Description("Where, for example /connectTimeout.")]
    public string? Path { get; init; }

    /// <summary>The new value.</summary>
    [Description("The new value, for add and replace.")]
    public JsonElement? Value { get; init; }

    /// <summary>Where from.</summary>
    [Description("Where from, for move and copy.")]
    public string? From { get; init; }
}
