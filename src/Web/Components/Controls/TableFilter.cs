namespace MeshConsole.Web.Components.Controls;

/// <summary>A choice above a list: only rows with one value of something.</summary>
/// <typeparam name="TItem">The row.</typeparam>
/// <param name="Key">Key in the address.</param>
/// <param name="Label">Accessible name, also the text of the choice that filters nothing: <c>Any {Label}</c>.</param>
/// <param name="Value">The row's value; null matches no choice but the first.</param>
public sealed record TableFilter<TItem>(string Key, string Label, Func<TItem, string?> Value);
