using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Planning;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Testing;

namespace MeshConsole.Policies.Tests;

/// <summary>The shared demo world as a snapshot: what global and its zones hold together.</summary>
internal static class DemoWorld
{
    /// <summary>All kinds.</summary>
    public static KindRegistry Kinds { get; } = new([.. CoreKinds.All, .. PolicyKinds.All]);

    /// <summary>The demo world with further resources; skips the running test where the world is not available.</summary>
    public static World With(IEnumerable<Resource> more) => World.Of(
        [.. Yaml.Read(File.ReadAllText(SharedFolder.Require("corpus", "world.yaml"))).Value.Select((d, i) => Read(d, i)), .. more], 1);

    /// <summary>Reads a document as it stands, with defaults. Names are kept apart by a number, as those of synced copies are by a hash.</summary>
    public static Resource Read(JsonObject document, int? number = null)
    {
        var kind = Kinds[(string)document["type"]!];
        var name = (string)document["name"]!;
        var body = document.DeepClone().AsObject();
        foreach (var meta in (string[])["type", "mesh", "name", "labels"])
        {
            body.Remove(meta);
        }

        var labels = (document["labels"] as JsonObject ?? []).Select(l => KeyValuePair.Create(l.Key, (string)l.Value!));
        if (number is not null && kind.Name is TargetKinds.MeshMultiZoneService or TargetKinds.MeshExternalService)
        {
            labels = labels.Append(KeyValuePair.Create(Labels.DisplayName, name)); // as zones hold what came from global
        }

        return new Resource
        {
            Kind = kind,
            Mesh = kind.Scope == Scope.Mesh ? (string?)document["mesh"] ?? "default" : "",
            Name = number is not null && kind.Name == TargetKinds.MeshService ? $"{name}-{number}" : name,
            Labels = Labels.None.AddRange(labels),
            Spec = kind.ApplyDefaults(JsonBody.FromNode(kind.Flat ? body : body["spec"] as JsonObject ?? []), Site.Global),
        };
    }

    /// <summary>The proxy of that name.</summary>
    public static ProxyView Proxy(World world, string name) => ProxyView.Of(world.Find("Dataplane", "default", name)!);
}
