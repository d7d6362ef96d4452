using System.Collections.Immutable;

namespace MeshConsole.Shared;

/// <summary>The reserved label keys (Kuma's) and small helpers for label maps.</summary>
public static class Labels
{
    /// <summary>Mesh of a mesh-scoped resource.</summary>
    public const string Mesh = "kuma.io/mesh";

    /// <summary>Where a resource was written: <c>global</c> or <c>zone</c>.</summary>
    public const string Origin = "kuma.io/origin";

    /// <summary>Value of <see cref="Origin"/> for what global wrote.</summary>
    public const string OriginGlobal = "global";

    /// <summary>Value of <see cref="Origin"/> for what a zone wrote.</summary>
    public const string OriginZone = "zone";

    /// <summary>The zone a resource came from.</summary>
    public const string Zone = "kuma.io/zone";

    /// <summary>The name a person gave, before hashing.</summary>
    public const string DisplayName = "kuma.io/display-name";

    /// <summary><c>universal</c> or <c>kubernetes</c>.</summary>
    public const string Env = "kuma.io/env";

    /// <summary><c>disabled</c> keeps a resource from travelling.</summary>
    public const string KdsSync = "kuma.io/kds-sync";

    /// <summary><c>system</c>, <c>producer</c>, <c>consumer</c> or <c>workload-owner</c>.</summary>
    public const string PolicyRole = "kuma.io/policy-role";

    /// <summary><c>sidecar</c>, <c>gateway</c>, <c>zoneingress</c> or <c>zoneegress</c>.</summary>
    public const string ProxyType = "kuma.io/proxy-type";

    /// <summary><c>enabled</c> on a Dataplane that is the ingress of its zone.</summary>
    public const string ListenerZoneIngress = "kuma.io/listener-zoneingress";

    /// <summary><c>enabled</c> on a Dataplane that is the egress of its zone.</summary>
    public const string ListenerZoneEgress = "kuma.io/listener-zoneegress";

    /// <summary><c>shadow</c> keeps a policy from taking effect.</summary>
    public const string Effect = "kuma.io/effect";

    /// <summary>Workload of a proxy.</summary>
    public const string Workload = "kuma.io/workload";

    /// <summary>Kubernetes namespace; part of the hashed name.</summary>
    public const string Namespace = "k8s.kuma.io/namespace";

    /// <summary>Which generator made a resource.</summary>
    public const string ManagedBy = "kuma.io/managed-by";

    /// <summary>Bookkeeping of generators; never travels.</summary>
    public const string DeletionGracePeriodStartedAt = "kuma.io/deletion-grace-period-started-at";

    /// <summary>No labels; the comparer is ordinal, so that the order of labels is stable everywhere.</summary>
    public static ImmutableSortedDictionary<string, string> None { get; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>True when both maps hold the same keys with the same values.</summary>
    public static bool Same(ImmutableSortedDictionary<string, string> a, ImmutableSortedDictionary<string, string> b)
    {
        if (ReferenceEquals(a, b))
        {
            return true;
        }

        if (a.Count != b.Count)
        {
            return false;
        }

        foreach (var (key, value) in a)
        {
            if (!b.TryGetValue(key, out var other) || other != value)
            {
                return false;
            }
        }

        return true;
    }
}
