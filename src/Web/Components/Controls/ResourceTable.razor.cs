using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.AspNetCore.WebUtilities;

namespace MeshConsole.Web.Components.Controls;

/// <summary>The list of the house; see the markup.</summary>
/// <typeparam name="TItem">A row: an immutable record, so that "did it change" is equality.</typeparam>
public sealed partial class ResourceTable<TItem> : ComponentBase, IDisposable
    where TItem : class
{
    private static readonly int[] PageSizes = [25, 50, 100, 200];
    private const int DefaultSize = 50;

    private readonly List<Column<TItem>> columns = [];
    private readonly Dictionary<string, string> filtered = [];
    private readonly Dictionary<string, Seen> seen = [];
    private readonly List<string> ownAddresses = [];
    private List<Row> shown = [];
    private string query = "";
    private string? sortKey;
    private bool descending;
    private int page = 1;
    private int pages = 1;
    private int size = DefaultSize;
    private int matches;
    private bool hovered;
    private bool interactive;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    /// <summary>All rows; null while they are being read.</summary>
    [Parameter, EditorRequired] public IReadOnlyList<TItem>? Items { get; set; }

    /// <summary>What makes a row the same row.</summary>
    [Parameter, EditorRequired] public Func<TItem, string> Key { get; set; } = null!;

    /// <summary>What the search looks through: every word of the search must be in one of these texts.</summary>
    [Parameter, EditorRequired] public Func<TItem, IEnumerable<string?>> Text { get; set; } = null!;

    /// <summary>Where a row leads, relative to the console's base.</summary>
    [Parameter] public Func<TItem, string?>? Href { get; set; }

    /// <summary>One of them, in words.</summary>
    [Parameter, EditorRequired] public string Noun { get; set; } = "";

    /// <summary>Many of them, in words.</summary>
    [Parameter] public string Plural { get; set; } = "";

    /// <summary>Choices above the list.</summary>
    [Parameter] public ImmutableArray<TableFilter<TItem>> Filters { get; set; } = [];

    /// <summary>The columns.</summary>
    [Parameter] public RenderFragment? Columns { get; set; }

    /// <summary>Shown when there is nothing at all.</summary>
    [Parameter] public RenderFragment? Empty { get; set; }

    /// <summary>Further tools beside search and filters.</summary>
    [Parameter] public RenderFragment? Tools { get; set; }

    /// <summary>Search and filters are shown; off for short lists inside a page.</summary>
    [Parameter] public bool ShowTools { get; set; } = true;

    /// <summary>Set before the keys in the address when a page has several lists.</summary>
    [Parameter] public string Prefix { get; set; } = "";

    /// <summary>The column sorted by at first, with <c>-</c> before it for descending; the order of <see cref="Items"/> when null.</summary>
    [Parameter] public string? DefaultSort { get; set; }

    /// <summary>A name for tests.</summary>
    [Parameter] public string? TestId { get; set; }

    private string CountText => matches == Items!.Count
        ? $"{matches:N0} {(matches == 1 ? Noun : Plural)}"
        : $"{matches:N0} of {Items.Count:N0} {Plural}";

    /// <inheritdoc />
    public void Dispose() => Navigation.LocationChanged -= OnLocationChanged;

    /// <summary>Called by each column as it comes to life.</summary>
    internal void Add(Column<TItem> column)
    {
        columns.Add(column);
        Arrange();
        StateHasChanged();
    }

    /// <inheritdoc />
    protected override void OnInitialized()
    {
        ReadAddress();
        Navigation.LocationChanged += OnLocationChanged;
    }

    /// <inheritdoc />
    protected override void OnParametersSet()
    {
        Plural = Plural.Length > 0 ? Plural : Noun + "s";
        Arrange();
    }

    /// <inheritdoc />
    protected override void OnAfterRender(bool firstRender) => interactive = true;

    private void Arrange()
    {
        if (Items is null)
        {
            return;
        }

        var words = query.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        IEnumerable<TItem> found = Items;
        foreach (var filter in Filters)
        {
            if (filtered.TryGetValue(filter.Key, out var wanted) && wanted.Length > 0)
            {
                found = found.Where(i => filter.Value(i) == wanted);
            }
        }

        if (words.Length > 0)
        {
            found = found.Where(i => Fits(i, words));
        }

        var column = columns.Find(c => c.Key == sortKey);
        if (column?.Sort is { } sort)
        {
            found = descending
                ? found.OrderByDescending(sort, NaturalOrder.Instance)
                : found.OrderBy(sort, NaturalOrder.Instance);
        }

        var ordered = found.ToList();
        matches = ordered.Count;
        pages = Math.Max(1, (matches + size - 1) / size);
        page = Math.Clamp(page, 1, pages);
        var window = ordered.Skip((page - 1) * size).Take(size).Select(i => new Row(Key(i), i, false)).ToList();
        shown = hovered && shown.Count > 0 ? HoldStill(window) : window;
        MarkChanges();
    }

    /// <summary>Rows stay where they are while the pointer is over them; what came in stands below, what went is struck out.</summary>
    private List<Row> HoldStill(List<Row> window)
    {
        var fresh = window.ToDictionary(r => r.Key);
        var held = new List<Row>(window.Count);
        foreach (var row in shown)
        {
            if (fresh.Remove(row.Key, out var now))
            {
                held.Add(now);
            }
            else
            {
                held.Add(row with { Gone = true });
            }
        }

        held.AddRange(window.Where(r => fresh.ContainsKey(r.Key)));
        return held;
    }

    private void MarkChanges()
    {
        foreach (var row in shown)
        {
            if (!seen.TryGetValue(row.Key, out var before))
            {
                // The first sight of a list is no news; a row that joins it later is.
                seen[row.Key] = new Seen(row.Item, interactive && seen.Count > 0 && query.Length == 0 ? 1 : 0);
            }
            else if (!EqualityComparer<TItem>.Default.Equals(before.Item, row.Item))
            {
                seen[row.Key] = new Seen(row.Item, before.Changes + 1);
            }
        }

        if (seen.Count > Math.Max(1000, 4 * (Items?.Count ?? 0)))
        {
            seen.Clear();
        }
    }

    private string RowCss(Row row)
    {
        // Two names for one animation: a second change restarts it without drawing the row anew.
        var changes = seen.TryGetValue(row.Key, out var s) ? s.Changes : 0;
        var glow = changes == 0 ? "" : changes % 2 == 1 ? "glow" : "glow-again";
        return $"{(Href is null ? "" : "go")} {glow} {(row.Gone ? "gone" : "")}".Trim();
    }

    private bool Fits(TItem item, string[] words)
    {
        foreach (var word in words)
        {
            if (!Text(item).Any(t => t is not null && t.Contains(word, StringComparison.OrdinalIgnoreCase)))
            {
                return false;
            }
        }

        return true;
    }

    private IEnumerable<(string Value, int Count)> Options(TableFilter<TItem> filter) => Items!
        .Select(filter.Value)
        .Where(v => !string.IsNullOrEmpty(v))
        .GroupBy(v => v!, StringComparer.Ordinal)
        .OrderBy(g => g.Key, StringComparer.OrdinalIgnoreCase)
        .Select(g => (g.Key, g.Count()));

    private string? AriaSort(Column<TItem> column) =>
        column.Sort is null ? null : sortKey != column.Key ? "none" : descending ? "descending" : "ascending";

    private void Search(string text)
    {
        query = text;
        page = 1;
        Changed();
    }

    private void Choose(string key, string value)
    {
        filtered[key] = value;
        page = 1;
        Changed();
    }

    private void SortBy(Column<TItem> column)
    {
        (sortKey, descending) = sortKey == column.Key ? (column.Key, !descending) : (column.Key, false);
        page = 1;
        Changed();
    }

    private void Turn(int to)
    {
        page = to;
        Changed();
    }

    private void Resize(int to)
    {
        size = to;
        page = 1;
        Changed();
    }

    private void Clear()
    {
        query = "";
        filtered.Clear();
        page = 1;
        Changed();
    }

    private void Release()
    {
        hovered = false;
        Arrange();
    }

    private void Open(TItem item)
    {
        if (Href?.Invoke(item) is { } href)
        {
            Navigation.NavigateTo(href);
        }
    }

    private void Changed()
    {
        hovered = false; // what a person asks for is shown at once
        Arrange();
        WriteAddress();
    }

    private void ReadAddress()
    {
        var values = QueryHelpers.ParseQuery(new Uri(Navigation.Uri).Query);
        string Read(string key) => values.TryGetValue(Prefix + key, out var v) ? v.ToString() : "";
        query = Read("q");
        var sort = Read("sort") is { Length: > 0 } given ? given : DefaultSort ?? "";
        descending = sort.StartsWith('-');
        sortKey = sort.Length == 0 ? null : sort.TrimStart('-');
        page = int.TryParse(Read("page"), NumberStyles.None, CultureInfo.InvariantCulture, out var p) ? Math.Max(1, p) : 1;
        size = int.TryParse(Read("size"), NumberStyles.None, CultureInfo.InvariantCulture, out var s) && PageSizes.Contains(s) ? s : DefaultSize;
        filtered.Clear();
        foreach (var filter in Filters)
        {
            if (Read(filter.Key) is { Length: > 0 } value)
            {
                filtered[filter.Key] = value;
            }
        }
    }

    private void WriteAddress()
    {
        var sort = sortKey is null ? null : (descending ? "-" : "") + sortKey;
        var values = new Dictionary<string, object?>
        {
            [Prefix + "q"] = query.Length == 0 ? null : query,
            [Prefix + "sort"] = sort == DefaultSort ? null : sort,
            [Prefix + "page"] = page == 1 ? null : page,
            [Prefix + "size"] = size == DefaultSize ? null : size,
        };
        foreach (var filter in Filters)
        {
            values[Prefix + filter.Key] = filtered.GetValueOrDefault(filter.Key) is { Length: > 0 } value ? value : null;
        }

        var address = Navigation.GetUriWithQueryParameters(values);
        if (address != Navigation.Uri)
        {
            ownAddresses.Add(address);
            Navigation.NavigateTo(address, replace: true);
        }
    }

    private void OnLocationChanged(object? sender, LocationChangedEventArgs e)
    {
        // The echo of our own change may arrive after the person typed on: it must not undo that.
        if (ownAddresses.Remove(e.Location))
        {
            return;
        }

        _ = InvokeAsync(() =>
        {
            ReadAddress();
            Arrange();
            StateHasChanged();
        });
    }

    private sealed record Row(string Key, TItem Item, bool Gone);

    private sealed record Seen(TItem Item, int Changes);

    /// <summary>Sorts text without regard to case and numbers inside it by value, so that <c>api-10</c> follows <c>api-9</c>.</summary>
    private sealed class NaturalOrder : IComparer<IComparable?>
    {
        public static NaturalOrder Instance { get; } = new();

        public int Compare(IComparable? x, IComparable? y) => (x, y) switch
        {
            (string a, string b) => CompareText(a, b),
            (null, null) => 0,
            (null, _) => -1,
            (_, null) => 1,
            _ => x.CompareTo(y),
        };

        private static int CompareText(string a, string b)
        {
            int i = 0, j = 0;
            while (i < a.Length && j < b.Length)
            {
                if (char.IsAsciiDigit(a[i]) && char.IsAsciiDigit(b[j]))
                {
                    var (m, n) = (Digits(a, ref i), Digits(b, ref j));
                    var byValue = m.Length != n.Length ? m.Length - n.Length : string.CompareOrdinal(m, n);
                    if (byValue != 0)
                    {
                        return byValue;
                    }
                }
                else
                {
                    var byLetter = char.ToLowerInvariant(a[i]) - char.ToLowerInvariant(b[j]);
                    if (byLetter != 0)
                    {
                        return byLetter;
                    }

                    i++;
                    j++;
                }
            }

            return a.Length - i - (b.Length - j);
        }

        private static string Digits(string text, ref int at)
        {
            var from = at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
            {
                at++;
            }

            return text[from..at].TrimStart('0');
        }
    }
}
