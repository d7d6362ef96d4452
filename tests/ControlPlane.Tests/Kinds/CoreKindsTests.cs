using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Tests.Kinds;

public sealed class CoreKindsTests
{
    private static readonly KindRegistry Registry = new(CoreKinds.All);

    [Fact]
    public void Mesh_ThroughTheWire_KeepsItsJson()
    {
        var spec = JsonBody.FromText("""{"mtls":{"enabledBackend":"ca-1","backends":[{"name":"ca-1","type":"builtin","dpCert":{"rotation":{"expiration":"1d"},"requestTimeout":"10s"},"conf":{"caCert":{"RSAbits":4096}},"mode":"PERMISSIVE"}]},"meshServices":{"mode":"Exclusive"},"networking":{"outbound":{"passthrough":false}}}""");
        var wire = Registry["Mesh"].ToWire(new Resource { Kind = Registry["Mesh"], Name = "default", Spec = spec });

        Assert.Equal("type.googleapis.com/kuma.mesh.v1alpha1.Mesh", wire.TypeUrl);
        var read = Registry["Mesh"].FromWire(wire.TypeUrl, wire.Value);
        Assert.Equal(spec, read.Spec);
        Assert.Null(read.Unknown);
    }

    [Fact]
    public void Insight_AsJson_WritesNumbersAndTimesAsKumaDoes()
    {
        var insight = new DataplaneInsight
        {
            Subscriptions = { new DiscoverySubscription { Id = "1", ConnectTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch), Status = new() { Total = new() { ResponsesSent = 5 } } } },
            MTLS = new() { CertificateRegenerations = 2 },
        };

