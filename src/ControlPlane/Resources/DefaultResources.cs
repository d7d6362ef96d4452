using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Resources;

/// <summary>What a control plane makes at its first start; section <c>Defaults</c> of the settings.</summary>
public sealed class DefaultsOptions
{
    /// <summary>True: a new global does not make the mesh <c>default</c>. Default: false.</summary>
    public bool SkipMeshCreation { get; set; }

    /// <summary>
    /// True: each new mesh also gets the TrafficPermission <c>allow-all-MESH</c> and the TrafficRoute <c>route-all-MESH</c> of 2021
    /// (Kuma's <c>defaults.createMeshRoutingResources</c>). Default: false.
    /// </summary>
    public bool CreateMeshRoutingResources { get; set; }

    /// <summary>True: no HostnameGenerators are made. Default: false.</summary>
    public bool SkipHostnameGenerators { get; set; }
}

/// <summary>Makes what is missing at start, each thing once: what a person deleted later is not made again.</summary>
public sealed class DefaultResources(Site site, KindRegistry kinds, ResourceStore store, SigningKeys signingKeys, MeshLifecycle meshes, DefaultsOptions options)
{
    private const string ClusterId = "kuma-cluster-id";

    private static readonly (string Name, string Spec)[] GlobalGenerators =
    [
        ("synced-headless-kube-mesh-service", """{"selector":{"meshService":{"matchLabels":{"k8s.kuma.io/is-headless-service":"true","kuma.io/env":"kubernetes","kuma.io/origin":"global"}}},"template":"{{ label \"statefulset.kubernetes.io/pod-name\" }}.{{ label \"k8s.kuma.io/service-name\" }}.{{ .Namespace }}.svc.{{ .Zone }}.mesh.local"}"""),
        ("synced-kube-mesh-service", """{"selector":{"meshService":{"matchLabels":{"k8s.kuma.io/is-headless-service":"false","kuma.io/env":"kubernetes","kuma.io/origin":"global"}}},"template":"{{ .DisplayName }}.{{ .Namespace }}.svc.{{ .Zone }}.mesh.local"}"""),
        ("synced-mesh-external-service", """{"selector":{"meshExternalService":{"matchLabels":{"kuma.io/origin":"global"}}},"template":"{{ .DisplayName }}.extsvc.mesh.local"}"""),
        ("synced-mesh-multi-zone-service", """{"selector":{"meshMultiZoneService":{"matchLabels":{"kuma.io/origin":"global"}}},"template":"{{ .DisplayName }}.mzsvc.mesh.local"}"""),
        ("synced-universal-mesh-service", """{"selector":{"meshService":{"matchLabels":{"kuma.io/env":"universal","kuma.io/origin":"global"}}},"template":"{{ .DisplayName }}.svc.{{ .Zone }}.mesh.local"}"""),
    ];

    private static readonly (string Name, string Spec)[] ZoneGenerators =
    [
        ("local-mesh-external-service", """{"selector":{"meshExternalService":{"matchLabels":{"kuma.io/origin":"zone"}}},"template":"{{ .DisplayName }}.extsvc.mesh.local"}"""),
        ("local-universal-mesh-service", """{"selector":{"meshService":{"matchLabels":{"kuma.io/origin":"zone"}}},"template":"{{ .DisplayName }}.svc.mesh.local"}"""),
    ];

    /// <summary>Identity of this installation, or empty while a federated zone has not received it.</summary>
    public string Cluster => store.World.Value.Find("Config", ClusterId)?.Spec.Parse() is { } spec && spec.TryGetProperty("config", out var id)
        ? id.GetString() ?? ""
        : "";

    /// <summary>Makes what is missing, in one commit.</summary>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        var world = store.World.Value;
        if (site.Federated)
        {
            // All else comes from global; the key of user tokens is this control plane's own and stays here.
            var own = signingKeys.Prepare(world, SigningKeyFamily.User);
            if (world.Revision > 0 && own is null)
            {
                return;
            }

            await store.CommitAsync(
                Actor.System,
                transaction =>
                {
                    own?.Apply(transaction);
                    if (world.Revision == 0)
                    {
                        AddGenerators(transaction, ZoneGenerators);
                    }

                    return 0;
                },
                cancellationToken).ConfigureAwait(false);
            return;
        }

        var userKey = Task.Run(() => signingKeys.Prepare(world, SigningKeyFamily.User), cancellationToken);
        var zoneKey = Task.Run(() => signingKeys.Prepare(world, SigningKeyFamily.Zone), cancellationToken); // a zone on its own has ingresses and egresses too
        Resource? mesh = null;
        MeshSideEffects? sideEffects = null;
        if (world.Revision == 0 && !options.SkipMeshCreation)
        {
            mesh = new Resource { Kind = kinds["Mesh"], Name = "default" };
            sideEffects = meshes.Prepare(mesh, world).Value;
        }

        PreparedSecrets?[] keys = [await userKey.ConfigureAwait(false), await zoneKey.ConfigureAwait(false)];
        if (world.Revision > 0 && keys.All(k => k is null))
        {
            return;
        }

        await store.CommitAsync(
            Actor.System,
            transaction =>
            {
                foreach (var key in keys)
                {
                    key?.Apply(transaction);
                }

                if (mesh is not null)
                {
                    transaction.Put(mesh, history: true);
                    sideEffects?.Apply(transaction);
                }

                if (world.Revision == 0)
                {
                    transaction.Put(
                        new Resource { Kind = kinds["Config"], Name = ClusterId, Spec = JsonBody.From(new { config = Guid.NewGuid().ToString() }) },
                        history: false);
                    AddGenerators(transaction, site.IsGlobal ? GlobalGenerators : ZoneGenerators);
                }

                return 0;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private void AddGenerators(StoreTransaction transaction, (string Name, string Spec)[] generators)
    {
        if (options.SkipHostnameGenerators || kinds.Find("HostnameGenerator") is not { } kind)
        {
            return;
        }

        foreach (var (name, spec) in generators)
        {
            var generator = new Resource { Kind = kind, Name = name, Spec = JsonBody.FromText(spec) };
            transaction.Put(MetaRules.WithComputedLabels(generator, site), history: true);
        }
    }
}
