namespace MeshConsole.ControlPlane.Kds;

/// <summary>What this control plane says of itself to its peers.</summary>
/// <param name="InstanceId">This process: host name and four hexadecimal digits, new at each start.</param>
/// <param name="Version">The version of Kuma that we speak, for example <c>2.14.3</c>.</param>
/// <param name="Build">Our own version, told as <c>gitTag</c>.</param>
/// <param name="Config">Settings as JSON text, without secrets; empty at global.</param>
/// <param name="Previous">The instance that ran in our place before us and is gone; null when none is known.</param>
public sealed record KdsIdentity(string InstanceId, string Version = KdsIdentity.KumaVersion, string Build = "", string Config = "", string? Previous = null)
{
    /// <summary>The version of Kuma whose protocol we speak.</summary>
    public const string KumaVersion = "2.14.3";

    internal PeerFacts ToFacts() => new([.. KdsFeatures.Ours], Version, Build, "", "", Config, InstanceId);
}
