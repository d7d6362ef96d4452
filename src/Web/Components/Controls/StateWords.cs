namespace MeshConsole.Web.Components.Controls;

/// <summary>How the words for state look. The words themselves are computed by the engine; this only dresses them.</summary>
public static class StateWords
{
    /// <summary>The tone of a state's word.</summary>
    public static Tone ToneOf(string word) => word.ToLowerInvariant() switch
    {
        "online" or "accepted" or "applied" or "delivered" or "valid" or "ready" or "on" or "in use" => Tone.Ok,
        "degraded" or "expiring" or "grace" or "over limit" or "missing" or "waiting" => Tone.Warn,
        "offline" or "rejected" or "expired" or "invalid" or "failed" or "refused" => Tone.Bad,
        "sent" or "applying" or "new" or "changed" => Tone.Accent,
        _ => Tone.Mute,
    };

    /// <summary>The icon of a state's word, or null for the tone's own.</summary>
    public static string? IconOf(string word) => word.ToLowerInvariant() switch
    {
        "disabled" => "pause",
        "sent" or "applying" => "arrow",
        "off" => "minus",
        _ => null,
    };
}
