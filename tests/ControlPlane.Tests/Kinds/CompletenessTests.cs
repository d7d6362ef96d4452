using MeshConsole.ControlPlane.Kinds;
using MeshConsole.Shared;
using MeshConsole.Testing.Corpus;

namespace MeshConsole.ControlPlane.Tests.Kinds;

/// <summary>Names what a kind that travels as protobuf still lacks.</summary>
public sealed class CompletenessTests
{
    public static TheoryData<string> Names => [.. ProtoKinds.Writable.Select(k => k.Name)];

    [Fact]
    public void All_Kinds_HaveTheirOwnNames() => Assert.Equal(CoreKinds.All.Length, new KindRegistry(CoreKinds.All).All.Length);

    [Theory]
    [MemberData(nameof(Names))]
    public void Kind_Example_IsValidAndWithoutWarnings(string name)
    {
        var kind = Kind(name);
        var manifest = Manifest.Read(kind.Example!, ProtoKinds.All, SiteThatWrites(kind));
        Assert.Equal(name, manifest.Kind.Name);
        Assert.Empty(manifest.Violations);
        Assert.Empty(manifest.Structure.UnknownFields);
        Assert.Empty(manifest.Kind.Warnings(manifest.Draft));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Kind_Cases_ShowAcceptedAndRefusedOnes(string name)
    {
        Assert.True(CorpusTests.Own.Has("valid", name), $"no case of {name} in Cases/valid");
        Assert.True(CorpusTests.Own.Has("invalid", name), $"no case of {name} in Cases/invalid");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Kind_Wire_KeepsTheExample(string name)
    {
        var kind = Kind(name);
        var manifest = Manifest.Read(kind.Example!, ProtoKinds.All, SiteThatWrites(kind));
        var wire = kind.ToWire(manifest.Draft);
        Assert.Equal(manifest.Draft.Spec, kind.FromWire(wire.TypeUrl, wire.Value).Spec);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Kind_Defaults_AreTheSameTheSecondTime(string name)
    {
        var kind = Kind(name);
        var site = SiteThatWrites(kind);
        var spec = Manifest.Read(kind.Example!, ProtoKinds.All, site).Draft.Spec;
        Assert.Same(spec, kind.ApplyDefaults(spec, site));
    }

    private static ResourceKind Kind(string name) => ProtoKinds.All.Single(k => k.Name == name);

    private static Site SiteThatWrites(ResourceKind kind) => Site.Global.MayWrite(kind) ? Site.Global : new Site(SiteMode.Zone, "lab");
}
