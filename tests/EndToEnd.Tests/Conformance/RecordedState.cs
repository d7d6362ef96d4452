using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.EndToEnd.Tests.Conformance;

/// <summary>The resources that the recorded control plane held, gathered from its own answers, and how they get into ours.</summary>
internal sealed class RecordedState
{
    private static readonly string[] Meta = ["type", "mesh", "name", "creationTime", "modificationTime", "labels", "kri", "snis", "spec", "status"];

    private static readonly Lazy<string> SigningKey = new(() =>
    {
        using var key = RSA.Create(2048);
        return key.ExportRSAPrivateKeyPem();
    });

    private readonly KindRegistry kinds;
    private readonly Dictionary<ResourceKey, Resource> resources = [];
    private readonly List<Resource> made;

    /// <summary>Gathers the resources out of the reads of a recording.</summary>
    /// <param name="calls">The reads.</param>
    /// <param name="kinds">Kinds that we know.</param>
    /// <param name="made">What our control plane made at its start; it stays as far as the recording does not have it.</param>
    public RecordedState(IEnumerable<RecordedCall> calls, KindRegistry kinds, IEnumerable<Resource> made)
    {
        this.kinds = kinds;
        this.made = [.. made];
        foreach (var body in calls.Where(c => c is { Method: "GET", Status: 200 } && !c.Path.Contains("format=")).Select(c => c.Body as JsonObject).OfType<JsonObject>())
        {
            foreach (var item in body["items"] as JsonArray ?? [body.DeepClone()])
            {
                Add(item as JsonObject);
            }
        }
    }

    /// <summary>
    /// The first policies of a mesh that the recording names in its rules but does not list: they say what those of the mesh
    /// <c>default</c> say.
    /// </summary>
    public void AddFirstPolicies(JsonNode rules)
    {
        var origins = rules["rules"]!.AsArray()
            .SelectMany(r => r!["toResourceRules"]?.AsArray() ?? [])
            .SelectMany(r => r!["origin"]!.AsArray())
            .Select(o => o!["resourceMeta"]!.AsObject());
        foreach (var origin in origins)
        {
            var like = resources.Values.FirstOrDefault(r => r.Kind.Name == (string)origin["type"]! && r.DisplayName.EndsWith("-all-default", StringComparison.Ordinal));
            if (like is not null)
            {
                Put((string)origin["type"]!, origin, (string)origin["name"]!, labels: true, like.Spec.ToNode(), replace: false);
            }
        }
    }

    /// <summary>One recorded resource by itself.</summary>
    public static Resource? Read(JsonNode? item, KindRegistry kinds) =>
        item is JsonObject body && kinds.Find((string?)body["type"] ?? "") is { } kind
            ? Read(kind, body, (string)body["name"]!, labels: true, Body(body))
            : null;

    /// <summary>Puts our store into exactly this state.</summary>
    public Task ApplyAsync(ResourceStore store) => store.CommitAsync(Actor.System, transaction =>
    {
        // Our own keys stay: with the recorded ones no token would be good.
        var wanted = resources.Values.Concat(made.Where(r => r.Kind.Name is "Config" or "GlobalSecret" or "Secret"))
            .GroupBy(r => r.Key).Select(g => g.Last()).ToDictionary(r => r.Key);
        foreach (var extra in transaction.World.Kinds.SelectMany(transaction.World.List).Where(r => !wanted.ContainsKey(r.Key)).ToList())
        {
            transaction.Delete(extra.Key, history: false);
        }

        foreach (var resource in wanted.Values.Where(r => transaction.World.Find(r.Key)?.SameContent(r) != true))
        {
            transaction.Put(resource, history: false);
        }

        return 0;
    });

    private void Add(JsonObject? item)
    {
        if ((string?)item?["type"] is not { } type || (string?)item["name"] is not { } name)
        {
            return;
        }

        var spec = Body(item);
        if (type.EndsWith("Overview", StringComparison.Ordinal))
        {
            type = type[..^"Overview".Length];
            var member = char.ToLowerInvariant(type[0]) + type[1..];
            Put(type + "Insight", item, name, labels: false, item[member + "Insight"] as JsonObject, replace: false);
            spec = item[member] as JsonObject ?? [];
        }

        if (type is not ("MeshInsight" or "ServiceInsight")) // worked out from the rest
        {
            Put(type, item, name, labels: true, spec);
        }
    }

    private void Put(string type, JsonObject item, string name, bool labels, JsonObject? spec, bool replace = true)
    {
        if (spec is not null && kinds.Find(type) is { } kind)
        {
            var resource = Read(kind, item, name, labels, spec);
            if (replace || !resources.ContainsKey(resource.Key))
            {
                resources[resource.Key] = resource;
            }
        }
    }

    private static Resource Read(ResourceKind kind, JsonObject item, string name, bool labels, JsonObject spec) => new()
    {
        Kind = kind,
        Mesh = kind.Scope == Scope.Mesh ? (string)item["mesh"]! : "",
        Name = name,
        Labels = Labels.None.AddRange((labels ? item["labels"] as JsonObject ?? [] : []).Select(l => KeyValuePair.Create(l.Key, (string)l.Value!))),
        Spec = kind.IsSecret ? SecretOf(name) : JsonBody.FromNode(spec),
        Status = item["status"] is JsonObject status ? JsonBody.FromNode(status) : null,
    };

    /// <summary>Secrets are not in the recording; a signing key must be one.</summary>
    private static JsonBody SecretOf(string name) => JsonBody.FromNode(new JsonObject
    {
        ["data"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(name.Contains("signing-key", StringComparison.Ordinal) ? SigningKey.Value : "hello")),
    });

    private static JsonObject Body(JsonObject item) =>
        item["spec"] as JsonObject ?? [.. item.Where(m => !Meta.Contains(m.Key)).Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone()))];
}
