using System.Security.Cryptography;
using System.Text.Json;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.Shared;
using WireResource = MeshConsole.Protos.Envoy.Discovery.Resource;

namespace MeshConsole.ControlPlane.Tests.Kds;

/// <summary>Recorded exchanges of real control planes, played against ours.</summary>
public sealed class ReplayTests
{
    [Theory]
    [MemberData(nameof(Recording.Unaltered), MemberType = typeof(Recording))]
    public void Names_OfEveryRecordedResource_AreWhatWeWouldMake(string folder)
    {
        var seen = 0;
        foreach (var response in Recording.Read(folder))
        {
            foreach (var resource in response.Resources)
            {
                var meta = Wire.Read(resource).Meta;
                Assert.Equal(resource.Name, KdsName.Join(meta.Name, meta.Mesh));
                if (TestKinds.All.Find(response.Type) is not { } kind || (response.Downward && kind.Flow.HasFlag(Flow.KeepsName)) || !meta.Labels.ContainsKey(Labels.DisplayName))
                {
                    continue;
                }

                if (!response.Downward && meta.Labels.ContainsKey(Labels.Namespace))
                {
                    continue; // labels that were added on the way, after the zone had made the name
                }

                // A zone that left out the suffix was given bare names; those are in the recordings too.
                var labels = Labels.None.SetItems(meta.Labels.Select(l => KeyValuePair.Create(l.Key, l.Value)));
                var hashed = KdsName.Hash(meta.Mesh, meta.Name, labels);
                Assert.True(meta.Name == hashed || meta.Name == labels[Labels.DisplayName], $"{response.Type} {meta.Name}: we would say {hashed}");
                seen++;
            }
        }

        Assert.True(seen > 0);
    }

    [Theory]
    [MemberData(nameof(Recording.Unaltered), MemberType = typeof(Recording))]
    public void Versions_OfProtobufResources_AreKumasOwn(string folder)
    {
        // The version is a hash over every byte of the resource: equal versions mean an equal encoding.
        var compared = 0;
        foreach (var resource in Recording.Read(folder).SelectMany(r => r.Resources))
        {
            var kuma = Wire.Read(resource);
            if (kuma.Spec.TypeUrl.Length == 0 || kuma.Spec.TypeUrl.EndsWith(".Secret", StringComparison.Ordinal))
            {
                continue; // JSON is recorded without its own order of members; secrets are redacted
            }

            Assert.Equal(resource.Version, Convert.ToHexStringLower(SHA256.HashData(resource.Resource_.Value.Span)));
            compared++;
        }

        Assert.True(compared > 0);
    }

    [Theory]
    [InlineData("a-two-zones")]
    [InlineData("b-zone-policy")]
    [InlineData("c-same-name")]
    [InlineData("e-zone-lifecycle")]
    [InlineData("i-bulk")]
    [InlineData("j-insights")]
    public async Task RecordedZones_PlayedAgainstOurGlobal_AreAcceptedAsByKuma(string folder)
    {
        await using var global = await GlobalNode.StartAsync();
        var zones = new Dictionary<int, (ScriptedZone Zone, ScriptedZone.Up Up)>();
        var expected = new Dictionary<string, (string Type, WireResource Resource, string Zone)>();
        foreach (var response in Recording.Read(folder).Where(r => !r.Downward && r.Complete && TestKinds.All.Find(r.Type) is not null))
        {
            if (!zones.TryGetValue(response.Stream, out var peer))
            {
                foreach (var (stream, older) in zones.Where(z => z.Value.Zone.Name == response.Zone).ToList())
                {
                    await older.Zone.DisposeAsync();
                    zones.Remove(stream);
                    await global.Links.Board.UntilAsync(b => !b[response.Zone].Connected, "the older connection gone");
                }

                var zone = new ScriptedZone(response.Zone, global.Address);
                zones[response.Stream] = peer = (zone, zone.OpenUp());
            }

            var reply = await peer.Up.SendAsync(response.Type, response.Resources, [.. response.Removed]);
            Assert.True((reply.ErrorDetail is not null) == response.Refused, $"{response.Zone} {response.Type} {response.Nonce}: {reply.ErrorDetail?.Message}");
            foreach (var resource in response.Resources.Where(_ => !response.Refused))
            {
                expected[response.Type + resource.Name] = (response.Type, resource, response.Zone);
            }

            foreach (var name in response.Removed)
            {
                expected.Remove(response.Type + name);
            }
        }

        foreach (var (type, resource, zone) in expected.Values)
        {
            var kuma = Wire.Read(resource);
            if (global.World.Find(type, kuma.Meta.Mesh, kuma.Meta.Name) is { } stored)
            {
                Assert.Equal(zone, stored.Zone);
                Assert.Equal("zone", stored.Origin);
                foreach (var (key, value) in kuma.Meta.Labels)
                {
                    Assert.Equal(value, stored.Labels[key]);
                }

                if (kuma.Spec.TypeUrl.Length == 0)
                {
                    Assert.Equal(JsonBody.FromText(kuma.Spec.Value.ToStringUtf8()), stored.Spec);
                }
            }
            else
            {
                // Gone by a later complete answer of a new connection.
                Assert.NotEqual("a-two-zones", folder);
            }
        }

        foreach (var (zone, _) in zones.Values)
        {
            await zone.DisposeAsync();
        }
    }

