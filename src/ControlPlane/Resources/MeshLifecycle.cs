using System.Text.Json;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Identity;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Resources;

/// <summary>What a write of a Mesh brings with it, worked out before the commit and stored inside it.</summary>
public sealed class MeshSideEffects(Action<StoreTransaction> apply)
{
    /// <summary>Stores it.</summary>
    public void Apply(StoreTransaction transaction) => apply(transaction);
}

/// <summary>
/// The life of a mesh: a new one gets its signing key and Kuma's first policies; switching on a builtin backend makes its CA.
/// </summary>
public sealed class MeshLifecycle(KindRegistry kinds, Site site, SigningKeys signingKeys, MeshCa certificateAuthorities, DefaultsOptions options)
{
    private static readonly (string Kind, string NamePrefix, string Spec)[] InitialPolicies =
    [
        ("MeshTimeout", "mesh-timeout-all-",
            """{"targetRef":{"kind":"Mesh","proxyTypes":["Sidecar"]},"to":[{"targetRef":{"kind":"Mesh"},"default":{"connectionTimeout":"5s","idleTimeout":"1h0m0s","http":{"requestTimeout":"15s","streamIdleTimeout":"30m0s"}}}],"from":[{"targetRef":{"kind":"Mesh"},"default":{"connectionTimeout":"10s","idleTimeout":"2h0m0s","http":{"requestTimeout":"0s","streamIdleTimeout":"1h0m0s","maxStreamDuration":"0s"}}}]}"""),
        ("MeshTimeout", "mesh-gateways-timeout-all-",
            """{"targetRef":{"kind":"Mesh","proxyTypes":["Gateway"]},"to":[{"targetRef":{"kind":"Mesh"},"default":{"idleTimeout":"1h0m0s","http":{"streamIdleTimeout":"5s"}}}],"from":[{"targetRef":{"kind":"Mesh"},"default":{"idleTimeout":"5m0s","http":{"streamIdleTimeout":"5s","requestHeadersTimeout":"500ms"}}}]}"""),
        ("MeshCircuitBreaker", "mesh-circuit-breaker-all-",
            """{"targetRef":{"kind":"Mesh"},"to":[{"targetRef":{"kind":"Mesh"},"default":{"connectionLimits":{"maxConnections":1024,"maxPendingRequests":1024,"maxRetries":3,"maxRequests":1024}}}]}"""),
        ("MeshRetry", "mesh-retry-all-",
            """{"targetRef":{"kind":"Mesh"},"to":[{"targetRef":{"kind":"Mesh"},"default":{"tcp":{"maxConnectAttempt":5},"http":{"numRetries":5,"perTryTimeout":"16s","backOff":{"baseInterval":"25ms","maxInterval":"250ms"}},"grpc":{"numRetries":5,"perTryTimeout":"16s","backOff":{"baseInterval":"25ms","maxInterval":"250ms"}}}}]}"""),
    ];

    private static readonly (string Kind, string NamePrefix, string Spec)[] RoutingResources =
    [
        ("TrafficPermission", "allow-all-",
            """{"sources":[{"match":{"kuma.io/service":"*"}}],"destinations":[{"match":{"kuma.io/service":"*"}}]}"""),
        ("TrafficRoute", "route-all-",
            """{"sources":[{"match":{"kuma.io/service":"*"}}],"destinations":[{"match":{"kuma.io/service":"*"}}],"conf":{"loadBalancer":{"roundRobin":{}},"destination":{"kuma.io/service":"*"}}}"""),
    ];

    /// <summary>
    /// Works out what a write of <paramref name="draft"/> brings with it; keys are made here, outside the commit. The value is
    /// null when it is no Mesh or brings nothing.
    /// </summary>
    public Result<MeshSideEffects?> Prepare(Resource draft, World world)
    {
        if (draft.Kind.Name != "Mesh")
        {
            return (MeshSideEffects?)null;
        }

        var authorities = certificateAuthorities.Prepare(world, draft.Name, draft.Spec);
        if (!authorities.Ok)
        {
            return authorities.Refusal;
        }

        var signingKey = signingKeys.Prepare(world, SigningKeyFamily.Dataplane(draft.Name));
        var isNew = world.Find(draft.Key) is null;
        if (!isNew && signingKey is null && authorities.Value.IsEmpty)
        {
            return (MeshSideEffects?)null;
        }

        return new MeshSideEffects(transaction =>
        {
            signingKey?.Apply(transaction);
            foreach (var authority in authorities.Value)
            {
                authority.Apply(transaction);
            }

            if (isNew)
            {
                CreateInitialPolicies(draft, transaction);
            }
        });
    }

    /// <summary>Rules for a new resource that need more than its own body.</summary>
    public static void CheckCreate(Resource draft, ViolationList violations)
    {
        if (draft.Kind.Name == "Mesh")
        {
            violations.AddIf(draft.Name.Length > 63, "name", "cannot be longer than 63 characters");
        }
    }

    /// <summary>Rules for a change of a resource.</summary>
    public static void CheckUpdate(Resource before, Resource draft, ViolationList violations)
    {
        if (draft.Kind.Name != "Mesh")
        {
            return;
        }

        var (oldBackend, newBackend) = (EnabledBackend(before), EnabledBackend(draft));
        violations.AddIf(
            oldBackend is not null && newBackend is not null && oldBackend != newBackend,
            "mtls.enabledBackend",
            "Changing CA when mTLS is enabled is forbidden. Disable mTLS first and then change the CA");
    }

    /// <summary>The backend in use, or null when mTLS is off.</summary>
    public static string? EnabledBackend(Resource mesh) =>
        mesh.Spec.Parse() is var spec
        && spec.TryGetProperty("mtls", out var mtls)
        && mtls.ValueKind == JsonValueKind.Object
        && mtls.TryGetProperty("enabledBackend", out var enabled)
        && enabled.GetString() is { Length: > 0 } name
            ? name
            : null;

    /// <summary>Kuma's first policies for a new mesh, without those that it skips.</summary>
    internal static IEnumerable<Resource> InitialPoliciesOf(Resource mesh, KindRegistry kinds, Site site, bool withRouting = false)
    {
        var skipped = mesh.Spec.Parse().TryGetProperty("skipCreatingInitialPolicies", out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select(item => item.GetString()).ToHashSet()
            : [];
        if (skipped.Contains("*"))
        {
            yield break;
        }

        foreach (var (kindName, prefix, spec) in withRouting ? [.. InitialPolicies, .. RoutingResources] : InitialPolicies)
        {
            if (kinds.Find(kindName) is { } kind && !skipped.Contains(kindName))
            {
                var policy = new Resource { Kind = kind, Mesh = mesh.Name, Name = prefix + mesh.Name, Spec = JsonBody.FromText(spec) };
                yield return MetaRules.WithComputedLabels(policy, site);
            }
        }
    }

    private void CreateInitialPolicies(Resource mesh, StoreTransaction transaction)
    {
        foreach (var policy in InitialPoliciesOf(mesh, kinds, site, options.CreateMeshRoutingResources).Where(p => transaction.World.Find(p.Key) is null))
        {
            transaction.Put(policy, history: true);
        }
    }
}
