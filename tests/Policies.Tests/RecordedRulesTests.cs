using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Api;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Planning;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Testing;

namespace MeshConsole.Policies.Tests;

/// <summary>
/// Which policies hold for which proxy with what configuration, compared with the recorded answers of Kuma control planes: a zone on
/// its own, or a global with its zones.
/// </summary>
public sealed class RecordedRulesTests
{
    private static readonly KindRegistry Kinds = new([.. CoreKinds.All, .. PolicyKinds.All]);

    private static IEnumerable<ResourceKind> PolicyOnly => Kinds.All.Where(k => k is IPolicyKind);

    public static TheoryData<string> Cases => Folders("input.yaml");

    public static TheoryData<string> Federations => Folders("input-global.yaml");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Case_EveryAnswer_AgreesWithTheRecordedOne(string name)
    {
        var folder = SharedFolder.Require("peer", "rules", name);
        AssertAnswers(folder, World.Of(Read(Path.Combine(folder, "input.yaml"), new Site(SiteMode.Zone, "lab")), 1));
    }

    [Theory]
    [MemberData(nameof(Federations))]
    public void Federation_EveryAnswer_AgreesWithTheRecordedOneOfItsControlPlane(string name)
    {
        var folder = SharedFolder.Require("peer", "rules", name);
        var zones = Directory.EnumerateDirectories(folder).Select(d => Path.GetFileName(d)).Where(d => d != "global").ToDictionary(
            zone => zone,
            zone => World.Of(Read(Path.Combine(folder, $"input-{zone}.yaml"), new Site(SiteMode.Zone, zone, Federated: true)), 1));
        var own = Read(Path.Combine(folder, "input-global.yaml"), Site.Global);
        var global = World.Of([.. own, .. zones.SelectMany(z => Sent(z.Value, new UpView(z.Key)))], 1);
        var mesh = (string)Read(Path.Combine(folder, "case.json"))["mesh"]!;
        AssertAnswers(Path.Combine(folder, "global"), global, mesh);
        foreach (var (zone, world) in zones)
        {
            var view = new ZoneView(zone, [.. KdsFeatures.Ours], isVersion3: false) { PassedOn = [] };
            AssertAnswers(Path.Combine(folder, zone), World.Of([.. All(world), .. Sent(global, view)], 1), mesh);
        }
    }

    private static void AssertAnswers(string folder, World world, string mesh = "default")
    {
        var plan = MeshPlan.Of(world, mesh);
        var faults = new List<string>();

        foreach (var file in Directory.EnumerateFiles(folder, "rules-*.json"))
        {
            var proxy = Proxy(world, mesh, file, "rules-");
            Compare(faults, file, Write(w => InspectJson.Rules(w, plan, PolicyOnly, proxy, proxy.Resource)), Read(file), sortDestinations: true);
        }

        foreach (var file in Directory.EnumerateFiles(folder, "policies-*.json").Where(f => Read(f)["status"] is null))
        {
            var proxy = Proxy(world, mesh, file, "policies-");
            Compare(faults, file, Write(w => InspectJson.ProxyPolicies(w, plan, PolicyOnly, proxy)), Read(file));
        }

        foreach (var file in Directory.EnumerateFiles(folder, "inbounds-*.json"))
        {
            var proxy = Proxy(world, mesh, file, "inbounds-");
            foreach (var (kri, expected) in Read(file))
            {
                Assert.True(Kri.TryParse(kri, out var inbound));
                var number = proxy.Inbounds.Index().Single(i => i.Item.Section == inbound.Value.Section).Index;
                Compare(faults, $"{file} {kri}", Write(w => InspectJson.InboundPolicies(w, plan, PolicyOnly, proxy, number)), expected!);
            }
        }

        foreach (var file in Directory.EnumerateFiles(folder, "outbounds-*.json"))
        {
            var proxy = Proxy(world, mesh, file, "outbounds-");
            foreach (var (kri, expected) in Read(file))
            {
                Assert.True(Kri.TryParse(kri, out var destination));
                Compare(
                    faults,
                    $"{file} {kri}",
                    Write(w => InspectJson.OutboundPolicies(w, plan, PolicyOnly, proxy, destination.Value)),
                    expected!["policies"] ?? new JsonObject { ["policies"] = new JsonArray() });
                Compare(
                    faults,
                    $"{file} {kri} routes",
                    Write(w => InspectJson.Routes(w, plan, PolicyOnly, proxy, destination.Value)),
                    expected["routes"] ?? new JsonObject { ["routes"] = new JsonArray() });
                foreach (var (routeKri, ofRoute) in expected["routePolicies"]?.AsObject() ?? [])
                {
                    Assert.True(Kri.TryParse(routeKri, out var route));
                    Compare(
                        faults,
                        $"{file} {kri} {routeKri}",
                        Write(w => InspectJson.OutboundPolicies(w, plan, PolicyOnly, proxy, destination.Value, route.Value)),
                        ofRoute!);
                }
            }
        }

        foreach (var file in Directory.EnumerateFiles(folder, "affected-*.json"))
        {
            var expected = Read(file);
            var kind = Kinds[(string)expected["policy"]!["type"]!];
            var policy = world.Find(kind.Name, mesh, (string)expected["policy"]!["name"]!)!;
            var affected = kind is IPolicyKind ? plan.Affected(policy).Select(a => a.Proxy.Resource) : OldPolicy.Affected(world, policy);
            Assert.Equal(expected["items"]!.AsArray().Select(i => (string)i!["name"]!), affected.Select(d => d.Name));
        }

        AssertOlderAnswers(folder, world, mesh, faults);
        Assert.True(faults.Count == 0, string.Join("\n\n", faults));
    }

