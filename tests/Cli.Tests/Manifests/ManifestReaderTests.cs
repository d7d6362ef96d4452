using System.Text;
using MeshConsole.Cli.Manifests;
using MeshConsole.Shared;
using MeshConsole.Testing;

namespace MeshConsole.Cli.Tests.Manifests;

/// <summary>Where manifests come from and what is refused before anything is sent.</summary>
public sealed class ManifestReaderTests : IDisposable
{
    private readonly TempFolder folder = new();

    /// <inheritdoc />
    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Read_Directory_TakesManifestsBelowItInOrder()
    {
        Write("b.yaml", "type: Mesh\nname: b\n");
        Write("a/z.yml", "type: Mesh\nname: az1\n---\n# nothing\n---\ntype: Mesh\nname: az2\n");
        Write("c.json", """{"type": "Mesh", "name": "c"}""");
        Write("readme.md", "type: Mesh\nname: no\n");

        var manifests = await ReadAsync(folder.Path);

        Assert.Equal(["az1", "az2", "b", "c"], manifests.Value.Select(m => m.Name));
        Assert.Equal($"{folder.Combine("a/z.yml")}, document 2", manifests.Value[1].Source);
    }

    [Fact]
    public async Task Read_ListAsServed_TakesItsItems()
    {
        Write("list.json", """{"total": 2, "items": [{"type": "Mesh", "name": "a"}, {"type": "Mesh", "name": "b"}], "next": null}""");

        var manifests = await ReadAsync(folder.Path);

        Assert.Equal(["a", "b"], manifests.Value.Select(m => m.Name));
        Assert.Equal($"{folder.Combine("list.json")}, item 2", manifests.Value[1].Source);
    }

    [Fact]
    public async Task Read_ServedResource_LeavesOutWhatOnlyAControlPlaneWrites()
    {
        Write("a.yaml", "type: MeshService\nmesh: default\nname: api\ncreationTime: 2026-01-01T00:00:00Z\nmodificationTime: 2026-01-01T00:00:00Z\nkri: kri_x\nspec: {state: Available}\nstatus: {tls: {}}\n");

        var manifest = Assert.Single((await ReadAsync(folder.Path)).Value);

        Assert.Equal(["type", "mesh", "name", "spec"], manifest.Body.Select(m => m.Key));
    }

    [Theory]
    [InlineData("apiVersion: kuma.io/v1alpha1\nkind: Mesh\nmetadata: {name: x}\n", "Kubernetes form")]
    [InlineData("name: x\n", "type: cannot be empty")]
    [InlineData("type: Mesh\n", "name: cannot be empty")]
    [InlineData("type: Mesh\nname: a\nname: b\n", "stands here twice")]
    [InlineData("type: [Mesh\n", "invalid YAML, line 2")]
    [InlineData("- type: Mesh\n", "a document must be a mapping")]
    [InlineData("# only words\n", "there is no document in them")]
    [InlineData("Type: Mesh\nname: a\n", "'Type' is written 'type'")]
    [InlineData("type: Mesh\nname: 5\n", "name: must be text; write it in quotes")]
    [InlineData("total: 1\nitems: [{type: Mesh}]\n", "name: cannot be empty")]
    public async Task Read_UnusableText_SaysWhy(string text, string expected)
    {
        Write("a.yaml", text);

        var refusal = (await ReadAsync(folder.Path)).Refusal!;

        Assert.Contains(expected, string.Join('\n', refusal.Violations.Select(v => v.Message).Prepend(refusal.Detail)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_SeveralWrongSources_NamesEachOne()
    {
        File.WriteAllBytes(folder.Combine("latin.yaml"), Encoding.Latin1.GetBytes("type: Mesh\nname: \u00e9\n"));
        Directory.CreateDirectory(folder.Combine("empty"));

        var refusal = (await ReadAsync(folder.Combine("latin.yaml"), folder.Combine("empty"), folder.Combine("absent.yaml"))).Refusal!;

        Assert.Equal(RefusalReason.Invalid, refusal.Reason);
        Assert.Equal([folder.Combine("latin.yaml"), folder.Combine("empty"), folder.Combine("absent.yaml")], refusal.Violations.Select(v => v.Field));
    }

    [Fact]
    public async Task Read_StandardInput_TakesIt()
    {
        var manifest = Assert.Single((await ReadAsync("-")).Value);

        Assert.Equal("Mesh piped", manifest.Title);
        Assert.Equal("standard input", manifest.Source);
    }

    private static async Task<Result<IReadOnlyList<Manifest>>> ReadAsync(params string[] sources)
    {
        using var terminal = new TestTerminal { Input = "type: Mesh\nname: piped\n" };
        return await new ManifestReader(terminal.Terminal(), Variables.Parse([], out _)!).ReadAsync(sources, TestContext.Current.CancellationToken);
    }

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder.Combine(name))!);
        File.WriteAllText(folder.Combine(name), text);
    }
}
