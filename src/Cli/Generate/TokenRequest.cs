using System.Text.Json.Nodes;

namespace MeshConsole.Cli.Generate;

/// <summary>A token to be made: what is asked of a control plane, and what a token signed here would say.</summary>
/// <param name="Path">Where a control plane issues it.</param>
/// <param name="Body">What it is asked, without <c>validFor</c>.</param>
/// <param name="Claims">The claims of one signed here.</param>
internal sealed record TokenRequest(string Path, JsonObject Body, JsonObject Claims)
{
    /// <summary>A data plane's token.</summary>
    public static TokenRequest Dataplane(string name, string mesh, string proxyType, string workload, IReadOnlyDictionary<string, string[]> tags) => new(
        "/tokens/dataplane",
        new JsonObject { ["name"] = name, ["mesh"] = mesh, ["tags"] = Map(tags), ["type"] = proxyType, ["workload"] = workload },
        new JsonObject { ["Name"] = name, ["Mesh"] = mesh, ["Tags"] = Map(tags), ["Type"] = proxyType, ["Workload"] = workload });

    /// <summary>A zone's token: for its ingress, its egress, or its control plane.</summary>
    public static TokenRequest Zone(string zone, IEnumerable<string> scope) => new(
        "/tokens/zone",
        new JsonObject { ["zone"] = zone, ["scope"] = List(scope) },
        new JsonObject { ["Zone"] = zone, ["Scope"] = List(scope) });

    /// <summary>A person's or a machine's token for the REST API.</summary>
    public static TokenRequest User(string name, IEnumerable<string> groups) => new(
        "/tokens/user",
        new JsonObject { ["name"] = name, ["groups"] = List(groups) },
        new JsonObject { ["Name"] = name, ["Groups"] = List(groups) });

    private static JsonArray List(IEnumerable<string> words) => new([.. words.Select(w => JsonValue.Create(w))]);

    private static JsonObject Map(IReadOnlyDictionary<string, string[]> tags) => new(tags.Select(t => KeyValuePair.Create<string, JsonNode?>(t.Key, List(t.Value))));
}
