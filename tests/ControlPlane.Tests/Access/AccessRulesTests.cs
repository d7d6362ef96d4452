using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Tests.Access;

public sealed class AccessRulesTests
{
    private static readonly KindRegistry Kinds = new(CoreKinds.All);

    [Fact]
    public void Anonymous_MayNothing()
    {
        foreach (var kind in Kinds.All)
        {
            var expected = kind.IsSecret ? RefusalReason.Forbidden : RefusalReason.Unauthenticated;
            Assert.Equal(expected, AccessRules.Read(Actor.Anonymous, kind)!.Reason);
            Assert.Equal(expected, AccessRules.Write(Actor.Anonymous, kind)!.Reason);
        }

        Assert.NotNull(AccessRules.ViewConfig(Actor.Anonymous));
        Assert.NotNull(AccessRules.ViewProxy(Actor.Anonymous));
        Assert.NotNull(AccessRules.Administer(Actor.Anonymous, "people"));
    }

    [Fact]
    public void SignedIn_ReadsAllButSecretsAndWritesNothing()
    {
        foreach (var kind in Kinds.All)
        {
            Assert.Equal(kind.IsSecret, AccessRules.Read(AccessFixture.John, kind) is not null);
            Assert.Equal(RefusalReason.Forbidden, AccessRules.Write(AccessFixture.John, kind)!.Reason);
        }

        Assert.Null(AccessRules.ViewConfig(AccessFixture.John));
    }

    [Fact]
    public void Administrator_MayAll()
    {
        foreach (var kind in Kinds.All)
        {
            Assert.Null(AccessRules.Read(AccessFixture.Admin, kind));
            Assert.Null(AccessRules.Write(AccessFixture.Admin, kind));
        }
    }

    [Fact]
    public void Read_SecretByAnonymous_IsKumasText() => Assert.Equal(
        "user \"mesh-system:anonymous/mesh-system:unauthenticated\" cannot access the resource of type \"GlobalSecret\"",
        AccessRules.Read(Actor.Anonymous, Kinds["GlobalSecret"])!.Detail);
}
