using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Kinds.MeshExternalService;
using MeshConsole.ControlPlane.Kinds.MeshMultiZoneService;
using MeshConsole.ControlPlane.Kinds.MeshService;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Tests.Resources;

public sealed class SniTests
{
    private static readonly KindRegistry Kinds = new([.. CoreKinds.All, new MeshServiceKind(), new MeshMultiZoneServiceKind(), new MeshExternalServiceKind()]);

    [Theory]
    [InlineData("MeshService", """{"ports":[{"port":8080,"name":"http"},{"port":80}]}""", "lab", "", "80=sni.msvc.default.lab.api.80", "8080=sni.msvc.default.lab.api.http")]
    [InlineData("MeshService", """{"ports":[{"port":80,"name":"main"}]}""", "eks", "demo", "80=sni.msvc.default.eks.demo.api.main")]
    [InlineData("MeshMultiZoneService", """{"ports":[{"port":80,"name":"main"}]}""", "", "demo", "80=sni.mzsvc.default.api.main")]
    [InlineData("MeshExternalService", """{"match":{"port":443}}""", "", "", "443=sni.extsvc.default.api.443")]
    [InlineData("MeshService", """{"ports":[{"port":80,"name":"Not_A_Label"}]}""", "lab", "")]
    [InlineData("MeshService", "{}", "lab", "")]
    [InlineData("Dataplane", "{}", "lab", "")]
    public void Sni_OfEachPort(string kind, string spec, string zone, string space, params string[] names)
    {
        var labels = Labels.None.Add(Labels.DisplayName, "api");
        labels = zone.Length > 0 ? labels.Add(Labels.Zone, zone) : labels;
        labels = space.Length > 0 ? labels.Add(Labels.Namespace, space) : labels;
        var resource = new Resource { Kind = Kinds[kind], Mesh = "default", Name = "api-xyz", Labels = labels, Spec = JsonBody.FromText(spec) };
        Assert.Equal(names, Sni.Of(resource).Select(s => $"{s.Port}={s.Name}"));
    }
}
