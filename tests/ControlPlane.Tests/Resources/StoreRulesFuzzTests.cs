using CsCheck;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Testing.Corpus;

namespace MeshConsole.ControlPlane.Tests.Resources;

/// <summary>Spoilt bodies that pass their own rules also pass, or are refused by, the rules that look at the store.</summary>
public sealed class StoreRulesFuzzTests
{
    private static readonly KindRegistry Kinds = new(CoreKinds.All);

    [Theory]
    [InlineData("Mesh")]
    [InlineData("Dataplane")]
    [InlineData("RateLimit")]
    [InlineData("ExternalService")]
    public void SpoiltBody_IsCheckedWithoutSurprise(string name)
    {
        var kind = Kinds[name];
        var reader = new DraftReader(Site.Global.MayWrite(kind) ? Site.Global : new Site(SiteMode.Zone, "lab"));
        var example = Yaml.Read(kind.Example!).Value[0];
        var world = World.Empty
            .With(Make("Mesh", "", "default", """{"constraints":{"dataplaneProxy":{"requirements":[{"tags":{"kuma.io/service":"*"}}],"restrictions":[{"tags":{"version":"v9"}}]}}}"""))
            .With(Make("RateLimit", "default", "limit", """{"destinations":[{"match":{"kuma.io/service":"*","version":"v1"}}]}"""))
            .With(Make("ExternalService", "default", "service", """{"tags":{"kuma.io/service":"api"}}"""));
        var checkedOnes = 0;
        Gen.Int.Sample(
            seed =>
            {
                var draft = reader.Read(kind, (string?)example["mesh"] ?? "", (string)example["name"]!, new JsonMutation(seed).TextOf(example));
                if (draft.Ok)
                {
                    StoreRules.Check(draft.Value.Resource, world, new ViolationList());
                    checkedOnes++;
                }
            },
            iter: 1_000,
            threads: 1);
        Assert.True(checkedOnes > 5, $"only {checkedOnes} bodies passed their own rules");
    }

    private static Resource Make(string kind, string mesh, string name, string spec) =>
        new() { Kind = Kinds[kind], Mesh = mesh, Name = name, Spec = JsonBody.FromText(spec) };
}
