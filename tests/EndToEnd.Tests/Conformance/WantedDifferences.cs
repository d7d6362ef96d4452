using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using MeshConsole.Testing;

namespace MeshConsole.EndToEnd.Tests.Conformance;

/// <summary>The tables "Answers that differ" and "Not there yet" of <c>docs/compatibility.md</c>: each row allows differences and says why.</summary>
internal sealed class WantedDifferences
{
    private static readonly string[] Headings = ["## Answers that differ", "## Not there yet"];

    private readonly List<Row> rows = [];
    private readonly ConcurrentDictionary<(Row Row, string Recording), bool> needed = new();

    private WantedDifferences()
    {
    }

    /// <summary>The rows, in the order of the page.</summary>
    public IReadOnlyList<Row> Rows => rows;

    /// <summary>Reads the page.</summary>
    public static WantedDifferences Read()
    {
        var wanted = new WantedDifferences();
        var inside = false;
        foreach (var line in File.ReadAllLines(RepoRoot.Combine("docs", "compatibility.md")))
        {
            inside = line.StartsWith("## ", StringComparison.Ordinal) ? Headings.Contains(line) : inside;
            if (inside && line.StartsWith("| `", StringComparison.Ordinal))
            {
                var cells = line.Trim('|', ' ').Split(" | ");
                wanted.rows.Add(new Row(Ticked(cells[0]), Ticked(cells[1]), cells[2]));
            }
        }

        return wanted;
    }

    /// <summary>True when a row allows that difference; such a row is needed.</summary>
    public bool Allow(string call, string difference)
    {
        var fitting = rows.Where(r => r.Fits(call, difference)).ToList();
        foreach (var row in fitting)
        {
            needed.TryAdd((row, call.Split('/')[0]), true);
        }

        return fitting.Count > 0;
    }

    /// <summary>The rows about calls of a recording that none of these calls needed.</summary>
    public IEnumerable<Row> Unneeded(string recording, IEnumerable<string> calls) =>
        rows.Where(r => !needed.ContainsKey((r, recording)) && calls.Any(c => r.Concerns($"{recording}/{c}")));

    private static string[] Ticked(string cell) => [.. cell.Split('`').Where((_, index) => index % 2 == 1)];

    /// <summary>One row.</summary>
    /// <param name="Calls">Recording and name of the calls; <c>*</c> stands for any text.</param>
    /// <param name="Where">What differs; <c>*</c> stands for any text.</param>
    /// <param name="Reason">Why.</param>
    public sealed record Row(string[] Calls, string[] Where, string Reason)
    {
        public bool Concerns(string call) => Calls.Any(p => Like(p, call));

        public bool Fits(string call, string difference) => Concerns(call) && Where.Any(p => Like(p, difference));

        private static bool Like(string pattern, string text) =>
            Regex.IsMatch(text, "^" + Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal) + @"\z", RegexOptions.CultureInvariant);
    }
}
