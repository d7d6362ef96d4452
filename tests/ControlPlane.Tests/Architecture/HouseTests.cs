using System.Text.RegularExpressions;
using System.Xml.Linq;
using MeshConsole.Testing;

namespace MeshConsole.ControlPlane.Tests.Architecture;

/// <summary>The rules of the house that a machine can check, read from the files.</summary>
public sealed partial class HouseTests
{
    /// <summary>Folders of the engine; a folder uses only folders of later rows.</summary>
    private static readonly string[][] Floors =
    [
        ["Hosting"],
        ["Api"],
        ["Insights"],
        ["Kds", "Xds"],
        ["Planning"],
        ["Discovery", "Delivery", "Audit"],
        ["Resources"],
        ["Identity"],
        ["Access"],
        ["Store"],
        ["Kinds"],
        ["Licensing"],
    ];

    public static TheoryData<string, string[]> References => new()
    {
        { "src/Shared/MeshConsole.Shared.csproj", [] },
        { "src/Protos/MeshConsole.Protos.csproj", [] },
        { "src/ControlPlane/MeshConsole.ControlPlane.csproj", ["Shared", "Protos"] },
        { "src/Policies/MeshConsole.Policies.csproj", ["Shared", "Protos", "ControlPlane"] },
        { "src/Cli/MeshConsole.Cli.csproj", ["Shared"] },
    };

    [Theory]
    [MemberData(nameof(References))]
    public void Project_RefersOnlyToWhatStandsBelowIt(string project, string[] allowed)
    {
        var references = XDocument.Load(RepoRoot.Combine(project)).Descendants("ProjectReference")
            .Select(r => Path.GetFileName(Path.GetDirectoryName(r.Attribute("Include")!.Value))!);

        Assert.Empty(references.Except(allowed));
    }

    [Fact]
    public void EngineFolders_AreAllOnAFloor()
    {
        var folders = Directory.GetDirectories(RepoRoot.Combine("src", "ControlPlane")).Select(d => Path.GetFileName(d)!).Where(d => d is not ("bin" or "obj"));

        Assert.Empty(folders.Except(Floors.SelectMany(f => f)));
    }

    [Fact]
    public void EngineFolders_UseOnlyFoldersBelowThem()
    {
        var wrong = new List<string>();
        for (var floor = 0; floor < Floors.Length; floor++)
        {
            var above = Floors.Take(floor).SelectMany(f => f).ToHashSet(StringComparer.Ordinal);
            foreach (var file in Floors[floor].Select(f => RepoRoot.Combine("src", "ControlPlane", f)).Where(Directory.Exists).SelectMany(Sources))
            {
                wrong.AddRange(Uses().Matches(File.ReadAllText(file)).Select(m => m.Groups["folder"].Value).Where(above.Contains)
                    .Select(folder => $"{Path.GetRelativePath(RepoRoot.Path, file)} uses {folder}"));
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void SourceFiles_HaveTheNamespaceOfTheirFolder()
    {
        var wrong = new List<string>();
        foreach (var project in new[] { "Shared", "ControlPlane", "Policies" })
        {
            var root = RepoRoot.Combine("src", project);
            foreach (var file in Sources(root).Where(f => !f.Contains("Migrations", StringComparison.Ordinal)))
            {
                var folder = Path.GetDirectoryName(Path.GetRelativePath(root, file))!.Replace(Path.DirectorySeparatorChar, '.');
                var wanted = $"namespace MeshConsole.{project}{(folder.Length > 0 ? "." + folder : "")};";
                if (!File.ReadAllText(file).Contains(wanted, StringComparison.Ordinal) && Namespace().IsMatch(File.ReadAllText(file)))
                {
                    wrong.Add($"{Path.GetRelativePath(RepoRoot.Path, file)} is not in {wanted}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void TrackedFiles_NameNoMachineAndNoRegistry()
    {
        // Put together here, so that this file does not name them either.
        string[] forbidden = ["/" + "work/", "api." + "nuget.org", "registry." + "npmjs.org", "deb." + "debian.org", "TO" + "DO:", "FIX" + "ME"];
        var wrong = Tracked().SelectMany(file => forbidden.Where(File.ReadAllText(file).Contains).Select(word => $"{Path.GetRelativePath(RepoRoot.Path, file)} has {word}"));

        Assert.Empty(wrong);
    }

    [Fact]
    public void Documents_LinkToFilesThatExist()
    {
        var wrong = Tracked().Where(f => f.EndsWith(".md", StringComparison.Ordinal)).SelectMany(file => Link().Matches(File.ReadAllText(file))
            .Select(m => m.Groups["to"].Value)
            .Where(to => !File.Exists(Path.Combine(Path.GetDirectoryName(file)!, to)) && !Directory.Exists(Path.Combine(Path.GetDirectoryName(file)!, to)))
            .Select(to => $"{Path.GetRelativePath(RepoRoot.Path, file)} links to {to}"));

        Assert.Empty(wrong);
    }

    private static IEnumerable<string> Sources(string folder) => Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories)
        .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal) && !f.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static IEnumerable<string> Tracked()
    {
        string[] text = [".cs", ".csproj", ".props", ".razor", ".md", ".sh", ".json", ".yaml", ".yml", ".proto", ".css", ".js", ".sln", ""];
        string[] skipped = ["bin", "obj", ".git", ".meshconsole", "node_modules", "TestResults"];
        return Walk(new DirectoryInfo(RepoRoot.Path));

        IEnumerable<string> Walk(DirectoryInfo folder) => folder.GetFiles().Where(f => text.Contains(f.Extension) && f.Name is not ".git").Select(f => f.FullName)
            .Concat(folder.GetDirectories().Where(d => !skipped.Contains(d.Name) && d.LinkTarget is null).SelectMany(Walk));
    }

    [GeneratedRegex(@"MeshConsole\.ControlPlane\.(?<folder>[A-Z][A-Za-z]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Uses();

    [GeneratedRegex(@"^namespace ", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"\]\((?!https?:|#|mailto:)(?<to>[^)#\s]+)(#[^)]*)?\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Link();
}
