using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using MeshConsole.ControlPlane.Discovery;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Protos.Kuma.System;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>What global sends to one zone: which resources, under which names and labels (Kuma's rules in Kuma's order).</summary>
/// <param name="zone">Name of the zone.</param>
/// <param name="features">What the zone said it can do.</param>
/// <param name="isVersion3">The zone is of version 3: it takes policies without a top-level target although it does not say so.</param>
internal sealed class ZoneView(string zone, ImmutableHashSet<string> features, bool isVersion3) : SyncView
{
    private const string SigningKey = "zone-token-signing-key";
    private const string PublicKey = "zone-token-signing-public-key";

    private static readonly string[] GlobalOnlySecrets =
    [
        "envoy-admin-ca", "admin-user-token", "inter-cp-ca", "user-token-revocations",
    ];

    private readonly bool hashed = features.Contains(KdsFeatures.HashSuffix);

    public static bool Travels(ResourceKind kind) => (kind.Flow & (Flow.GlobalToZone | Flow.ZoneToOtherZones)) != 0;

    public override bool Carries(ResourceKind kind) => Travels(kind);

    public override Projection Project(Resource resource, World world)
    {
        if (Withheld(resource, world) is { } reason)
        {
            return new Projection(null, reason);
        }

        var forms = resource.Memo(DownForms.Create);
        return forms.Failure is null ? new Projection(forms.Get(hashed)) : new Projection(null, forms.Failure);
    }

    public override string WireName(Resource resource) => resource.Memo(DownForms.Create).WireName(hashed);

    /// <summary>Switching a zone off or on changes what the other zones see of everything that came from it.</summary>
    public override IEnumerable<string> Affected(Change change) =>
        change.Key.Kind == "Zone" && change.Key.Name != zone && IsEnabled(change.Before) != IsEnabled(change.After) ? PassedOn : [];

    /// <summary>Kinds that are passed from zone to zone; set by the server from its registry.</summary>
    public required ImmutableArray<string> PassedOn { get; init; }

    private static bool IsEnabled(Resource? zoneResource) =>
        zoneResource is null || zoneResource.Kind is not ZoneKind kind || (kind.Spec(zoneResource).Enabled ?? true);

    /// <summary>Null when the resource goes to this zone; else why it does not.</summary>
    private string? Withheld(Resource resource, World world)
    {
        var kind = resource.Kind;
        if (resource.Labels.GetValueOrDefault(Labels.KdsSync) == "disabled")
        {
            return $"label {Labels.KdsSync} is disabled";
        }

        if (kind.Name == "Config" && resource.Name != "kuma-cluster-id")
        {
            return "internal setting of global";
        }

        if (kind.Name == "GlobalSecret" && IsGlobalOnly(resource.Name))
        {
            return "secret of global alone";
        }

        var ofGlobal = resource.Origin is null or Labels.OriginGlobal;
        if (ofGlobal)
        {
            if (!kind.Flow.HasFlag(Flow.GlobalToZone))
            {
                return $"{kind.Name} does not go to zones";
            }

            if (kind.Policy is { IsTargetRef: true } && !TakesWithoutTarget && !PolicyFacts.Of(resource).HasTarget)
            {
                return "the zone's version needs a top-level targetRef";
            }
        }
        else if (FromAnotherZone(resource, world) is { } reason)
        {
            return reason;
        }

        return kind.Name == "HostnameGenerator" && !features.Contains(KdsFeatures.MultiZoneSelector) && SelectsMultiZone(resource)
            ? "the zone's version does not know selectors of MeshMultiZoneService"
            : null;
    }

    private bool TakesWithoutTarget => isVersion3 || features.Contains(KdsFeatures.OptionalTopLevelTargetRef);

