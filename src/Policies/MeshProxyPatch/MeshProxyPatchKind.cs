using System.Text.Json.Nodes;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshProxyPatch;

/// <summary>The kind MeshProxyPatch.</summary>
public sealed class MeshProxyPatchKind() : PolicyKind<MeshProxyPatchSpec>(
    new("MeshProxyPatch", "meshproxypatches", "mpp", "Mesh Proxy Patch", "Mesh Proxy Patches"))
{
    /// <inheritdoc />
    public override PolicyTraits Policy { get; } = new(IsTargetRef: true);

    /// <inheritdoc />
    protected override TargetRefRules TopLevel { get; } = TargetRefRules.Proxies with { GatewayTags = false };

    /// <inheritdoc />
    protected override void CheckRules(MeshProxyPatchSpec spec, ViolationList at)
    {
        const string Path = "spec.default.appendModifications";
        at.AddIf(spec.Default?.AppendModifications is not { Count: > 0 }, Path, Messages.MustNotBeEmpty);
        spec.Default?.AppendModifications.Each(Path, (modification, path) =>
        {
            object?[] given = [modification.Cluster, modification.Listener, modification.VirtualHost, modification.NetworkFilter, modification.HttpFilter];
            var count = given.Count(g => g is not null);
            if (count != 1)
            {
                at.Add(path, $"exactly one modification can be defined at a time. Currently, {count} modifications are defined");
                return;
            }

            switch (modification)
            {
                case { Cluster: { } cluster }:
                    var clusterPath = FieldPath.Member(path, "cluster");
                    NoMatchWhenAdded(cluster.Operation, cluster.Match, clusterPath, at);
                    CheckBody(cluster, cluster.Operation, clusterPath, at, "name");
                    break;
                case { Listener: { } listener }:
                    var listenerPath = FieldPath.Member(path, "listener");
                    NoMatchWhenAdded(listener.Operation, listener.Match, listenerPath, at);
                    CheckBody(listener, listener.Operation, listenerPath, at);
                    break;
                case { VirtualHost: { } host }:
                    var hostPath = FieldPath.Member(path, "virtualHost");
                    at.AddIf(
                        host.Operation == ModificationBody.Add && host.Match?.Name is not null,
                        FieldPath.Member(hostPath, "match.name"),
                        Messages.MustNotBeDefined);
                    CheckBody(host, host.Operation, hostPath, at, "name", "domains");
                    break;
                case { NetworkFilter: { } filter }:
                    CheckFilter(filter, FieldPath.Member(path, "networkFilter"), at);
                    break;
                case { HttpFilter: { } filter }:
                    CheckFilter(filter, FieldPath.Member(path, "httpFilter"), at);
                    break;
            }
        });
    }

    private static void NoMatchWhenAdded(string? operation, object? match, string path, ViolationList at) =>
        at.AddIf(operation == ModificationBody.Add && match is not null, FieldPath.Member(path, "match"), Messages.MustNotBeDefined);

    private static void CheckFilter(FilterModification filter, string path, ViolationList at)
    {
        var missing = filter.Operation switch
        {
            ModificationBody.AddBefore => "must be defined. You need to pick a filter before which this one will be added",
            ModificationBody.AddAfter => "must be defined. You need to pick a filter after which this one will be added",
            ModificationBody.Patch => Messages.MustBeDefined,
            _ => null,
        };
        at.AddIf(missing is not null && filter.Match?.Name is null, FieldPath.Member(path, "match.name"), missing ?? "");
        CheckBody(filter, filter.Operation, path, at, "name");
    }

    /// <summary>Checks value and jsonPatches against the operation.</summary>
    /// <param name="body">What to check.</param>
    /// <param name="operation">What is done.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="at">Receives what is wrong.</param>
    /// <param name="required">Members that a new resource must have.</param>
    private static void CheckBody(ModificationBody body, string? operation, string path, ViolationList at, params string[] required)
    {
        var value = FieldPath.Member(path, "value");
        switch (operation)
        {
            case ModificationBody.Remove:
                at.AddIf(body.Value is not null, value, Messages.MustNotBeDefined);
                break;
            case ModificationBody.Patch:
                var patches = body.JsonPatches is { Count: > 0 };
                if (body.Value is not null && patches)
                {
                    at.Add(path, Messages.OnlyOneOf(path[(path.LastIndexOf('.') + 1)..], "value", "jsonPatches"));
                }
                else if (body.Value is not null)
                {
                    CheckYaml(body.Value, value, at);
                }
                else
                {
                    at.AddIf(!patches, path, Messages.ExactlyOneOf(path[(path.LastIndexOf('.') + 1)..], "value", "jsonPatches"));
                    CheckPatches(body.JsonPatches, FieldPath.Member(path, "jsonPatches"), at);
                }

                break;
            default:
                at.AddIf(body.Value is null, value, Messages.MustBeDefined);
                if (body.Value is not null)
                {
                    CheckYaml(body.Value, value, at, required);
                }

                break;
        }
    }

    private static void CheckYaml(string text, string path, ViolationList at, params string[] required)
    {
        var parsed = Yaml.Read(text);
        if (!parsed.Ok)
        {
            at.Add(path, $"native Envoy resource is not valid: {parsed.Refusal.Detail}");
            return;
        }

        var resource = parsed.Value.Count == 1 ? parsed.Value[0] : null;
        at.AddIf(resource is null, path, "native Envoy resource is not valid: one YAML mapping is expected");
        foreach (var member in required.Where(m => resource is not null && IsEmpty(resource[m])))
        {
            at.Add(path, $"native Envoy resource is not valid: {member} must not be empty");
        }
    }

    private static bool IsEmpty(JsonNode? node) => node switch
    {
        null => true,
        JsonArray array => array.Count == 0,
        JsonValue value => value.TryGetValue<string>(out var text) && text.Length == 0,
        _ => false,
    };

    private static void CheckPatches(IReadOnlyList<JsonPatch>? patches, string path, ViolationList at) => patches.Each(path, (patch, field) =>
    {
        var needsFrom = patch.Op is "move" or "copy";
        var hasFrom = !string.IsNullOrEmpty(patch.From);
        at.AddIf(needsFrom && !hasFrom, FieldPath.Member(field, "from"), $"{Messages.MustBeDefined} when op is {patch.Op}");
        at.AddIf(!needsFrom && hasFrom, FieldPath.Member(field, "from"), $"must be empty when op is {patch.Op}");
    });
}
