using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>
/// Which of two policies of one kind has the last word. All comparers sort from lowest to highest precedence, and what they call
/// equal stays in the order of the store.
/// </summary>
internal static class Precedence
{
    /// <summary>Top-level target, origin, role; then the name: the alphabetically first wins.</summary>
    public static int Compare(Policy a, Policy b)
    {
        var order = CompareAttributes(a, b, gatewayTags: true);
        return order != 0 ? order : CompareNames(a, b);
    }

    /// <summary>As <see cref="Compare"/>, with the destination before the name.</summary>
    public static int CompareTo(PlacedTo a, PlacedTo b)
    {
        var order = CompareAttributes(a.Policy, b.Policy, gatewayTags: false);
        if (order == 0)
        {
            order = Rank(a.Entry.Target.Kind) - Rank(b.Entry.Target.Kind);
        }

        if (order == 0 && a.Entry.Target.Kind == TargetKinds.MeshService)
        {
            order = HasSection(a.Entry.Target) - HasSection(b.Entry.Target);
        }

        return order != 0 ? order : CompareNames(a.Policy, b.Policy);
    }

    private static int CompareAttributes(Policy a, Policy b, bool gatewayTags)
    {
        var (x, y) = (a.Items.Top, b.Items.Top);
        var order = Rank(x.Kind) - Rank(y.Kind);
        if (order == 0 && x.Kind == TargetKinds.Dataplane)
        {
            order = CompareDataplanes(x, y);
        }

        if (order == 0)
        {
            order = OriginRank(a.Resource) - OriginRank(b.Resource);
        }

        if (order == 0 && gatewayTags && x.Kind == TargetKinds.MeshGateway)
        {
            order = (x.Tags?.Count ?? 0) - (y.Tags?.Count ?? 0);
        }

        return order != 0 ? order : RoleRank(a.Resource) - RoleRank(b.Resource);
    }

    private static int CompareNames(Policy a, Policy b) => string.CompareOrdinal(b.Resource.DisplayName, a.Resource.DisplayName);

    private static int CompareDataplanes(TargetRef a, TargetRef b)
    {
        var (aName, bName) = (!string.IsNullOrEmpty(a.Name), !string.IsNullOrEmpty(b.Name));
        if (aName && b.Labels is not null)
        {
            return 1;
        }

        return a.Labels is not null && bName ? -1 : HasSection(a) - HasSection(b);
    }

    private static int HasSection(TargetRef target) => string.IsNullOrEmpty(target.SectionName) ? 0 : 1;

    private static int Rank(string? kind) => kind switch
    {
        TargetKinds.Mesh => 1,
        TargetKinds.Dataplane => 2,
        TargetKinds.MeshSubset => 3,
        TargetKinds.MeshGateway => 4,
        TargetKinds.MeshService => 5,
        TargetKinds.MeshExternalService => 6,
        TargetKinds.MeshMultiZoneService => 7,
        TargetKinds.MeshServiceSubset => 8,
        TargetKinds.MeshHTTPRoute => 9,
        _ => 0,
    };

    private static int OriginRank(Resource resource) => resource.Origin switch
    {
        Labels.OriginGlobal => 1,
        Labels.OriginZone => 3,
        null or "" => 2,
        _ => 0,
    };

    private static int RoleRank(Resource resource) => resource.Labels.GetValueOrDefault(Labels.PolicyRole) switch
    {
        null or "" or PolicyRoles.System => 1,
        PolicyRoles.Producer => 2,
        PolicyRoles.Consumer => 3,
        PolicyRoles.WorkloadOwner => 4,
        _ => 0,
    };
}

/// <summary>The words of the label <c>kuma.io/policy-role</c>.</summary>
internal static class PolicyRoles
{
    public const string System = "system";
    public const string Producer = "producer";
    public const string Consumer = "consumer";
    public const string WorkloadOwner = "workload-owner";
}
