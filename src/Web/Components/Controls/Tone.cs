namespace MeshConsole.Web.Components.Controls;

/// <summary>What a colour says; always shown together with an icon and a word.</summary>
public enum Tone
{
    /// <summary>Nothing to say, or not known.</summary>
    Mute,

    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Works, and wants a look.</summary>
    Warn,

    /// <summary>Does not work.</summary>
    Bad,

    /// <summary>Under way, or chosen.</summary>
    Accent,
}

/// <summary>The class names and icons of the tones.</summary>
public static class Tones
{
    /// <summary>Class of chips, notes and bars.</summary>
    public static string Css(this Tone tone) => tone switch
    {
        Tone.Ok => "ok",
        Tone.Warn => "warn",
        Tone.Bad => "bad",
        Tone.Accent => "acc",
        _ => "mute",
    };

    /// <summary>Icon where a state has none of its own.</summary>
    public static string Icon(this Tone tone) => tone switch
    {
        Tone.Ok => "check",
        Tone.Warn => "warning",
        Tone.Bad => "cross",
        Tone.Accent => "pulse",
        _ => "clock",
    };
}
