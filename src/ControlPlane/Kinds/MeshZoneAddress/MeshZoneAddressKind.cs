using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kinds.MeshZoneAddress;

/// <summary>The kind MeshZoneAddress: written in zones, known everywhere.</summary>
public sealed class MeshZoneAddressKind() : SpecKind<MeshZoneAddressSpec>(
    new("MeshZoneAddress", "meshzoneaddresses", "mza", "Mesh Zone Address", "Mesh Zone Addresses"))
{
    /// <inheritdoc />
    public override Flow Flow => Flow.ZoneToGlobal | Flow.ZoneToOtherZones;
}