    private string? FromAnotherZone(Resource resource, World world)
    {
        var kind = resource.Kind;
        if (!kind.Flow.HasFlag(Flow.ZoneToOtherZones))
        {
            return $"{kind.Name} of a zone stays at global";
        }

        if (kind.Policy is { IsTargetRef: true })
        {
            var facts = PolicyFacts.Of(resource);
            if (!features.Contains(KdsFeatures.ProducerPolicyFlow))
            {
                return "the zone's version takes no policies of other zones";
            }

            if (resource.Labels.GetValueOrDefault(Labels.PolicyRole) != "producer" || !facts.IsProducer)
            {
                return "only producer policies go to other zones";
            }

            if (!TakesWithoutTarget && !facts.HasTarget)
            {
                return "the zone's version needs a top-level targetRef";
            }

            if (facts.OnlyZone is { } only && only != zone)
            {
                return $"meant for zone {only}";
            }
        }

        var from = resource.Zone ?? (resource.Name.IndexOf('.') is > 0 and var dot ? resource.Name[..dot] : "");
        if (from == zone)
        {
            return "the zone's own";
        }

        return IsEnabled(world.Find("Zone", from)) ? null : $"zone {from} is disabled";
    }

    private static bool IsGlobalOnly(string name) =>
        GlobalOnlySecrets.Contains(name)
        || name.StartsWith("user-token-signing-key", StringComparison.Ordinal)
        || name.StartsWith("meshconsole-", StringComparison.Ordinal); // ours alone, never for zones

    private static bool SelectsMultiZone(Resource resource)
    {
        var spec = resource.Spec.Parse();
        return spec.TryGetProperty("selector", out var selector) && selector.ValueKind == JsonValueKind.Object
            && selector.TryGetProperty("meshMultiZoneService", out var multi) && multi.ValueKind == JsonValueKind.Object;
    }

    /// <summary>The two forms in which a resource goes down, encoded at most once each and shared by all zones.</summary>
    private sealed class DownForms(Resource source, ImmutableSortedDictionary<string, string> labels, string name, WirePayload spec, string? failure)
    {
        private readonly bool keepsName = source.Kind.Flow.HasFlag(Flow.KeepsName);
        private DeltaItem? bare;
        private DeltaItem? withSuffix;

        /// <summary>Why it cannot be encoded, or null.</summary>
        public string? Failure { get; private set; } = failure;

        public static DownForms Create(Resource resource)
        {
            var labels = resource.Labels.SetItem(Labels.Origin, Labels.OriginGlobal);
            try
            {
                if (resource.Kind.Name == "GlobalSecret" && resource.Name.StartsWith(SigningKey, StringComparison.Ordinal))
                {
                    return Key(resource, labels);
                }

                return new DownForms(resource, labels, resource.Name, resource.Kind.ToWire(resource), null);
            }
            catch (Exception e) when (e is JsonException or FormatException or CryptographicException or ArgumentException)
            {
                // One object that cannot be encoded must not stop the others.
                return new DownForms(resource, labels, resource.Name, default, $"cannot be encoded: {e.Message}");
            }
        }

        public string WireName(bool hashed) => KdsName.Join(hashed && !keepsName ? KdsName.Hash(source.Mesh, name, labels) : name, source.Mesh);

        public DeltaItem Get(bool hashed)
        {
            if (hashed && !keepsName)
            {
                return withSuffix ??= WireForm.Encode(
                    source,
                    KdsName.Hash(source.Mesh, name, labels),
                    labels.ContainsKey(Labels.DisplayName) ? labels : labels.SetItem(Labels.DisplayName, name),
                    spec,
                    status: null);
            }

            return bare ??= WireForm.Encode(source, name, labels, spec, status: null);
        }

        /// <summary>The private key of zone tokens stays here; zones get the public one under another name.</summary>
        private static DownForms Key(Resource resource, ImmutableSortedDictionary<string, string> labels)
        {
            var secret = ((GlobalSecretKind)resource.Kind).Spec(resource);
            using var rsa = RSA.Create();
            var data = secret.Data?.ToArray() ?? [];
            var text = Encoding.UTF8.GetString(data);
            if (text.Contains("-----BEGIN", StringComparison.Ordinal))
            {
                rsa.ImportFromPem(text);
            }
            else
            {
                rsa.ImportRSAPrivateKey(data, out _);
            }

            var published = new Secret { Data = ByteString.CopyFromUtf8(rsa.ExportRSAPublicKeyPem() + "\n") };
            return new DownForms(
                resource,
                labels.SetItem(Labels.DisplayName, resource.Name),
                PublicKey + resource.Name[SigningKey.Length..],
                new WirePayload("type.googleapis.com/kuma.system.v1alpha1.Secret", published.ToByteArray()),
                null);
        }
    }
}
