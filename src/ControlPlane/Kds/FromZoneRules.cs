using Google.Protobuf.Collections;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>
/// What global makes of a zone's resources: attributed by the connection, never by what they claim. Labels and every zone
/// named in the payload are pinned to the zone that holds the connection.
/// </summary>
/// <param name="zone">The zone behind the connection.</param>
/// <param name="hashed">The zone sends hashed names; without it, names get the prefix <c>zone.</c>.</param>
/// <param name="repinned">Called when a claim had to be corrected.</param>
/// <param name="ended">Cancelled when the connection is over or another one took its place.</param>
internal sealed class FromZoneRules(string zone, bool hashed, Action<ResourceKey>? repinned = null, CancellationToken ended = default) : ReceiveRules
{
    public override Actor Actor { get; } = Actor.OfZone(zone);

    public override Site Site => Site.Global;

    public override bool Takes(ResourceKind kind) => kind.Flow.HasFlag(Flow.ZoneToGlobal);

    public override string Foreign(ResourceKind kind) => $"{kind.Name} of a zone does not go to global";

    public override Resource? Accept(ResourceKind kind, Incoming incoming)
    {
        var name = StoredName(incoming.Name);
        if (name.Length > 253 || incoming.Mesh.Length > 253)
        {
            throw new FormatException("the name is longer than 253 characters");
        }

        var spec = Pin(kind, incoming.Spec, out var corrected);
        var resource = new Resource
        {
            Kind = kind,
            Mesh = incoming.Mesh,
            Name = name,
            Labels = incoming.Labels.SetItem(Labels.Zone, zone).SetItem(Labels.Origin, Labels.OriginZone),
            Spec = spec.Spec,
            Wire = spec.Unknown,
            Status = incoming.Status,
        };
        if (corrected)
        {
            repinned?.Invoke(resource.Key);
        }

        return resource;
    }

    public override string StoredName(string wireName) => hashed ? wireName : $"{zone}.{wireName}";

    public override bool InScope(Resource stored) =>
        stored.Zone == zone || (stored.Zone is null && stored.Name.StartsWith(zone + ".", StringComparison.Ordinal) && stored.Origin == Labels.OriginZone);

    public override string Clash(Resource stored) =>
        $"{stored.Kind.Name} \"{KdsName.Join(stored.Name, stored.Mesh)}\": the name is taken by {(stored.Zone is { } other ? $"zone {other}" : "global")}";

    /// <summary>
    /// What an older connection of the zone still had on its way must not overwrite what a newer one brought: it is passed over.
    /// </summary>
    /// <exception cref="OperationCanceledException">The connection is over.</exception>
    public override void CheckPlace(World world)
    {
        ended.ThrowIfCancellationRequested();
        if (world.Find("Zone", zone) is null)
        {
            throw new ZoneGoneException(zone);
        }
    }

    private WireSpec Pin(ResourceKind kind, WireSpec spec, out bool corrected)
    {
        corrected = false;
        switch (kind)
        {
            case ZoneIngressKind ingress:
                {
                    var message = Message<ZoneIngress>(ingress, spec);
                    var changed = PinZone(message.Zone, z => message.Zone = z, ref corrected);
                    foreach (var service in message.AvailableServices)
                    {
                        changed |= PinTag(service.Tags, ref corrected);
                    }

                    return changed ? ingress.FromMessage(message) : spec;
                }

            case ZoneEgressKind egress:
                {
                    var message = Message<ZoneEgress>(egress, spec);
                    return PinZone(message.Zone, z => message.Zone = z, ref corrected) ? egress.FromMessage(message) : spec;
                }

            case DataplaneKind dataplane:
                {
                    var message = Message<Dataplane>(dataplane, spec);
                    var changed = false;
                    foreach (var inbound in message.Networking?.Inbound ?? [])
                    {
                        changed |= PinTag(inbound.Tags, ref corrected);
                    }

                    if (message.Networking?.Gateway is { } gateway)
                    {
                        changed |= PinTag(gateway.Tags, ref corrected);
                    }

                    return changed ? dataplane.FromMessage(message) : spec;
                }

            default:
                return spec;
        }
    }

    private static T Message<T>(ProtoKind<T> kind, WireSpec spec)
        where T : class, Google.Protobuf.IMessage<T>, new()
    {
        if (spec.Unknown is { } bytes)
        {
            var message = new T();
            Google.Protobuf.MessageExtensions.MergeFrom(message, bytes);
            return message;
        }

        return (T)kind.ReadSpec(spec.Spec);
    }

    private bool PinZone(string claimed, Action<string> set, ref bool corrected)
    {
        if (claimed == zone)
        {
            return false;
        }

        corrected |= claimed.Length > 0; // an empty one is normal and only filled in
        set(zone);
        return true;
    }

    private bool PinTag(MapField<string, string> tags, ref bool corrected)
    {
        if (!tags.TryGetValue(Labels.Zone, out var claimed) || claimed == zone)
        {
            return false;
        }

        tags[Labels.Zone] = zone;
        corrected = true;
        return true;
    }
}
