namespace MeshConsole.ZoneSimulator;

/// <summary>How a simulated zone misbehaves; changed at any time, and effective at once.</summary>
public sealed class Faults
{
    /// <summary>Takes everything and answers nothing.</summary>
    public bool Silent { get; set; }

    /// <summary>Waits this long before it reads the next message.</summary>
    public TimeSpan ReadDelay { get; set; }

    /// <summary>Refuses every resource of this kind.</summary>
    public string? RejectKind { get; set; }

    /// <summary>Refuses resources whose display name is this.</summary>
    public string? RejectName { get; set; }

    /// <summary>Names the refused resources in its answer, as our zones do; Kuma's zones do not.</summary>
    public bool NamesRefusals { get; set; } = true;

    /// <summary>Labels what it sends with this zone instead of its own.</summary>
    public string? ClaimsZone { get; set; }

    /// <summary>
    /// Its link drops everything in both directions, without either side being told: no data, no pings, no end. When it works
    /// again, it goes on where it stood if both sides still hold the connection.
    /// </summary>
    public bool LinkDown
    {
        get => !Link.IsOpen;
        set => Link.IsOpen = !value;
    }

    internal LinkGate Link { get; } = new();

    /// <summary>Adds this to every time it tells.</summary>
    public TimeSpan ClockSkew { get; set; }
}
