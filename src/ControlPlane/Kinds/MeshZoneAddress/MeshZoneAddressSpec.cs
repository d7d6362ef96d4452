using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace MeshConsole.ControlPlane.Kinds.MeshZoneAddress;

/// <summary>The public address of a mesh's zone ingress.</summary>
public sealed record MeshZoneAddressSpec
{
    /// <summary>Host name or IP address.</summary>
    [Required]
    [MinLength(1)]
    [Description("A host name or an IP address that other zones reach.")]
    public string? Address { get; init; }

    /// <summary>Port.</summary>
    [Required]
    [Range(1, 65535)]
    [Description("The port that other zones reach.")]
    public int? Port { get; init; }
}
