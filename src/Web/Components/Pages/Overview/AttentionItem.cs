using MeshConsole.Web.Components.Controls;

namespace MeshConsole.Web.Components.Pages.Overview;

/// <summary>Something that wants a person, with the action that mends it.</summary>
/// <param name="Harm">How bad it is; higher stands first.</param>
/// <param name="Tone">How it looks.</param>
/// <param name="Icon">An icon's name.</param>
/// <param name="Title">What is wrong.</param>
/// <param name="Text">What it means for traffic.</param>
/// <param name="Action">What the link does.</param>
/// <param name="Href">Where it leads.</param>
public sealed record AttentionItem(int Harm, Tone Tone, string Icon, string Title, string Text, string Action, string Href);
