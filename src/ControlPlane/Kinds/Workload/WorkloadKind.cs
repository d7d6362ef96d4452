using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kinds.Workload;

/// <summary>The kind Workload: made by zones, known at global.</summary>
public sealed class WorkloadKind() : SpecKind<WorkloadSpec>(new("Workload", "workloads", "wl", "Workload", "Workloads"))
{
    /// <summary>Longest display name.</summary>
    private const int MaxNameLength = 253;

    /// <inheritdoc />
    public override Flow Flow => Flow.ZoneToGlobal;

    /// <inheritdoc />
    public override bool HasStatus => true;

    /// <inheritdoc />
    protected override void Check(WorkloadSpec spec, ValidationContext context, ViolationList violations) => violations.AddIf(
        context.Draft.DisplayName.Length > MaxNameLength, "name", $"must not be longer than {MaxNameLength} characters");
}
