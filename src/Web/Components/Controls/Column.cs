using Microsoft.AspNetCore.Components;

namespace MeshConsole.Web.Components.Controls;

/// <summary>What a column is for; decides where it stands on a phone, where a row has two lines.</summary>
public enum ColumnRole
{
    /// <summary>The name, first line.</summary>
    Name,

    /// <summary>The state, at the end of the first line.</summary>
    State,

    /// <summary>A fact that matters, second line.</summary>
    Fact,

    /// <summary>Shown on wide screens only.</summary>
    More,

    /// <summary>Buttons; shown on wide screens only, the row's page has them as well.</summary>
    Action,
}

/// <summary>A column of a <see cref="ResourceTable{TItem}"/>.</summary>
/// <typeparam name="TItem">The row.</typeparam>
public sealed class Column<TItem> : ComponentBase
    where TItem : class
{
    [CascadingParameter]
    private ResourceTable<TItem> Table { get; set; } = null!;

    /// <summary>The head of the column.</summary>
    [Parameter, EditorRequired] public string Title { get; set; } = "";

    /// <summary>What it is for.</summary>
    [Parameter] public ColumnRole Role { get; set; } = ColumnRole.More;

    /// <summary>Makes the column sortable.</summary>
    [Parameter] public Func<TItem, IComparable?>? Sort { get; set; }

    /// <summary>Numbers stand right.</summary>
    [Parameter] public bool Right { get; set; }

    /// <summary>The cell.</summary>
    [Parameter] public RenderFragment<TItem>? ChildContent { get; set; }

    /// <summary>Key of the column in the address.</summary>
    internal string Key => Title.ToLowerInvariant().Replace(' ', '-');

    /// <summary>Class of its cells.</summary>
    internal string Css => Role switch
    {
        ColumnRole.Name => "c-name",
        ColumnRole.State => "c-state",
        ColumnRole.Fact => "c-fact",
        ColumnRole.Action => "c-act c-wide",
        _ => "c-more",
    } + (Right ? " r num" : "");

    /// <inheritdoc />
    protected override void OnInitialized() => Table.Add(this);
}
