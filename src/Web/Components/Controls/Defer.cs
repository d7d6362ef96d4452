using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace MeshConsole.Web.Components.Controls;

/// <summary>Renders its content after its elder siblings, so that a table knows its columns before it draws rows.</summary>
public sealed class Defer : ComponentBase
{
    /// <summary>What is drawn.</summary>
    [Parameter] public RenderFragment? ChildContent { get; set; }

    /// <inheritdoc />
    protected override void BuildRenderTree(RenderTreeBuilder builder) => builder.AddContent(0, ChildContent);
}
