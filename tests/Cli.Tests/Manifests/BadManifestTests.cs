using System.Text;
using CsCheck;
using MeshConsole.Cli.Manifests;
using MeshConsole.Shared;
using MeshConsole.Testing;

namespace MeshConsole.Cli.Tests.Manifests;

/// <summary>Manifests that are bad or hostile: refused in words before anything is sent, with bounded memory.</summary>
public sealed class BadManifestTests : IDisposable
{
    private readonly TempFolder folder = new();

    /// <summary>Name, text, words of the refusal.</summary>
    public static TheoryData<string, string, string> Texts => new()
    {
        { "deep lists", "type: Mesh\nname: a\nx: " + new string('[', 20_000) + new string(']', 20_000) + "\n", "nested deeper" },
        { "deep maps", "type: Mesh\nname: a\n" + string.Concat(Enumerable.Range(0, 2000).Select(i => new string(' ', i) + "a:\n")), "nested deeper" },
        { "alias bomb", "type: Mesh\nname: a\na0: &a0 [x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 20).Select(i => $"a{i}: &a{i} [*a{i - 1},*a{i - 1},*a{i - 1},*a{i - 1},*a{i - 1},*a{i - 1},*a{i - 1},*a{i - 1}]\n")), "more than" },
        { "merge bomb", "type: Mesh\nname: a\nb0: &b0 {k: v}\n" + string.Concat(Enumerable.Range(1, 40).Select(i => $"b{i}: &b{i} {{x: *b{i - 1}, y: *b{i - 1}}}\n")), "" },
        { "alias of itself", "type: Mesh\nname: a\nx: &x [*x]\n", "unknown alias" },
        { "key twice", "type: Mesh\nname: a\nlabels: {a: b, a: c}\n", "stands here twice" },
        { "key twice in JSON", """{"type": "Mesh", "name": "a", "name": "b"}""", "stands here twice" },
        { "control character", "type: Mesh\nname: a\u0001b\n", "a control character" },
        { "null character", "type: Mesh\nname: \"a\0b\"\n", "a control character" },
        { "key that is no text", "type: Mesh\nname: a\n? [a, b]\n: c\n", "a key must be text" },
        { "tabs", "type: Mesh\n\tname: a\n", "invalid YAML" },
        { "text behind the end", "{type: Mesh, name: a} x\n", "invalid YAML" },
    };

    /// <inheritdoc />
    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task Manifest_ThatIsBad_IsRefusedInWords_AndNothingIsSent(string name, string text, string words)
    {
        _ = name;
        await using var kuma = await FakeKuma.StartAsync();
        using var terminal = kuma.Terminal();
        await File.WriteAllTextAsync(folder.Combine("a.yaml"), text, TestContext.Current.CancellationToken);
        var before = GC.GetTotalAllocatedBytes();

        var code = await terminal.RunAsync("apply", "-f", folder.Path);

        Assert.Equal(ExitCode.Failed, code);
        Assert.Empty(kuma.Writes);
        Assert.Contains(words, terminal.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(terminal.Error, c => char.IsControl(c) && c is not '\n');
        Assert.True(terminal.Error.Length < 5_000, $"{terminal.Error.Length} characters of words");
        Assert.True(GC.GetTotalAllocatedBytes() - before < 256 * 1024 * 1024, "more than 256 MiB were allocated");
    }

    [Fact]
    public async Task File_InAnotherEncoding_OrTooLong_IsRefused()
    {
        await File.WriteAllBytesAsync(folder.Combine("latin.yaml"), Encoding.Latin1.GetBytes("type: Mesh\nname: a\nlabels: {a: \u00e9}\n"), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(folder.Combine("long.yaml"), new byte[ManifestReader.MaxBytes + 1], TestContext.Current.CancellationToken);
        var refusal = (await ReadAsync("", folder.Combine("latin.yaml"), folder.Combine("long.yaml"))).Refusal!;
        Assert.Equal([folder.Combine("latin.yaml"), folder.Combine("long.yaml")], refusal.Violations.Select(v => v.Field));
        Assert.Contains("larger than 16 MiB", refusal.Violations[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_InUtf16WithItsMark_IsRead()
    {
        await File.WriteAllTextAsync(folder.Combine("wide.yaml"), "type: Mesh\nname: wide\n", Encoding.Unicode, TestContext.Current.CancellationToken);
        Assert.Equal("wide", Assert.Single((await ReadAsync("", folder.Combine("wide.yaml"))).Value).Name);
    }

    [Fact]
    public async Task StandardInput_WithoutEnd_IsCutAtTheLimit()
    {
        var refusal = (await ReadAsync("type: Mesh\nname: a\n#" + new string('x', ManifestReader.MaxBytes), "-")).Refusal!;
        Assert.Contains("larger than 16 MiB", Assert.Single(refusal.Violations).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_OfAMebibyte_ReachesTheControlPlaneAndItsRefusalIsShownShort()
    {
        await using var kuma = await FakeKuma.StartAsync();
        using var terminal = kuma.Terminal();
        terminal.Input = $"type: Mesh\nname: a\nlabels: {{a: {new string('x', 1_000_000)}}}\n";
        kuma.Answers["/meshes/a"] = (413, $$"""{"title": "Request too large", "detail": "{{new string('y', 100)}}"}""");
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("apply", "-f", "-"));
        Assert.Contains("Request too large", terminal.Error, StringComparison.Ordinal);
        Assert.True(terminal.Error.Length < 2000);
    }

    [Fact]
    public async Task Kind_ThatIsUnknown_IsRefusedBeforeAnythingIsSent()
    {
        await using var kuma = await FakeKuma.StartAsync();
        using var terminal = kuma.Terminal();
        terminal.Input = "type: Mesh\nname: good\n---\ntype: MeshNothing\nmesh: default\nname: a\n";
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("apply", "-f", "-"));
        Assert.Contains("MeshNothing", terminal.Error, StringComparison.Ordinal);
        Assert.Empty(kuma.Writes);
    }

    [Theory]
    [InlineData("delete", "meshtimeout", "..", "--yes")]
    [InlineData("delete", "meshtimeout", ".", "--yes")]
    [InlineData("delete", "meshtimeout", "web", "--mesh", "..", "--yes")]
    [InlineData("get", "meshtimeout", "..")]
    [InlineData("describe", "meshtimeout", "..")]
    public async Task Name_ThatLeadsElsewhere_IsNotSent(params string[] arguments)
    {
        await using var kuma = await FakeKuma.StartAsync();
        using var terminal = kuma.Terminal();
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync(arguments));
        Assert.Contains("must not be '.' or '..'", terminal.Error, StringComparison.Ordinal);
        Assert.Empty(kuma.Writes);
    }

    [Theory]
    [InlineData("../../meshes/default")]
    [InlineData("a?b=c#d")]
    public async Task Name_WithSlashesOrMarks_StaysAName(string name)
    {
        await using var kuma = await FakeKuma.StartAsync();
        using var terminal = kuma.Terminal();

        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("delete", "meshtimeout", name, "--yes"));

        Assert.Contains("there is no MeshTimeout with name", terminal.Error, StringComparison.Ordinal);
        Assert.StartsWith("DELETE /meshes/default/meshtimeouts/", Assert.Single(kuma.Writes), StringComparison.Ordinal);
    }

    [Fact]
    public void AnyText_IsReadOrRefused_NeverThrown()
    {
        string[] words = ["type: ", "Mesh", "name: ", "a", "\n", "---\n", "{", "}", "[", "]", "&x ", "*x", "<<: ", "!!binary ", "| ", "> ", "'", "\"", "#", "{{ v }}", "\t", "\u0000", "\u0085", "\ud83d", "? ", ": ", "- ", "%TAG ! x\n"];
        var variables = Variables.Parse(["v=1"], out _)!;
        Gen.Int[0, words.Length - 1].Select(i => words[i]).Array[0, 30].Sample(
            parts =>
            {
                var text = variables.Fill(string.Concat(parts), new SortedSet<string>());
                var read = Yaml.Read(text);
                Assert.True(read.Ok || read.Refusal.Detail.Length > 0);
            },
            iter: 20_000);
    }

    private static async Task<Result<IReadOnlyList<Manifest>>> ReadAsync(string input, params string[] sources)
    {
        using var terminal = new TestTerminal { Input = input };
        return await new ManifestReader(terminal.Terminal(), Variables.Parse([], out _)!).ReadAsync(sources, TestContext.Current.CancellationToken);
    }
}
