using Google.Protobuf;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Insights;

/// <summary>
/// Counts over the whole world, as Kuma's MeshInsight and ServiceInsight show them. A pure function of one snapshot and of the
/// states in it, computed when somebody asks; nothing of it is stored. What is unknown, because its zone is not connected, is
/// counted in the total alone: neither online nor offline.
/// </summary>
public sealed class Rollups
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default);

    private Rollups(World world, KindRegistry kinds, Func<Resource, StateWord> states)
    {
        var meshInsights = new List<Resource>();
        var serviceInsights = new List<Resource>();
        foreach (var mesh in world.List("Mesh"))
        {
            var proxies = world.List("Dataplane", mesh.Name).Select(d => new Proxy(d, world, states(d))).ToList();
            var modified = proxies.Select(p => p.Changed).Append(mesh.ModificationTime).Max();
            var services = Services(proxies);
            var external = world.Table("ExternalService").In(mesh.Name).Count;
            meshInsights.Add(Synthetic(kinds["MeshInsight"], "", mesh.Name, OfMesh(mesh.Name, world, kinds, proxies, services.Count, external), mesh.CreationTime, modified));
            serviceInsights.AddRange(services.Select(s => Synthetic(kinds["ServiceInsight"], mesh.Name, s.Key, s.Value, mesh.CreationTime, modified)));
        }

        MeshInsights = meshInsights;
        ServiceInsights = serviceInsights;
    }

    /// <summary>One MeshInsight per mesh, by name.</summary>
    public IReadOnlyList<Resource> MeshInsights { get; }

    /// <summary>One ServiceInsight per service that proxies offer, by mesh and name; the spec is that of one service.</summary>
    public IReadOnlyList<Resource> ServiceInsights { get; }

    /// <summary>The counts of a snapshot.</summary>
    /// <param name="world">The snapshot.</param>
    /// <param name="kinds">All kinds.</param>
    /// <param name="states">The state of a data plane.</param>
    public static Rollups Of(World world, KindRegistry kinds, Func<Resource, StateWord> states) => new(world, kinds, states);

    private static Resource Synthetic(ResourceKind kind, string mesh, string name, IMessage spec, DateTimeOffset created, DateTimeOffset modified) => new()
    {
        Kind = kind,
        Mesh = mesh,
        Name = name,
        Spec = JsonBody.FromText(Formatter.Format(spec)),
        CreationTime = created,
        ModificationTime = modified,
    };

    private static SortedDictionary<string, ServiceInsight.Types.Service> Services(List<Proxy> proxies)
    {
        var services = new SortedDictionary<string, ServiceInsight.Types.Service>(StringComparer.Ordinal);
        foreach (var group in proxies.SelectMany(p => p.Facts.Services.Select(s => (Service: s, Proxy: p))).GroupBy(p => p.Service, p => p.Proxy))
        {
            var all = group.ToList();
            var online = (uint)all.Count(p => p.IsOnline);
            var gateway = all[0].Facts.Gateway;
            var service = new ServiceInsight.Types.Service
            {
                Dataplanes = new ServiceInsight.Types.Service.Types.DataplaneStat { Total = (uint)all.Count, Online = online, Offline = (uint)all.Count(p => p.IsOffline) },
                Status = online == 0
                    ? all.All(p => p.IsOffline) ? ServiceInsight.Types.Service.Types.Status.Offline : ServiceInsight.Types.Service.Types.Status.NotAvailable
                    : online == all.Count && all.All(p => p.IsReady) ? ServiceInsight.Types.Service.Types.Status.Online : ServiceInsight.Types.Service.Types.Status.PartiallyDegraded,
                ServiceType = gateway switch
                {
                    "builtin" => ServiceInsight.Types.Service.Types.Type.GatewayBuiltin,
                    "delegated" => ServiceInsight.Types.Service.Types.Type.GatewayDelegated,
                    _ => ServiceInsight.Types.Service.Types.Type.Internal,
                },
                AddressPort = gateway is null ? $"{group.Key}.mesh:80" : "",
            };
            foreach (var backend in all.Select(p => p.Insight?.IssuedBackend).OfType<string>().GroupBy(b => b))
            {
                service.IssuedBackends[backend.Key] = (uint)backend.Count();
            }

            service.Zones.AddRange(all.Select(p => p.Resource.Zone).OfType<string>().Distinct().Order(StringComparer.Ordinal));
            services.Add(group.Key, service);
        }

        return services;
    }

    private static MeshInsight OfMesh(string mesh, World world, KindRegistry kinds, List<Proxy> proxies, int internalServices, int externalServices)
    {
        var insight = new MeshInsight
        {
            Dataplanes = Stat(proxies),
            DataplanesByType = new MeshInsight.Types.DataplanesByType
            {
                Standard = Stat(proxies.Where(p => p.Facts.Gateway is null)),
                Gateway = Stat(proxies.Where(p => p.Facts.Gateway is not null)),
                GatewayBuiltin = Stat(proxies.Where(p => p.Facts.Gateway == "builtin")),
                GatewayDelegated = Stat(proxies.Where(p => p.Facts.Gateway == "delegated")),
            },
            DpVersions = new MeshInsight.Types.DpVersions(),
            MTLS = new MeshInsight.Types.MTLS(),
            Services = new MeshInsight.Types.ServiceStat { Total = (uint)(internalServices + externalServices), Internal = (uint)internalServices, External = (uint)externalServices },
        };
        foreach (var kind in kinds.All.Where(k => k.Scope == Scope.Mesh && !k.Observed && k.HasApi))
        {
            var count = (uint)world.Table(kind.Name).In(mesh).Count;
            if (count == 0)
            {
                continue;
            }

            insight.Resources[kind.Name] = new MeshInsight.Types.ResourceStat { Total = count };
            if (kind.Policy is not null)
            {
                insight.Policies[kind.Name] = new MeshInsight.Types.PolicyStat { Total = count };
            }
        }

        foreach (var group in proxies.GroupBy(p => p.Insight?.ProxyVersion ?? "unknown"))
        {
            insight.DpVersions.KumaDp[group.Key] = Stat(group);
        }

        foreach (var group in proxies.GroupBy(p => p.Insight?.EnvoyVersion ?? "unknown"))
        {
            insight.DpVersions.Envoy[group.Key] = Stat(group);
        }

        foreach (var group in proxies.Where(p => p.Insight?.IssuedBackend is not null).GroupBy(p => p.Insight!.IssuedBackend!))
        {
            insight.MTLS.IssuedBackends[group.Key] = Stat(group);
        }

        foreach (var group in proxies.SelectMany(p => (p.Insight?.SupportedBackends ?? []).Select(b => (Backend: b, Proxy: p))).GroupBy(p => p.Backend, p => p.Proxy))
        {
            insight.MTLS.SupportedBackends[group.Key] = Stat(group);
        }

        return insight;
    }

    private static MeshInsight.Types.DataplaneStat Stat(IEnumerable<Proxy> proxies)
    {
        var stat = new MeshInsight.Types.DataplaneStat();
        foreach (var proxy in proxies)
        {
            stat.Total++;
            if (proxy.IsOffline)
            {
                stat.Offline++;
            }
            else if (!proxy.IsOnline)
            {
                // unknown
            }
            else if (proxy.IsReady)
            {
                stat.Online++;
            }
            else
            {
                stat.PartiallyDegraded++;
            }
        }

        return stat;
    }

    private sealed class Proxy(Resource resource, World world, StateWord state)
    {
        private readonly Resource? insight = world.Find("DataplaneInsight", resource.Mesh, resource.Name);

        public Resource Resource { get; } = resource;

        public ProxyFacts Facts { get; } = ProxyFacts.Of(resource);

        public ProxyInsight? Insight => ProxyInsight.Of(insight);

        public bool IsOnline => state is StateWord.Online or StateWord.Degraded;

        public bool IsOffline => state == StateWord.Offline;

        public bool IsReady => Facts.ReadyInbounds == Facts.Inbounds;

        public DateTimeOffset Changed => insight is not null && insight.ModificationTime > Resource.ModificationTime ? insight.ModificationTime : Resource.ModificationTime;
    }
}
