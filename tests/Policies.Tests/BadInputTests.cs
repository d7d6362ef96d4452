using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.Shared;
using MeshConsole.Testing.Corpus;

namespace MeshConsole.Policies.Tests;

/// <summary>
/// Bodies of every kind, spoilt at random: each is a refusal or is stored as what it says, never an exception. The environment variable
/// <c>CsCheck_Iter</c> (bodies for each kind, 100) makes the run long.
/// </summary>
public sealed class BadInputTests
{
    private static readonly ResourceKind[] All = [.. CoreKinds.All.Where(k => !k.ReadOnly), .. PolicyKinds.All];

    public static TheoryData<string> Names => [.. All.Select(k => k.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void SpoiltBody_IsRefusedOrStoredAsItIs(string kindName)
    {
        var kind = All.Single(k => k.Name == kindName);
        var site = Site.Global.MayWrite(kind) ? Site.Global : new Site(SiteMode.Zone, "lab");
        var example = Yaml.Read(kind.Example!).Value[0];
        var reader = new DraftReader(site);
        Gen.Int.Sample(
            seed =>
            {
                var (mesh, name) = ((string?)example["mesh"] ?? "", (string)example["name"]!);
                var draft = reader.Read(kind, mesh, name, new JsonMutation(seed).TextOf(example));
                if (draft.Ok)
                {
                    AssertWhole(reader, draft.Value);
                }
                else
                {
                    Assert.NotEmpty(draft.Refusal.Detail);
                }
            },
            threads: 1);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void SpoiltBytes_AreRefusedOrRead(string name)
    {
        var kind = All.Single(k => k.Name == name);
        var bytes = Utf8(Yaml.Read(kind.Example!).Value[0]);
        var reader = new DraftReader(Site.Global);
        Gen.Int.Sample(seed => Assert.NotNull(reader.Read(kind, "default", "x", new JsonMutation(seed).Of(bytes)).Refusal), threads: 1);
    }

    /// <summary>What was accepted travels, is shown, and is accepted again.</summary>
    private static void AssertWhole(DraftReader reader, Draft draft)
    {
        var resource = draft.Resource;
        Assert.NotEmpty(ResourceJson.ToUtf8(resource));
        var wire = resource.Kind.ToWire(resource);
        var travelled = resource.Kind.FromWire(wire.TypeUrl, wire.Value);
        _ = resource.Kind.ReadSpec(travelled.Spec);
        var again = reader.Read(resource.Kind, resource.Mesh, resource.Name, Utf8(ResourceJson.ToManifest(resource)));
        Assert.True(again.Ok, $"{resource}: {again.Refusal?.Detail} {string.Join("; ", again.Refusal?.Violations ?? [])}");
        Assert.Equal(resource.Spec, again.Value.Resource.Spec);
    }

    private static byte[] Utf8(JsonObject body) => Encoding.UTF8.GetBytes(body.ToJsonString());
}