        Assert.Equal(
            """{"subscriptions":[{"id":"1","connectTime":"1970-01-01T00:00:00Z","status":{"total":{"responsesSent":"5"}}}],"mTLS":{"certificateRegenerations":2}}""",
            new DataplaneInsightKind().Write(insight).ToString());
    }

    [Fact]
    public void UnknownWireFields_AreKeptThroughTheStore()
    {
        // Field 60 of a later version behind a known field.
        byte[] bytes = [.. new MeshConsole.Protos.Kuma.System.Zone { Enabled = true }.ToByteArray(), 0xE2, 0x03, 0x01, 0x41];
        var kind = Registry["Zone"];
        var read = kind.FromWire("type.googleapis.com/kuma.system.v1alpha1.Zone", bytes);

        Assert.Equal("""{"enabled":true}""", read.Spec.ToString());
        Assert.Equal(bytes, read.Unknown);
        var again = kind.ToWire(new Resource { Kind = kind, Name = "lab", Spec = read.Spec, Wire = read.Unknown });
        Assert.Equal(bytes, again.Value.ToArray());
    }

    [Theory]
    [InlineData("type.googleapis.com/kuma.mesh.v1alpha1.Dataplane")]
    [InlineData("")]
    public void WrongMessageName_IsRefused(string typeUrl) =>
        Assert.Throws<FormatException>(() => Registry["Mesh"].FromWire(typeUrl, default));

    [Fact]
    public void BrokenBytes_AreRefusedWithAText() =>
        Assert.StartsWith("spec of Mesh: ", Assert.Throws<FormatException>(() => Registry["Mesh"].FromWire("type.googleapis.com/kuma.mesh.v1alpha1.Mesh", new byte[] { 0x0A, 0xFF })).Message);

    [Fact]
    public void TimeOutsideOfJson_IsRefusedInsteadOfThrown()
    {
        var bytes = new DataplaneInsight { Subscriptions = { new DiscoverySubscription { ConnectTime = new Timestamp { Seconds = long.MaxValue } } } }.ToByteArray();
        Assert.Throws<FormatException>(() => Registry["DataplaneInsight"].FromWire("type.googleapis.com/kuma.mesh.v1alpha1.DataplaneInsight", bytes));
    }

    [Fact]
    public void Defaults_WriteTheCanonicalForm_AndKeepUnknownMembers()
    {
        var kind = Registry["Mesh"];
        Assert.Equal("{}", kind.ApplyDefaults(JsonBody.FromText("""{"mtls":null,"routing":null}"""), Site.Global).ToString());
        Assert.Equal("""{"mtls":{"enabledBackend":"b"}}""", kind.ApplyDefaults(JsonBody.FromText("""{"mtls":{"enabledBackend":"b","skipValidation":false}}"""), Site.Global).ToString());
        var unknown = JsonBody.FromText("""{"mtls":{"enabledBackend":"b","skipValidation":false},"later":1}""");
        Assert.Same(unknown, kind.ApplyDefaults(unknown, Site.Global));
        Assert.Equal("b", new MeshKind().Spec(new Resource { Kind = kind, Name = "m", Spec = unknown }).Mtls.EnabledBackend);
    }

    [Fact]
    public void Bytes_DoNotDependOnTheOrderOfMapEntries()
    {
        var kind = Registry["Dataplane"];
        var a = kind.ToWire(new Resource { Kind = kind, Mesh = "m", Name = "d", Spec = JsonBody.FromText("""{"networking":{"inbound":[{"tags":{"a":"1","b":"2"}}]}}""") });
        var b = kind.ToWire(new Resource { Kind = kind, Mesh = "m", Name = "d", Spec = JsonBody.FromText("""{"networking":{"inbound":[{"tags":{"b":"2","a":"1"}}]}}""") });
        Assert.Equal(a.Value.ToArray(), b.Value.ToArray());
    }

    [Fact]
    public void Schema_DescribesEveryField()
    {
        foreach (var kind in CoreKinds.All)
        {
            Assert.NotEmpty(kind.Schema.Members);
            AssertDescribed(kind.Name, kind.Schema);
        }

        static void AssertDescribed(string path, SpecSchema schema)
        {
            foreach (var member in schema.Members)
            {
                Assert.False(string.IsNullOrEmpty(member.Description), $"{path}.{member.Name} has no description.");
                AssertDescribed($"{path}.{member.Name}", member.Schema);
            }

            if (schema.Items is not null)
            {
                AssertDescribed(path + "[]", schema.Items);
            }
        }
    }

    [Fact]
    public void Schema_KnowsTheShapes()
    {
        var mesh = Registry["Mesh"].Schema;
        var mode = Member(mesh, "meshServices", "mode");
        Assert.Equal(["Disabled", "Everywhere", "ReachableBackends", "Exclusive"], mode.Values);
        Assert.Equal(SchemaType.Boolean, Member(mesh, "networking", "outbound", "passthrough").Type);
        Assert.Equal(SchemaType.Array, Member(mesh, "mtls", "backends").Type);
        Assert.Equal("duration", Member(Registry["Timeout"].Schema, "conf", "connectTimeout").Format);

        static SpecSchema Member(SpecSchema schema, params string[] path) =>
            path.Aggregate(schema, (s, name) => s.Members.Single(m => m.Name == name).Schema);
    }

    [Fact]
    public void Flow_IsTheTableOfKuma214()
    {
        string[] down = [.. CoreKinds.All.Where(k => k.Flow.HasFlag(Flow.GlobalToZone)).Select(k => k.Name).Order()];
        string[] up = [.. CoreKinds.All.Where(k => k.Flow.HasFlag(Flow.ZoneToGlobal)).Select(k => k.Name).Order()];
        Assert.Equal(
            ["CircuitBreaker", "Config", "ExternalService", "FaultInjection", "GlobalSecret", "HealthCheck", "Mesh", "MeshGateway", "MeshGatewayRoute", "ProxyTemplate", "RateLimit", "Retry", "Secret", "ServiceInsight", "Timeout", "TrafficLog", "TrafficPermission", "TrafficRoute", "TrafficTrace", "VirtualOutbound"],
            down);
        Assert.Equal(["Dataplane", "DataplaneInsight", "MeshGateway", "ZoneEgress", "ZoneEgressInsight", "ZoneIngress", "ZoneIngressInsight"], up);
    }
}
