using System.Collections.Immutable;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Google.Protobuf.WellKnownTypes;
using MeshConsole.Protos.Kuma.Mesh;

namespace MeshConsole.Web.Live;

/// <summary>One port a proxy listens on for its workload.</summary>
/// <param name="Port">Port of the proxy.</param>
/// <param name="Service">Value of tag <c>kuma.io/service</c>, or the inbound's name.</param>
/// <param name="Protocol">Protocol, <c>tcp</c> when not said.</param>
/// <param name="Ready">The workload behind it answers.</param>
/// <param name="Tags">All its tags.</param>
public sealed record InboundFacts(uint Port, string Service, string Protocol, bool Ready, ImmutableSortedDictionary<string, string> Tags);

/// <summary>A data plane as lists and pages show it. Read from its Dataplane and insight once per pair of these.</summary>
public sealed record ProxyFacts
{
    private static readonly ImmutableSortedDictionary<string, string> NoTags = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Its key.</summary>
    public required ResourceKey Key { get; init; }

    /// <summary>Its name as a person gave it.</summary>
    public required string Name { get; init; }

    /// <summary>Its mesh.</summary>
    public required string Mesh { get; init; }

    /// <summary>Its zone, or empty.</summary>
    public required string Zone { get; init; }

    /// <summary><c>sidecar</c>, <c>built-in gateway</c> or <c>delegated gateway</c>.</summary>
    public required string Role { get; init; }

    /// <summary>Address it listens on.</summary>
    public required string Address { get; init; }

    /// <summary>Its services, joined for reading.</summary>
    public required string Services { get; init; }

    /// <summary>All tag values of inbounds and gateway, as <c>key=value</c>.</summary>
    public required string TagText { get; init; }

    /// <summary>Its inbounds.</summary>
    internal ImmutableArray<InboundFacts> Inbounds { get; init; }

    /// <summary>Begin of the newest subscription; null when it never connected.</summary>
    public DateTimeOffset? ConnectedAt { get; init; }

    /// <summary>End of its certificate, when it has one.</summary>
    public DateTimeOffset? CertificateEnds { get; init; }

    /// <summary>Version of the proxy, or empty.</summary>
    public string Version { get; init; } = "";

    /// <summary>Reads a Dataplane with its insight.</summary>
    public static ProxyFacts Of(World world, Resource resource)
    {
        var insight = world.Find("DataplaneInsight", resource.Mesh, resource.Name);
        var known = resource.Memo(_ => new Box());
        if (known.Facts is { } facts && ReferenceEquals(known.Insight, insight))
        {
            return facts;
        }

        facts = Read(resource, insight);
        (known.Facts, known.Insight) = (facts, insight);
        return facts;
    }

    private static ProxyFacts Read(Resource resource, Resource? insightResource)
    {
        var networking = (resource.Kind.TypedSpec(resource) as Dataplane)?.Networking ?? new Dataplane.Types.Networking();
        var insight = insightResource?.Kind.TypedSpec(insightResource) as DataplaneInsight;
        var last = insight?.Subscriptions.LastOrDefault();
        var inbounds = networking.Inbound.Select(i => new InboundFacts(
            i.Port,
            i.Tags.TryGetValue("kuma.io/service", out var service) ? service : i.Name,
            i.Protocol.Length > 0 ? i.Protocol : i.Tags.TryGetValue("kuma.io/protocol", out var protocol) ? protocol : "tcp",
            i.State == Dataplane.Types.Networking.Types.Inbound.Types.State.Ready && i.Health is not { Ready: false },
            NoTags.AddRange(i.Tags))).ToImmutableArray();
        var gateway = networking.Gateway;
        var services = inbounds.Select(i => i.Service)
            .Append(gateway is not null && gateway.Tags.TryGetValue("kuma.io/service", out var g) ? g : "")
            .Where(s => s.Length > 0).Distinct();
        var tags = inbounds.SelectMany(i => i.Tags).Concat(gateway is null ? [] : gateway.Tags).Select(t => $"{t.Key}={t.Value}").Distinct();
        return new ProxyFacts
        {
            Key = resource.Key,
            Name = resource.DisplayName,
            Mesh = resource.Mesh,
            Zone = resource.Zone ?? "",
            Role = gateway is null ? "sidecar" : gateway.Type == Dataplane.Types.Networking.Types.Gateway.Types.GatewayType.Builtin ? "built-in gateway" : "delegated gateway",
            Address = networking.AdvertisedAddress.Length > 0 ? networking.AdvertisedAddress : networking.Address,
            Services = string.Join(", ", services),
            TagText = string.Join(" ", tags),
            Inbounds = inbounds,
            ConnectedAt = Moment(last?.ConnectTime),
            CertificateEnds = Moment(insight?.MTLS?.CertificateExpirationTime),
            Version = last?.Version?.KumaDp?.Version ?? "",
        };
    }

    internal static DateTimeOffset? Moment(Timestamp? time) => time?.ToDateTimeOffset();

    /// <inheritdoc />
    public bool Equals(ProxyFacts? other) => other is not null
        && Key == other.Key
        && (Zone, Role, Address, Services, TagText, Version) == (other.Zone, other.Role, other.Address, other.Services, other.TagText, other.Version); // what lists show: counters of the insight are no news

    /// <inheritdoc />
    public override int GetHashCode() => Key.GetHashCode();

    private sealed class Box
    {
        public ProxyFacts? Facts { get; set; }

        public Resource? Insight { get; set; }
    }
}
