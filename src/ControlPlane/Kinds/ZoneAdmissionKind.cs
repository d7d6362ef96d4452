using System.ComponentModel;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>From where a zone may connect without a zone token.</summary>
public sealed record ZoneAdmissionSpec
{
    /// <summary>Source networks, <c>address/bits</c>.</summary>
    [Description("Networks from which the zone may connect without a zone token, as address/bits, for example 10.1.0.0/16.")]
    public IReadOnlyList<string> Networks { get; init; } = [];
}

/// <summary>The list of Kuma 2.x zones that are let in without token. Ours alone: no REST path of its own, never synced.</summary>
public sealed class ZoneAdmissionKind : JsonKind<ZoneAdmissionSpec>
{
    /// <inheritdoc />
    public override string Name => "ZoneAdmission";

    /// <inheritdoc />
    public override string Path => "zone-admissions";

    /// <inheritdoc />
    public override Scope Scope => Scope.Global;

    /// <inheritdoc />
    public override Flow Flow => Flow.None;

    /// <inheritdoc />
    public override bool HasApi => false;

    /// <inheritdoc />
    public override bool ReadOnly => true;

    /// <inheritdoc />
    public override string SingularDisplayName => "Zone Admission";

    /// <inheritdoc />
    public override string PluralDisplayName => "Zone Admissions";
}
