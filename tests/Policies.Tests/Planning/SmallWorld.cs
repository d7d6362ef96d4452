using MeshConsole.ControlPlane.Planning;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.Policies.Tests.Planning;

/// <summary>Worlds of a few resources, written as YAML.</summary>
internal static class SmallWorld
{
    /// <summary>Mesh <c>shop</c> with two proxies and two services of zone <c>berlin</c>.</summary>
    public const string Base = """
        type: Mesh
        name: shop
        meshServices: {mode: Exclusive}
        ---
        type: Dataplane
        mesh: shop
        name: web-1
        labels: {app: web, kuma.io/origin: zone, kuma.io/zone: berlin}
        networking:
          address: 10.0.0.1
          inbound:
            - {port: 80, name: http, tags: {kuma.io/service: web, team: front}}
            - {port: 81, name: admin, tags: {kuma.io/service: web-admin}}
        ---
        type: Dataplane
        mesh: shop
        name: kong-1
        labels: {app: kong, kuma.io/origin: zone, kuma.io/zone: paris}
        networking:
          address: 10.0.0.2
          gateway: {type: DELEGATED, tags: {kuma.io/service: kong}}
        ---
        type: MeshService
        mesh: shop
        name: orders
        labels: {app: orders, kuma.io/origin: zone, kuma.io/zone: berlin}
        spec: {ports: [{port: 8080, name: http}, {port: 9090}]}
        ---
        type: MeshService
        mesh: shop
        name: orders-v2
        labels: {app: orders, kuma.io/origin: zone, kuma.io/zone: berlin}
        spec: {ports: [{port: 8080, name: http}]}
        """;

    /// <summary>The base with further resources.</summary>
    public static World With(string yaml) => World.Of([.. Yaml.Read(Base + "\n---\n" + yaml).Value.Select(d => DemoWorld.Read(d))], 1);

    /// <summary>The policies of a kind for a proxy.</summary>
    public static PolicyMatches Match(this World world, string kind, string proxy) =>
        MeshPlan.Of(world, "shop").Match(DemoWorld.Kinds[kind], MeshPlan.Of(world, "shop").View(world.Find("Dataplane", "shop", proxy)!));

    /// <summary>The names of the policies that hold, lowest precedence first.</summary>
    public static IEnumerable<string> Names(this PolicyMatches matches) => matches.Policies.Select(p => p.Resource.Name);

    /// <summary>A policy with one <c>to</c> item for the whole mesh.</summary>
    public static string Timeout(string name, string top, string conf, string labels = "{}") =>
        $"type: MeshTimeout\nmesh: shop\nname: {name}\nlabels: {labels}\nspec: {{targetRef: {top}, to: [{{targetRef: {{kind: Mesh}}, default: {conf}}}]}}\n---\n";
}
