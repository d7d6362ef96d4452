using System.Collections.Immutable;
using System.Text.Json;
using Google.Protobuf;
using MeshConsole.ControlPlane.Discovery;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>What a zone sends to global: what it wrote itself, labelled with its name, under hashed names.</summary>
/// <param name="zone">Name of this zone.</param>
internal sealed class UpView(string zone) : SyncView
{
    public static bool Travels(ResourceKind kind) => kind.Flow.HasFlag(Flow.ZoneToGlobal);

    public override bool Carries(ResourceKind kind) => Travels(kind);

    public override Projection Project(Resource resource, World world)
    {
        if (resource.Labels.GetValueOrDefault(Labels.KdsSync) == "disabled")
        {
            return new Projection(null, $"label {Labels.KdsSync} is disabled");
        }

        if (resource.Origin is not null and not Labels.OriginZone)
        {
            return new Projection(null, "came from global");
        }

        var form = resource.Memo(r => UpForm.Create(r, zone));
        return form.Item is null ? new Projection(null, form.Failure) : new Projection(form.Item);
    }

    public override string WireName(Resource resource) => KdsName.Join(KdsName.Hash(resource.Mesh, resource.Name, Outgoing(resource, zone)), resource.Mesh);

    private static ImmutableSortedDictionary<string, string> Outgoing(Resource resource, string zone) =>
        resource.Labels
            .SetItem(Labels.Origin, Labels.OriginZone)
            .SetItem(Labels.Zone, zone)
            .Remove(Labels.DeletionGracePeriodStartedAt);

    private sealed class UpForm(DeltaItem? item, string? failure)
    {
        public DeltaItem? Item { get; } = item;

        public string? Failure { get; } = failure;

        public static UpForm Create(Resource resource, string zone)
        {
            try
            {
                var labels = Outgoing(resource, zone);
                var name = KdsName.Hash(resource.Mesh, resource.Name, labels);
                if (!labels.ContainsKey(Labels.DisplayName))
                {
                    labels = labels.SetItem(Labels.DisplayName, resource.Name);
                }

                return new UpForm(WireForm.Encode(resource, name, labels, Payload(resource), resource.Kind.HasStatus ? resource.Status ?? JsonBody.Empty : null), null);
            }
            catch (Exception e) when (e is JsonException or FormatException or ArgumentException)
            {
                return new UpForm(null, $"cannot be encoded: {e.Message}");
            }
        }

        /// <summary>Insights travel without their generation, which changes all the time and says nothing to global.</summary>
        private static WirePayload Payload(Resource resource)
        {
            var payload = resource.Kind.ToWire(resource);
            return resource.Kind switch
            {
                DataplaneInsightKind => Without(DataplaneInsight.Parser.ParseFrom(payload.Value.Span), m => m.Subscriptions),
                ZoneIngressInsightKind => Without(ZoneIngressInsight.Parser.ParseFrom(payload.Value.Span), m => m.Subscriptions),
                ZoneEgressInsightKind => Without(ZoneEgressInsight.Parser.ParseFrom(payload.Value.Span), m => m.Subscriptions),
                _ => payload,
            };

            WirePayload Without<T>(T message, Func<T, IEnumerable<DiscoverySubscription>> subscriptions)
                where T : IMessage<T>
            {
                foreach (var subscription in subscriptions(message))
                {
                    subscription.Generation = 0;
                }

                return payload with { Value = ProtoJson.Bytes(message) };
            }
        }
    }
}
