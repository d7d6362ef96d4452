using MudBlazor;

namespace MeshConsole.Web.Components.Layout;

/// <summary>
/// MudBlazor in our look: type, radius and no elevation. Colours are not here: <c>wwwroot/app.css</c> maps MudBlazor's palette
/// onto the design tokens, so that light and dark follow the browser before any script or circuit runs.
/// </summary>
public static class ConsoleTheme
{
    private static readonly string[] Sans = ["Inter", "Arial", "Liberation Sans", "sans-serif"];

    /// <summary>The theme.</summary>
    public static MudTheme Value { get; } = new()
    {
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "8px" },
        Shadows = new Shadow { Elevation = [.. Enumerable.Repeat("none", 26)] },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = Sans, FontSize = "14px", LineHeight = "20px", LetterSpacing = "normal" },
            Body1 = new Body1Typography { FontFamily = Sans, FontSize = "14px", LineHeight = "20px", LetterSpacing = "normal" },
            Body2 = new Body2Typography { FontFamily = Sans, FontSize = "13px", LineHeight = "20px", LetterSpacing = "normal" },
            Button = new ButtonTypography { FontFamily = Sans, FontSize = "13.5px", FontWeight = "560", LetterSpacing = "normal", TextTransform = "none" },
            H6 = new H6Typography { FontFamily = Sans, FontSize = "15px", FontWeight = "620", LineHeight = "20px", LetterSpacing = "normal" },
        },
    };
}
