namespace MeshConsole.Shared;

/// <summary>Which control plane this is. A plain value, injected where origin matters.</summary>
/// <param name="Mode">Global or zone.</param>
/// <param name="Zone">The zone's name; empty at global.</param>
/// <param name="Federated">True for a zone that has a global address; a zone on its own may write everything.</param>
public sealed record Site(SiteMode Mode, string Zone = "", bool Federated = false)
{
    /// <summary>The global control plane.</summary>
    public static Site Global { get; } = new(SiteMode.Global);

    /// <summary>True: nobody writes resources here, whatever their kind. Default: false.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>True at the global control plane.</summary>
    public bool IsGlobal => Mode == SiteMode.Global;

    /// <summary>Whether <paramref name="kind"/> may be written by a person here (design: what another side owns answers 405).</summary>
    public bool MayWrite(ResourceKind kind)
    {
        if (ReadOnly || kind.ReadOnly)
        {
            return false;
        }

        return Mode switch
        {
            SiteMode.Global => kind.Flow is Flow.None || kind.Flow.HasFlag(Flow.GlobalToZone),
            _ when !Federated => true,
            _ => kind.Flow is Flow.None || (kind.Flow & (Flow.ZoneToGlobal | Flow.ZoneLocal)) != 0,
        };
    }
}

/// <summary>The two kinds of control plane.</summary>
public enum SiteMode
{
    /// <summary>Where people work; serves zones.</summary>
    Global,

    /// <summary>Serves the proxies of one place.</summary>
    Zone,
}
