using System.Text.Json;
using MeshConsole.Testing.Histories;

namespace MeshConsole.EndToEnd.Tests.Chaos;

/// <summary>A kind of resource that carries a number, so that each of its states can be told from all others.</summary>
/// <param name="Path">Its lists, within the mesh.</param>
/// <param name="Body">A resource with that name, number and labels, for <c>PUT</c>.</param>
/// <param name="Number">The number of a resource as REST shows it.</param>
internal sealed record Subject(string Path, Func<string, int, Dictionary<string, string>, object> Body, Func<JsonElement, int> Number)
{
    public const string Mesh = "chaos";

    /// <summary>A policy: from global to all zones, from a zone to global.</summary>
    public static Subject Policy() => new(
        "meshretries",
        (name, number, labels) => new
        {
            type = "MeshRetry",
            mesh = Mesh,
            name,
            labels,
            spec = new { targetRef = new { kind = "Mesh" }, to = new[] { new { targetRef = new { kind = "Mesh" }, @default = new { tcp = new { maxConnectAttempt = number } } } } },
        },
        item => item.GetProperty("spec").GetProperty("to")[0].GetProperty("default").GetProperty("tcp").GetProperty("maxConnectAttempt").GetInt32());

    /// <summary>A data plane: from a zone to global.</summary>
    public static Subject Dataplane() => new(
        "dataplanes",
        (name, number, labels) => new
        {
            type = "Dataplane",
            mesh = Mesh,
            name,
            labels,
            networking = new
            {
                address = "127.0.0.1",
                inbound = new[] { new { port = number, tags = new Dictionary<string, string> { ["kuma.io/service"] = name, ["kuma.io/protocol"] = "http" } } },
            },
        },
        item => item.GetProperty("networking").GetProperty("inbound")[0].GetProperty("port").GetInt32());

    /// <summary>A service: from a zone to global, and from there to the other zones.</summary>
    public static Subject Service() => new(
        "meshservices",
        (name, number, labels) => new
        {
            type = "MeshService",
            mesh = Mesh,
            name,
            labels,
            spec = new { selector = new { dataplaneTags = new Dictionary<string, string> { ["kuma.io/service"] = name } }, ports = new[] { new { port = number, targetPort = 80, appProtocol = "http" } } },
        },
        item => item.GetProperty("spec").GetProperty("ports")[0].GetProperty("port").GetInt32());

    /// <summary>What was done to resources of this kind and seen of them.</summary>
    public History History { get; } = new();

    /// <summary>Where the list of all of them is.</summary>
    public string ListPath => $"/meshes/{Mesh}/{Path}?size=1000";

    /// <summary>The numbers in a list, by the name that people gave.</summary>
    public Dictionary<string, int> Read(JsonElement list) => list.GetProperty("items").EnumerateArray().ToDictionary(
        item => item.TryGetProperty("labels", out var labels) && labels.TryGetProperty("kuma.io/display-name", out var name) ? name.GetString()! : item.GetProperty("name").GetString()!,
        Number,
        StringComparer.Ordinal);
}
