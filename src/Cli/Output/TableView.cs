using Spectre.Console;

namespace MeshConsole.Cli.Output;

/// <summary>
/// A table as operators' tools print it: a line of headings in capitals, then one line a row, columns aligned, no frame. On
/// a terminal state words have a colour and long cells wrap, names last; elsewhere nothing is cut, so that scripts can read it.
/// </summary>
internal sealed class TableView(params string[] headings)
{
    private const int Unlimited = 100_000;

    /// <summary>Columns that stay in one line as long as others can give way: what is in them is copied, or short.</summary>
    private static readonly string[] Whole = ["MESH", "NAME", "KIND", "CHANGE", "STATUS", "ZONE", "VERSION", "AGE"];

    private readonly List<string[]> rows = [];

    /// <summary>The headings.</summary>
    public IReadOnlyList<string> Headings => headings;

    /// <summary>The rows.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows => rows;

    /// <summary>Number of rows.</summary>
    public int Count => rows.Count;

    /// <summary>Adds a row; it has as many cells as there are headings.</summary>
    public void Add(params string[] cells) => rows.Add([.. cells.Select(c => c.Length == 0 ? "-" : Words.Clean(c))]);

    /// <summary>Writes the table.</summary>
    public void Write(Terminal terminal, bool withHeadings = true)
    {
        var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(text),
            Interactive = InteractionSupport.No,
            Ansi = terminal.OutIsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = terminal.OutIsTerminal && terminal.Environment("NO_COLOR") is null ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
        });
        console.Profile.Capabilities.Ansi = terminal.OutIsTerminal;
        console.Profile.Width = terminal.OutIsTerminal ? terminal.Width : Unlimited;
        var table = new Table { Border = TableBorder.None, ShowHeaders = withHeadings };
        for (var i = 0; i < headings.Length; i++)
        {
            var column = new TableColumn(new Text(headings[i])) { Padding = new Padding(0, 0, i == headings.Length - 1 ? 0 : 3, 0) };
            table.AddColumn(terminal.OutIsTerminal && !Whole.Contains(headings[i]) ? column : column.NoWrap());
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => new Text(cell, StyleOf(cell))));
        }

        console.Write(table);
        foreach (var line in text.ToString().TrimEnd('\n', '\r').Split('\n'))
        {
            terminal.Out.WriteLine(line.TrimEnd());
        }
    }

    private static Style StyleOf(string cell) => cell.ToLowerInvariant() switch
    {
        "online" or "available" or "true" => new Style(Color.Green),
        "degraded" or "partially degraded" or "disabled" or "unknown" => new Style(Color.Yellow),
        "offline" or "unavailable" or "not available" => new Style(Color.Red),
        _ => Style.Plain,
    };
}
