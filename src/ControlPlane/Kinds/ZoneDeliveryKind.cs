using System.ComponentModel;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>What one zone has answered, in sum.</summary>
public sealed record ZoneDeliverySpec
{
    /// <summary>Store revision up to which the zone has answered everything.</summary>
    [Description("Store revision up to which the zone has answered everything that was sent to it.")]
    public long Revision { get; init; }

    /// <summary>What it refused and still lacks.</summary>
    [Description("Changes that the zone refused.")]
    public IReadOnlyList<RejectedChange> Rejected { get; init; } = [];

    /// <summary>The newest of those that do not go to it.</summary>
    [Description("Changes that do not go to the zone, by reason; the newest 256.")]
    public IReadOnlyList<WithheldChanges> Withheld { get; init; } = [];
}

/// <summary>Changes that do not go to a zone, for one reason.</summary>
public sealed record WithheldChanges
{
    /// <summary>Why.</summary>
    [Description("Why they do not go to the zone.")]
    public string Reason { get; init; } = "";

    /// <summary>Store revisions of the changes.</summary>
    [Description("Store revisions of the changes.")]
    public IReadOnlyList<long> Revisions { get; init; } = [];
}

/// <summary>One change that a zone refused.</summary>
public sealed record RejectedChange
{
    /// <summary>Store revision of the change.</summary>
    [Description("Store revision of the change.")]
    public long Revision { get; init; }

    /// <summary>The zone's words.</summary>
    [Description("Why the zone refused it, in the zone's words.")]
    public string Reason { get; init; } = "";
}

/// <summary>
/// The lasting sum of the delivery ledger, one for each zone, so that after a restart the console still knows what arrived.
/// Ours alone: no REST path of its own, never synced.
/// </summary>
public sealed class ZoneDeliveryKind : JsonKind<ZoneDeliverySpec>
{
    /// <inheritdoc />
    public override string Name => "ZoneDelivery";

    /// <inheritdoc />
    public override string Path => "zone-deliveries";

    /// <inheritdoc />
    public override Scope Scope => Scope.Global;

    /// <inheritdoc />
    public override Flow Flow => Flow.None;

    /// <inheritdoc />
    public override bool HasApi => false;

    /// <inheritdoc />
    public override bool ReadOnly => true;

    /// <inheritdoc />
    public override bool Observed => true;

    /// <inheritdoc />
    public override string SingularDisplayName => "Zone Delivery";

    /// <inheritdoc />
    public override string PluralDisplayName => "Zone Deliveries";
}