    [Fact]
    public async Task RecordedTwoZones_EachGetsOfTheOther_WhatKumaSent()
    {
        var recording = Recording.Read("a-two-zones");
        await using var global = await GlobalNode.StartAsync();
        await using var lab = new ScriptedZone("lab", global.Address);
        await using var eks = new ScriptedZone("eks", global.Address);
        var up = lab.OpenUp();
        var down = eks.OpenDown();
        string[] passedOn = ["MeshService", "ZoneIngress"];
        foreach (var type in passedOn)
        {
            await down.SubscribeAsync(type);
        }

        // Everything that reached eks from lab must reach it here under the same names, with the same labels and content.
        var wanted = recording.Where(r => r.Downward && r.Zone == "eks" && passedOn.Contains(r.Type))
            .SelectMany(r => r.Resources).Where(r => Wire.Read(r).Meta.Labels.GetValueOrDefaultOf(Labels.Zone) == "lab")
            .GroupBy(r => r.Name).ToDictionary(g => g.Key, g => g.Select(Describe).ToHashSet());
        Assert.NotEmpty(wanted);
        var got = new Dictionary<string, HashSet<string>>();
        foreach (var response in recording.Where(r => !r.Downward && r.Zone == "lab" && passedOn.Contains(r.Type) && r.Complete && (r.Resources.Count > 0 || r.Removed.Count > 0)))
        {
            var before = global.World.List(response.Type).ToList();
            Assert.Null((await up.SendAsync(response.Type, response.Resources, [.. response.Removed])).ErrorDetail);
            var after = global.World.List(response.Type).ToList();
            if (before.SequenceEqual(after) || SameForOthers(before, after))
            {
                continue;
            }

            var sent = await down.NextAsync(response.Type);
            await down.AckAsync(sent);
            foreach (var resource in sent.Resources)
            {
                (got.TryGetValue(resource.Name, out var set) ? set : got[resource.Name] = []).Add(Describe(resource));
            }
        }

        foreach (var (name, contents) in wanted)
        {
            Assert.True(got.TryGetValue(name, out var mine), $"{name} did not arrive.");
            Assert.Subset(mine, contents.Where(mine!.Contains).ToHashSet());
            Assert.True(contents.Overlaps(mine!), $"{name}: Kuma sent {string.Join(" | ", contents)}, we {string.Join(" | ", mine!)}");
        }

        static bool SameForOthers(List<Resource> before, List<Resource> after) =>
            before.Count == after.Count && before.Zip(after).All(p => p.First.Key == p.Second.Key && p.First.Spec.Equals(p.Second.Spec) && Labels.Same(p.First.Labels, p.Second.Labels));

        static string Describe(WireResource resource)
        {
            var kuma = Wire.Read(resource);
            var labels = string.Join(',', kuma.Meta.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));
            var spec = kuma.Spec.TypeUrl.Length == 0 ? Sorted(JsonElement.Parse(kuma.Spec.Value.ToStringUtf8())) : kuma.Spec.Value.ToBase64();
            return $"{kuma.Spec.TypeUrl} {labels} {spec}";
        }

        static string Sorted(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.Object => "{" + string.Join(',', value.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => $"{p.Name}:{Sorted(p.Value)}")) + "}",
            JsonValueKind.Array => "[" + string.Join(',', value.EnumerateArray().Select(Sorted)) + "]",
            _ => value.GetRawText(),
        };
    }

    [Theory]
    [InlineData("a-two-zones", "lab")]
    [InlineData("b-zone-policy", "eks")]
    [InlineData("d-mesh-secrets", "lab")]
    [InlineData("e-zone-lifecycle", "eks")]
    [InlineData("i-bulk", "lab")]
    public async Task RecordedGlobal_PlayedAgainstOurZone_IsAcceptedAsByKuma(string folder, string name)
    {
        var recording = Recording.Read(folder).Where(r => r.Downward && r.Zone == name && r.Complete && TestKinds.All.Find(r.Type) is not null).ToList();
        Assert.NotEmpty(recording);
        await using var global = await ScriptedGlobal.StartAsync();
        await using var zone = await ZoneNode.StartAsync(name, global.Address);
        var expected = new Dictionary<ResourceKey, WireResource>();
        ScriptedGlobal.Down? down = null;
        var stream = -1;
        foreach (var response in recording)
        {
            if (response.Stream != stream)
            {
                stream = response.Stream;
                down?.End.SetResult(new Grpc.Core.Status(Grpc.Core.StatusCode.Unavailable, "next recorded stream"));
                down = await global.DownAsync();
            }

            var reply = await down!.SendAsync(response.Type, response.Resources, [.. response.Removed]);
            Assert.True((reply.ErrorDetail is not null) == response.Refused, $"{response.Type} {response.Nonce}: {reply.ErrorDetail?.Message}");
            foreach (var resource in response.Resources.Where(_ => !response.Refused))
            {
                var (given, mesh) = KdsName.Split(resource.Name);
                expected[new ResourceKey(response.Type, mesh, given)] = resource;
            }

            foreach (var removed in response.Removed)
            {
                var (given, mesh) = KdsName.Split(removed);
                expected.Remove(new ResourceKey(response.Type, mesh, given));
                Assert.Null(zone.World.Find(response.Type, mesh, given));
            }
        }

        var found = 0;
        foreach (var (key, resource) in expected)
        {
            if (zone.World.Find(key) is { } stored)
            {
                found++;
                Assert.Equal(Wire.Read(resource).Meta.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => (l.Key, l.Value)), stored.Labels.Select(l => (l.Key, l.Value)));
            }
        }

        Assert.True(found > 0 || expected.Count == 0, $"None of {string.Join(", ", expected.Keys)} is there.");
    }
}

internal static class MapFieldExtensions
{
    public static string? GetValueOrDefaultOf(this Google.Protobuf.Collections.MapField<string, string> map, string key) => map.TryGetValue(key, out var value) ? value : null;
}
