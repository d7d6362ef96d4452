using Google.Protobuf.WellKnownTypes;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Insights;

/// <summary>What the insight of a proxy says, read once per insight.</summary>
public sealed class ProxyInsight
{
    private ProxyInsight(IEnumerable<DiscoverySubscription> subscriptions, DataplaneInsight.Types.MTLS? mtls)
    {
        var last = subscriptions.LastOrDefault();
        IsOnline = last is { ConnectTime: not null, DisconnectTime: null };
        ConnectedAt = Time(last?.ConnectTime);
        DisconnectedAt = Time(last?.DisconnectTime);
        ProxyVersion = last?.Version?.KumaDp?.Version is { Length: > 0 } dp ? dp : null;
        EnvoyVersion = last?.Version?.Envoy?.Version is { Length: > 0 } envoy ? envoy : null;
        IssuedBackend = mtls?.IssuedBackend is { Length: > 0 } issued ? issued : null;
        SupportedBackends = mtls?.SupportedBackends.ToArray() ?? [];
        CertificateExpires = Time(mtls?.CertificateExpirationTime);
    }

    /// <summary>True when the newest subscription is open.</summary>
    public bool IsOnline { get; }

    /// <summary>Start of the newest subscription (UTC), or null.</summary>
    public DateTimeOffset? ConnectedAt { get; }

    /// <summary>End of the newest subscription (UTC), or null while it is open or there is none.</summary>
    public DateTimeOffset? DisconnectedAt { get; }

    /// <summary>Version of the proxy's own program, or null.</summary>
    public string? ProxyVersion { get; }

    /// <summary>Version of Envoy, or null.</summary>
    public string? EnvoyVersion { get; }

    /// <summary>Backend that issued the certificate in use, or null.</summary>
    public string? IssuedBackend { get; }

    /// <summary>Backends whose certificates the proxy accepts.</summary>
    public IReadOnlyList<string> SupportedBackends { get; }

    /// <summary>End of the certificate in use (UTC), or null.</summary>
    public DateTimeOffset? CertificateExpires { get; }

    /// <summary>Reads an insight of a Dataplane, ZoneIngress or ZoneEgress; null when there is no insight.</summary>
    public static ProxyInsight? Of(Resource? insight) => insight?.Memo(Read);

    private static ProxyInsight Read(Resource insight) => insight.Kind.TypedSpec(insight) switch
    {
        DataplaneInsight i => new ProxyInsight(i.Subscriptions, i.MTLS),
        ZoneIngressInsight i => new ProxyInsight(i.Subscriptions, null),
        ZoneEgressInsight i => new ProxyInsight(i.Subscriptions, null),
        _ => throw new ArgumentException($"{insight.Kind} is no insight of a proxy", nameof(insight)),
    };

    private static DateTimeOffset? Time(Timestamp? timestamp) => timestamp?.ToDateTimeOffset();
}

/// <summary>What a Dataplane says of itself, read once per resource.</summary>
public sealed class ProxyFacts
{
    private ProxyFacts(Dataplane dataplane)
    {
        var networking = dataplane.Networking;
        Gateway = networking?.Gateway is not { } gateway ? null : gateway.Type == Dataplane.Types.Networking.Types.Gateway.Types.GatewayType.Builtin ? "builtin" : "delegated";
        var inbounds = networking?.Inbound.Where(i => i.State != Dataplane.Types.Networking.Types.Inbound.Types.State.Ignored).ToList() ?? [];
        Inbounds = inbounds.Count;
        ReadyInbounds = inbounds.Count(i => i.State == Dataplane.Types.Networking.Types.Inbound.Types.State.Ready && (i.Health?.Ready ?? true));
        var tagSets = inbounds.Select(i => i.Tags).ToList();
        if (networking?.Gateway?.Tags is { Count: > 0 } tags)
        {
            tagSets.Add(tags);
        }

        Services = [.. tagSets.Select(t => t.TryGetValue("kuma.io/service", out var service) ? service : "").Where(s => s.Length > 0).Distinct(StringComparer.Ordinal)];
    }

    /// <summary><c>builtin</c>, <c>delegated</c>, or null when it is no gateway.</summary>
    public string? Gateway { get; }

    /// <summary>Inbounds that count (not ignored).</summary>
    public int Inbounds { get; }

    /// <summary>Those of them that are ready.</summary>
    public int ReadyInbounds { get; }

    /// <summary>Values of the tag <c>kuma.io/service</c>.</summary>
    public IReadOnlyList<string> Services { get; }

    /// <summary>Reads a Dataplane.</summary>
    public static ProxyFacts Of(Resource dataplane) => dataplane.Memo(r => new ProxyFacts((Dataplane)r.Kind.TypedSpec(r)));
}
