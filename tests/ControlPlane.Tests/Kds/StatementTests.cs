using System.Globalization;
using System.Text.RegularExpressions;
using MeshConsole.Testing;

namespace MeshConsole.ControlPlane.Tests.Kds;

/// <summary>The reference of the protocol has 79 statements; each is tested, under its number.</summary>
public sealed partial class StatementTests
{
    private const int Statements = 79;

    [Fact]
    public void EveryStatement_HasATestWithItsNumber()
    {
        var tested = Directory.EnumerateFiles(RepoRoot.Combine("tests"), "*Tests.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(f => Method().Matches(File.ReadAllText(f)))
            .SelectMany(m => Number().Matches(m.Value))
            .Select(m => int.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture))
            .ToHashSet();
        Assert.Empty(Enumerable.Range(1, Statements).Except(tested));
    }

    /// <summary>A test whose name begins with statements: <c>S14_S15_…</c>.</summary>
    [GeneratedRegex(@"public (async Task|void) (S\d\d_)+")]
    private static partial Regex Method();

    [GeneratedRegex(@"S(\d\d)_")]
    private static partial Regex Number();
}