    /// <summary>The older form of inspection; the recording does not say of which kind a policy is, so one of its name must agree.</summary>
    private static void AssertOlderAnswers(string folder, World world, string mesh, List<string> faults)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "legacy-policies-*.json"))
        {
            var dataplane = Proxy(world, mesh, file, "legacy-policies-").Resource;
            Compare(faults, file, WithoutTimes(Write(w => OlderInspectJson.Policies(w, world, PolicyOnly, dataplane))), Read(file));
        }

        foreach (var file in Directory.EnumerateFiles(folder, "legacy-rules-*.json"))
        {
            var dataplane = Proxy(world, mesh, file, "legacy-rules-").Resource;
            Compare(faults, file, Write(w => OlderInspectJson.Rules(w, MeshPlan.Of(world, mesh), PolicyOnly, dataplane)), Read(file));
        }

        foreach (var file in Directory.EnumerateFiles(folder, "legacy-dataplanes-*.json"))
        {
            var name = Path.GetFileNameWithoutExtension(file)["legacy-dataplanes-".Length..];
            var answers = Kinds.All.Where(k => k.Policy is not null && k is not IPolicyKind)
                .Select(k => world.Find(k.Name, mesh, name))
                .OfType<Resource>()
                .Select(policy => Write(w => OlderInspectJson.Proxies(w, [.. OlderInspectApi.Proxies(world, policy)])))
                .ToList();
            if (!answers.Any(a => Difference(a, Read(file), "$") is null))
            {
                faults.Add($"{file}\n{string.Join('\n', answers.Select(a => a.ToJsonString()))}");
            }
        }
    }

    private static JsonObject WithoutTimes(JsonObject answer)
    {
        foreach (var policy in answer["items"]!.AsArray().SelectMany(i => i!["matchedPolicies"]!.AsObject()).SelectMany(k => k.Value!.AsArray()))
        {
            policy!.AsObject().Remove("creationTime");
            policy.AsObject().Remove("modificationTime");
        }

        return answer;
    }

    private static IEnumerable<Resource> All(World world) => world.Kinds.SelectMany(k => world.List(k));

    /// <summary>What a control plane sends to another one, as the other one stores it.</summary>
    private static IEnumerable<Resource> Sent(World world, SyncView view)
    {
        foreach (var resource in All(world).Where(r => view.Carries(r.Kind)))
        {
            if (view.Project(resource, world).Item is { } item)
            {
                var incoming = WireForm.Decode(resource.Kind, item.Message);
                yield return new Resource
                {
                    Kind = resource.Kind,
                    Mesh = incoming.Mesh,
                    Name = incoming.Name,
                    Labels = incoming.Labels,
                    Spec = incoming.Spec.Spec,
                    Status = incoming.Status,
                };
            }
        }
    }

    private static List<Resource> Read(string file, Site site)
    {
        var reader = new DraftReader(site);
        var resources = new List<Resource>();
        foreach (var document in Yaml.Read(File.ReadAllText(file)).Value)
        {
            var kind = Kinds[(string)document["type"]!];
            var mesh = kind.Scope == Scope.Mesh ? (string?)document["mesh"] ?? "default" : "";
            var draft = reader.Read(kind, mesh, (string)document["name"]!, Encoding.UTF8.GetBytes(document.ToJsonString()));
            var stored = MetaRules.WithComputedLabels(draft.Value.Resource, site);
            if (document["labels"]?[Labels.DisplayName] is null)
            {
                stored = stored.With(labels: stored.Labels.Remove(Labels.DisplayName)); // ours adds it to services; the recorded one did not
            }

            resources.Add(stored);
            if (kind.Name == "Mesh")
            {
                resources.AddRange(MeshLifecycle.InitialPoliciesOf(stored, Kinds, site));
            }
        }

        return resources;
    }

    private static ProxyView Proxy(World world, string mesh, string file, string prefix)
    {
        var name = Path.GetFileNameWithoutExtension(file)[prefix.Length..];
        return ProxyView.Of(world.Find("Dataplane", mesh, name)!);
    }

    private static JsonObject Read(string file) => JsonNode.Parse(File.ReadAllText(file))!.AsObject();

    private static JsonObject Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            write(writer);
        }

        return JsonNode.Parse(stream.ToArray())!.AsObject();
    }

    private static void Compare(List<string> faults, string what, JsonNode actual, JsonNode expected, bool sortDestinations = false)
    {
        if (sortDestinations)
        {
            SortDestinations(actual);
            SortDestinations(expected);
        }

        if (Difference(actual, expected, "$") is { } difference)
        {
            faults.Add($"{what}\n{difference}");
        }
    }

    /// <summary>Entries of one resource, with and without port, come in any order.</summary>
    private static void SortDestinations(JsonNode answer)
    {
        foreach (var rule in answer["rules"]!.AsArray())
        {
            var sorted = rule!["toResourceRules"]!.AsArray()
                .OrderBy(r => (string?)r!["resourceMeta"]!["name"], StringComparer.Ordinal)
                .ThenBy(r => (string?)r!["resourceMeta"]!["type"], StringComparer.Ordinal)
                .ThenBy(r => (string?)r!["resourceSectionName"], StringComparer.Ordinal)
                .Select(r => r!.DeepClone())
                .ToArray();
            rule["toResourceRules"] = new JsonArray(sorted);
        }
    }

    private static string? Difference(JsonNode? actual, JsonNode? expected, string path)
    {
        switch (actual, expected)
        {
            case (JsonObject a, JsonObject e):
                foreach (var name in a.Select(m => m.Key).Union(e.Select(m => m.Key)))
                {
                    if (!a.ContainsKey(name) || !e.ContainsKey(name))
                    {
                        return $"{path}.{name}: {(a.ContainsKey(name) ? "unexpected " + a[name]?.ToJsonString() : "missing " + e[name]?.ToJsonString())}";
                    }

                    if (Difference(a[name], e[name], $"{path}.{name}") is { } inner)
                    {
                        return inner;
                    }
                }

                return null;
            case (JsonArray a, JsonArray e):
                for (var i = 0; i < Math.Min(a.Count, e.Count); i++)
                {
                    if (Difference(a[i], e[i], $"{path}[{i}]") is { } inner)
                    {
                        return inner;
                    }
                }

                return a.Count == e.Count ? null : $"{path}: {a.Count} items, expected {e.Count}\n is {a.ToJsonString()}\n expected {e.ToJsonString()}";
            default:
                return JsonNode.DeepEquals(actual, expected) ? null : $"{path}: is {actual?.ToJsonString() ?? "null"}, expected {expected?.ToJsonString() ?? "null"}";
        }
    }

    private static TheoryData<string> Folders(string with)
    {
        var root = SharedFolder.Path is { } shared ? Path.Combine(shared, "peer", "rules") : null;
        return root is null
            ? ["none"]
            : [.. Directory.EnumerateDirectories(root).Where(d => File.Exists(Path.Combine(d, with))).Select(d => Path.GetFileName(d)).Order()];
    }
}
