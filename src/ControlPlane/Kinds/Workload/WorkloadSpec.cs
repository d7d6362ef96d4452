namespace MeshConsole.ControlPlane.Kinds.Workload;

/// <summary>A workload that proxies belong to. It has no settings; its status counts the proxies.</summary>
public sealed record WorkloadSpec;

/// <summary>What a zone says of a workload.</summary>
public sealed record WorkloadStatus
{
    /// <summary>How many proxies belong to it.</summary>
    public MeshService.DataplaneProxies? DataplaneProxies { get; init; }
}
