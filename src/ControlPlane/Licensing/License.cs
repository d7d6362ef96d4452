namespace MeshConsole.ControlPlane.Licensing;

/// <summary>What a control plane may be used for.</summary>
/// <param name="Edition">Name of the edition, for people.</param>
/// <param name="Holder">Who it was given to; empty for the community.</param>
/// <param name="Expires">When it ends; null for never.</param>
/// <param name="MaxZones">Zones it covers; null for any number. A soft limit: more of them warn, nothing is refused.</param>
/// <param name="MaxDataplanes">Data planes it covers, over all meshes; null for any number. Soft too.</param>
public sealed record License(string Edition, string Holder, DateTimeOffset? Expires, int? MaxZones, int? MaxDataplanes)
{
    /// <summary>The license that is built in: no date, 25 zones, 5,000 data planes.</summary>
    public static License Community { get; } = new("Community", "", Expires: null, MaxZones: 25, MaxDataplanes: 5000);
}

/// <summary>What is in use of the things a license counts.</summary>
/// <param name="Zones">Zones that exist.</param>
/// <param name="Dataplanes">Data planes that are registered, online or not.</param>
public sealed record LicenseUsage(int Zones, int Dataplanes);
