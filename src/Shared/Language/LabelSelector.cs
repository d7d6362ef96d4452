using System.ComponentModel;

namespace MeshConsole.Shared.Language;

/// <summary>Selects what has all the given labels.</summary>
public sealed record LabelSelector
{
    /// <summary>The labels; none selects everything.</summary>
    [Description("Labels that must be there, all of them. Everything is selected when there are none.")]
    public IReadOnlyDictionary<string, string>? MatchLabels { get; init; }

    /// <summary>True when <paramref name="labels"/> hold all of <see cref="MatchLabels"/>.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        foreach (var (key, value) in MatchLabels ?? new Dictionary<string, string>())
        {
            if (!labels.TryGetValue(key, out var found) || found != value)
            {
                return false;
            }
        }

        return true;
    }
}
