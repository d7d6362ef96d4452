using System.Globalization;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Kinds.MeshExternalService;
using MeshConsole.ControlPlane.Kinds.MeshMultiZoneService;
using MeshConsole.ControlPlane.Kinds.MeshService;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.ControlPlane.Resources;

/// <summary>
/// The server names under which the ports of a destination are reached through zone proxies:
/// <c>sni.SHORT.MESH[.ZONE[.NAMESPACE]].NAME.SECTION</c> (Kuma 2.14).
/// </summary>
public static class Sni
{
    /// <summary>One name for each port, by port; empty for what is no destination. A port whose name is no DNS name has none.</summary>
    public static IEnumerable<(int Port, string Name)> Of(Resource resource) => resource.Kind.Name is "MeshService" or "MeshMultiZoneService" or "MeshExternalService"
        ? Ports(resource).OrderBy(p => p.Port).Select(p => (p.Port, Name: Write(resource, p.Section))).Where(s => Checks.IsDnsName(s.Name))
        : [];

    private static string Write(Resource resource, string section)
    {
        var kri = Kri.Of(resource, section)!.Value;
        var place = kri.Zone.Length == 0 ? "" : kri.Namespace.Length == 0 ? $".{kri.Zone}" : $".{kri.Zone}.{kri.Namespace}";
        return $"sni.{kri.ShortName}.{kri.Mesh}{place}.{kri.Name}.{section}";
    }

    private static IEnumerable<(int Port, string Section)> Ports(Resource resource) => resource.Kind switch
    {
        MeshServiceKind kind => Named(kind.Spec(resource).Ports),
        MeshMultiZoneServiceKind kind => Named(kind.Spec(resource).Ports),
        MeshExternalServiceKind kind when kind.Spec(resource).Match?.Port is { } port => [(port, port.ToString(CultureInfo.InvariantCulture))],
        _ => [],
    };

    private static IEnumerable<(int Port, string Section)> Named(IEnumerable<ServicePort>? ports) =>
        (ports ?? []).Select(p => (p.Port ?? 0, p.SectionName));
}
