using MeshConsole.ControlPlane.Kinds;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Tests.Kinds;

public sealed class DefaultsTests
{
    private static readonly Site Lab = new(SiteMode.Zone, "lab");

    [Theory]
    [InlineData("1h30m", "5400s")]
    [InlineData("250ms", "0.250s")]
    [InlineData("1.5s", "1.500s")]
    [InlineData("15s", "15s")]
    [InlineData("0", "0s")]
    public void Duration_InGoForm_IsStoredInSeconds(string written, string stored) =>
        Assert.Equal(
            $$$"""{"conf":{"connectTimeout":"{{{stored}}}"}}""",
            new KindRegistry(CoreKinds.All)["Timeout"].ApplyDefaults(JsonBody.FromText($$$"""{"conf":{"connectTimeout":"{{{written}}}"}}"""), Site.Global).ToString());

    [Fact]
    public void Duration_BesideUnknownMembers_IsInSecondsToo()
    {
        var spec = new KindRegistry(CoreKinds.All)["Timeout"].ApplyDefaults(JsonBody.FromText("""{"conf":{"connect_timeout":"1m","later":true}}"""), Site.Global);
        Assert.Equal("""{"conf":{"connect_timeout":"60s","later":true}}""", spec.ToString());
    }

    [Fact]
    public void Duration_ThatIsNone_StaysForTheStructuralCheck()
    {
        var kind = new KindRegistry(CoreKinds.All)["Timeout"];
        var spec = kind.ApplyDefaults(JsonBody.FromText("""{"conf":{"connectTimeout":"5 s"}}"""), Site.Global);
        var violation = Assert.Single(StructureCheck.Check(spec.Parse(), kind.Schema, "").Violations);
        Assert.Equal("conf.connectTimeout", violation.Field);
    }

    [Theory]
    [InlineData("""{}""", """{"port":5670,"path":"/metrics","tags":{"kuma.io/service":"dataplane-metrics"},"tls":{}}""")]
    [InlineData("""{"port":9000,"path":"/m","tags":{"kuma.io/service":"m"},"tls":{"mode":"disabled"}}""", """{"port":9000,"path":"/m","tags":{"kuma.io/service":"m"},"tls":{"mode":"disabled"}}""")]
    [InlineData("""{"port":1,"path":"/","tags":{"a":"b"},"skipMTLS":true}""", """{"port":1,"path":"/","tags":{"a":"b"},"skipMTLS":true,"tls":{"mode":"disabled"}}""")]
    [InlineData("""{"port":1,"path":"/","tags":{"a":"b"},"skipMTLS":true,"tls":{"mode":"providedTLS"}}""", """{"port":1,"path":"/","tags":{"a":"b"},"tls":{"mode":"providedTLS"}}""")]
    public void Prometheus_Conf_IsFilledInAsKumaDoes(string written, string stored)
    {
        var spec = new MeshKind().ApplyDefaults(JsonBody.FromText($$$"""{"metrics":{"backends":[{"name":"p","type":"prometheus","conf":{{{written}}}}]}}"""), Site.Global);
        Assert.Equal(JsonBody.FromText($$$"""{"metrics":{"backends":[{"name":"p","type":"prometheus","conf":{{{stored}}}}]}}"""), spec);
    }

    [Fact]
    public void Dataplane_InAZone_GetsItInTagsThatAreThere()
    {
        var spec = JsonBody.FromText("""{"networking":{"address":"10.0.0.1","inbound":[{"tags":{"kuma.io/service":"api","kuma.io/zone":"eks"},"port":80},{"port":81}]}}""");
        Assert.Equal(
            JsonBody.FromText("""{"networking":{"address":"10.0.0.1","inbound":[{"tags":{"kuma.io/service":"api","kuma.io/zone":"lab"},"port":80},{"port":81}]}}"""),
            new DataplaneKind().ApplyDefaults(spec, Lab));
        Assert.Same(spec, new DataplaneKind().ApplyDefaults(spec, Site.Global));
    }

    [Fact]
    public void Mesh_NameOutsideRfc1035_IsWarnedOf() =>
        Assert.Contains("RFC 1035", Assert.Single(new MeshKind().Warnings(new Resource { Kind = new MeshKind(), Name = "1mesh" })));

    [Fact]
    public void Secret_WithoutData_IsWarnedOf()
    {
        var kind = new SecretKind();
        Assert.Single(kind.Warnings(new Resource { Kind = kind, Name = "s", Mesh = "m" }));
        Assert.Empty(kind.Warnings(new Resource { Kind = kind, Name = "s", Mesh = "m", Spec = JsonBody.FromText("""{"data":"aGk="}""") }));
    }
}
