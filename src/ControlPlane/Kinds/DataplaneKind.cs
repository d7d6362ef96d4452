using System.Text.Json.Nodes;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;
using GatewayType = MeshConsole.Protos.Kuma.Mesh.Dataplane.Types.Networking.Types.Gateway.Types.GatewayType;
using Proto = MeshConsole.Protos.Kuma.Mesh.Dataplane;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>A data plane: the proxy beside a workload, or a gateway.</summary>
public sealed class DataplaneKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "Dataplane";

    /// <inheritdoc />
    public override string Path => "dataplanes";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.ZoneToGlobal;

    /// <inheritdoc />
    public override string? ShortName => "dp";

    /// <inheritdoc />
    public override string SingularDisplayName => "Dataplane";

    /// <inheritdoc />
    public override string PluralDisplayName => "Dataplanes";

    /// <summary>Also puts the zone into the tags of inbounds and gateways that have tags.</summary>
    public override JsonBody ApplyDefaults(JsonBody spec, Site site)
    {
        var body = base.ApplyDefaults(spec, site);
        if (site.Zone.Length == 0)
        {
            return body;
        }

        var node = body.ToNode();
        var changed = false;
        var networking = node["networking"] as JsonObject;
        foreach (var tagged in (networking?["inbound"] as JsonArray ?? []).Append(networking?["gateway"]))
        {
            if ((tagged as JsonObject)?["tags"] is JsonObject { Count: > 0 } tags
                && !(tags[TagKeys.Zone] is JsonValue value && value.TryGetValue<string>(out var zone) && zone == site.Zone))
            {
                tags[TagKeys.Zone] = site.Zone;
                changed = true;
            }
        }

        return changed ? JsonBody.FromNode(node) : body;
    }

    /// <inheritdoc />
    protected override void Check(Proto spec, ValidationContext context, ViolationList at)
    {
        if (spec.Networking is not { } networking)
        {
            at.Add("networking", "must be defined");
            return;
        }

        DataplaneCheck.AdminPort(networking, at);
        switch (networking.Gateway?.Type)
        {
            case GatewayType.Delegated:
                DataplaneCheck.GatewayHasNo("delegated", networking, at);
                DataplaneCheck.Gateway(networking.Gateway, at);
                DataplaneCheck.Probes(spec.Probes, at);
                break;
            case GatewayType.Builtin:
                DataplaneCheck.GatewayHasNo("builtin", networking, at);
                at.AddIf(networking.Outbound.Count > 0, "networking.outbound", "outbound cannot be defined for builtin gateways");
                at.AddIf(spec.Probes is not null, "networking.probes", "probes cannot be defined for builtin gateways"); // Kuma's path
                DataplaneCheck.Gateway(networking.Gateway, at);
                break;
            default:
                DataplaneCheck.Probes(spec.Probes, at);
                if (spec.Metrics is { } metrics)
                {
                    MeshBackendCheck.MetricsBackend(metrics, "metrics", at);
                }

                DataplaneCheck.Listeners(networking, at);
                break;
        }

        DataplaneCheck.Networking(networking, at);
        WorkloadLabel(context, at);
    }

    private static void WorkloadLabel(ValidationContext context, ViolationList at)
    {
        if (!context.Draft.Labels.TryGetValue(Labels.Workload, out var workload) || workload.Length == 0)
        {
            return;
        }

        var field = FieldPath.Key("labels", Labels.Workload);
        if (context.Site.IsGlobal)
        {
            at.Add(field, "not allowed on Global control plane");
        }
        else
        {
            at.AddIf(!Checks.IsDns1035Label(workload), field, "must be a valid DNS-1035 label (at most 63 characters, matching regex [a-z]([-a-z0-9]*[a-z0-9])?)");
        }
    }
}
