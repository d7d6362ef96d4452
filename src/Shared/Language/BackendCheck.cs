namespace MeshConsole.Shared.Language;

/// <summary>Checks of the places that traffic is sent to.</summary>
public static class BackendCheck
{
    /// <summary>Name that a Kubernetes zone writes for a backend it could not find.</summary>
    private const string Unresolved = "kuma.io/unresolved-backend";

    private static readonly TargetRefRules Rules = TargetRefRules.Backends with { ExceptionalName = Unresolved };

    /// <summary>Checks each of <paramref name="backends"/>, which stand in a list at <paramref name="path"/>, and the sum of their weights.</summary>
    public static void Each(IReadOnlyList<BackendRef>? backends, string path, ViolationList at)
    {
        for (var i = 0; i < (backends?.Count ?? 0); i++)
        {
            One(backends![i], FieldPath.Item(path, i), Rules, at);
        }

        Checks.WeightSum(backends, path, at);
    }

    /// <summary>Checks one backend that stands at <paramref name="path"/>.</summary>
    public static void One(BackendRef? backend, string path, TargetRefRules rules, ViolationList at)
    {
        TargetRefCheck.Check(backend, path, rules, at);
        at.AddIf(
            backend is { Kind: TargetKinds.MeshMultiZoneService, Port: null },
            FieldPath.Member(path, "port"),
            "must be defined with kind MeshMultiZoneService");
    }
}
