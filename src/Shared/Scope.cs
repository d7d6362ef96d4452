namespace MeshConsole.Shared;

/// <summary>Whether a kind lives inside a mesh or beside all of them.</summary>
public enum Scope
{
    /// <summary>One per control plane: the key has no mesh.</summary>
    Global,

    /// <summary>Belongs to exactly one mesh.</summary>
    Mesh,
}

/// <summary>Which way KDS carries a kind, and what may be written where (the table of Kuma 2.14, column by column).</summary>
[Flags]
public enum Flow
{
    /// <summary>Never travels.</summary>
    None = 0,

    /// <summary>G: may be written at global, goes to every zone.</summary>
    GlobalToZone = 1,

    /// <summary>Z: may be written at a zone, goes up to global.</summary>
    ZoneToGlobal = 2,

    /// <summary>X: what came up from one zone is passed on by global to the other zones.</summary>
    ZoneToOtherZones = 4,

    /// <summary>pZ: may also be created in a zone, but stays there.</summary>
    ZoneLocal = 8,

    /// <summary>S: the name is not hashed on its way from global to a zone.</summary>
    KeepsName = 16,
}
