using MeshConsole.Shared;
using MeshConsole.Testing.Corpus;

namespace MeshConsole.Policies.Tests;

/// <summary>Names what a new kind still lacks.</summary>
public sealed class CompletenessTests
{
    public static TheoryData<string> Names => [.. PolicyKinds.All.Select(k => k.Name)];

    [Fact]
    public void All_Kinds_HaveTheirOwnNames() => Assert.Equal(PolicyKinds.All.Length, new KindRegistry(PolicyKinds.All).All.Length);

    [Theory]
    [MemberData(nameof(Names))]
    public void Kind_Schema_DescribesEveryField(string name)
    {
        var kind = Kind(name);
        Assert.Equal(SchemaType.Object, kind.Schema.Type);
        Assert.Empty(Undescribed(kind.Schema, "spec"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Kind_Example_IsValidAndWithoutWarnings(string name)
    {
        var manifest = Manifest.Read(Kind(name).Example!, PolicyKinds.All);
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
    public void Kind_Wire_KeepsTheBody(string name)
    {
        var manifest = Manifest.Read(Kind(name).Example!, PolicyKinds.All);
        var wire = manifest.Kind.ToWire(manifest.Draft);
        Assert.Equal("", wire.TypeUrl);
        Assert.Equal(manifest.Draft.Spec, manifest.Kind.FromWire(wire.TypeUrl, wire.Value).Spec);
    }

    private static ResourceKind Kind(string name) => PolicyKinds.All.Single(k => k.Name == name);

    private static IEnumerable<string> Undescribed(SpecSchema schema, string path)
    {
        foreach (var member in schema.Members)
        {
            var field = FieldPath.Member(path, member.Name);
            if (string.IsNullOrWhiteSpace(member.Description))
            {
                yield return field;
            }

            foreach (var inner in Undescribed(member.Schema, field))
            {
                yield return inner;
            }
        }

        if (schema.Items is not null)
        {
            foreach (var inner in Undescribed(schema.Items, path + "[]"))
            {
                yield return inner;
            }
        }
    }
}
