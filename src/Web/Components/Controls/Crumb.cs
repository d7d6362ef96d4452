namespace MeshConsole.Web.Components.Controls;

/// <summary>One step of the way to a page.</summary>
/// <param name="Text">What is read.</param>
/// <param name="Href">Where it leads, relative to the console's base; null for a step without page.</param>
public sealed record Crumb(string Text, string? Href = null);
