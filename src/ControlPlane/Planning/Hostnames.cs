using System.Collections.Immutable;
using MeshConsole.ControlPlane.Kinds.HostnameGenerator;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>The host names that generators give to services.</summary>
public static class Hostnames
{
    /// <summary>The host names of a service with the zones where each is known, both in order of their names.</summary>
    /// <param name="world">What is stored.</param>
    /// <param name="site">The control plane that asks; global looks at the service as it is and as zones see it.</param>
    /// <param name="service">A MeshService, MeshExternalService or MeshMultiZoneService.</param>
    public static ImmutableSortedDictionary<string, ImmutableSortedSet<string>> Of(World world, Site site, Resource service)
    {
        IReadOnlyList<string> zones = service.Zone is { } own ? [own]
            : !site.IsGlobal ? [site.Zone]
            : [.. world.List("Zone").Select(z => z.Name)]; // known in every zone
        string[] origins = site.IsGlobal ? [Labels.OriginZone, Labels.OriginGlobal] : [service.Origin ?? ""];
        var found = ImmutableSortedDictionary.CreateBuilder<string, ImmutableSortedSet<string>>(StringComparer.Ordinal);
        foreach (var generator in world.List("HostnameGenerator"))
        {
            var spec = ((HostnameGeneratorKind)generator.Kind).Spec(generator);
            foreach (var labels in origins.Select(o => o.Length == 0 ? service.Labels : service.Labels.SetItem(Labels.Origin, o)))
            {
                foreach (var zone in zones)
                {
                    if (Selector(spec, service.Kind.Name)?.Matches(labels) == true && Render(spec.Template ?? "", service, zone) is { } hostname)
                    {
                        found[hostname] = found.GetValueOrDefault(hostname, ImmutableSortedSet.Create<string>(StringComparer.Ordinal)).Add(zone);
                    }
                }
            }
        }

        return found.ToImmutable();
    }

    /// <summary>The host name that a template gives to a service in a zone; null when the template does not fit it.</summary>
    public static string? Render(string template, Resource service, string zone) => GoTemplate.Parse(template).Template?.Render(
        field => field switch
        {
            "Name" => service.Name,
            "DisplayName" => service.DisplayName,
            "Namespace" => service.Labels.GetValueOrDefault(Labels.Namespace, ""),
            "Mesh" => service.Mesh,
            "Zone" => service.Zone ?? zone,
            _ => null,
        },
        label => service.Labels.GetValueOrDefault(label)).Text;

    private static LabelSelector? Selector(HostnameGeneratorSpec spec, string kind) => kind switch
    {
        TargetKinds.MeshService => spec.Selector?.MeshService,
        TargetKinds.MeshExternalService => spec.Selector?.MeshExternalService,
        TargetKinds.MeshMultiZoneService => spec.Selector?.MeshMultiZoneService,
        _ => null,
    };
}
