using System.Text.Json.Nodes;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;
using Proto = MeshConsole.Protos.Kuma.Mesh.Mesh;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>A mesh: a set of services that may talk to each other.</summary>
public sealed class MeshKind : ProtoKind<Proto>
{
    /// <summary>The only type of metrics backend.</summary>
    internal const string PrometheusType = "prometheus";

    /// <inheritdoc />
    public override string Name => "Mesh";

    /// <inheritdoc />
    public override string Path => "meshes";

    /// <inheritdoc />
    public override Scope Scope => Scope.Global;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone | Flow.KeepsName;

    /// <inheritdoc />
    public override string? ShortName => "m";

    /// <inheritdoc />
    public override string SingularDisplayName => "Mesh";

    /// <inheritdoc />
    public override string PluralDisplayName => "Meshes";

    /// <summary>Also fills in Kuma's settings of Prometheus backends: port 5670, path <c>/metrics</c>, tags and protection.</summary>
    public override JsonBody ApplyDefaults(JsonBody spec, Site site)
    {
        var body = base.ApplyDefaults(spec, site);
        if (!body.Parse().TryGetProperty("metrics", out _))
        {
            return body;
        }

        var node = body.ToNode();
        var changed = false;
        foreach (var backend in (node["metrics"] as JsonObject)?["backends"] as JsonArray ?? [])
        {
            if (backend is JsonObject prometheus && Text(prometheus["type"]) == PrometheusType)
            {
                changed |= FillPrometheus(prometheus);
            }
        }

        return changed ? JsonBody.FromNode(node) : body;
    }

    /// <inheritdoc />
    public override IEnumerable<string> Warnings(Resource resource) => DnsWarnings.ServiceName(Name, resource.DisplayName);

    /// <inheritdoc />
    protected override void Check(Proto spec, ValidationContext context, ViolationList at)
    {
        if (spec.Mtls is { } mtls)
        {
            CheckMtls(mtls, at);
        }

        MeshBackendCheck.Logging(spec.Logging, at);
        MeshBackendCheck.Tracing(spec.Tracing, at);
        MeshBackendCheck.Metrics(spec.Metrics, at);
        if (spec.Constraints?.DataplaneProxy is { } constraints)
        {
            Rules(constraints.Requirements, "constraints.dataplaneProxy.requirements");
            Rules(constraints.Restrictions, "constraints.dataplaneProxy.restrictions");
        }

        at.AddIf(spec.Routing is { ZoneEgress: true } && string.IsNullOrEmpty(spec.Mtls?.EnabledBackend), "mtls", "has to be set when zoneEgress enabled");

        void Rules(IReadOnlyList<Proto.Types.DataplaneProxyConstraints.Types.Rules> rules, string path)
        {
            for (var i = 0; i < rules.Count; i++)
            {
                SelectorCheck.One(rules[i].Tags, FieldPath.Member(FieldPath.Item(path, i), "tags"), SelectorRule.AnyTag, at);
            }
        }
    }

    private static void CheckMtls(Proto.Types.Mtls mtls, ViolationList at)
    {
        at.AddIf(mtls.Backends.Count > 1, "mtls.backends", "cannot have more than 1 backends");
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < mtls.Backends.Count; i++)
        {
            var backend = mtls.Backends[i];
            at.AddIf(!names.Add(backend.Name), FieldPath.Member(FieldPath.Item("mtls.backends", i), "name"), $"\"{backend.Name}\" name is already used for another backend");

            // Kuma names this field without its index and in lower case; clients know that path.
            at.AddIf(
                backend.DpCert is { } certificate && !ProtoChecks.TryParseLifetime(certificate.Rotation?.Expiration ?? "", out _),
                "mtls.dpcert.rotation.expiration",
                "has to be a valid format");
        }

        at.AddIf(
            mtls.EnabledBackend.Length > 0 && !names.Contains(mtls.EnabledBackend),
            "mtls.enabledBackend",
            "has to be set to one of the backends in the mesh");
    }

    private static bool FillPrometheus(JsonObject backend)
    {
        var absent = backend["conf"] is null;
        if (!absent && backend["conf"] is not JsonObject)
        {
            return false;
        }

        var conf = backend["conf"] as JsonObject ?? [];
        var changed = absent;
        Fill("port", conf["port"] is null || (conf["port"] is JsonValue port && port.TryGetValue<double>(out var number) && number == 0), 5670);
        Fill("path", conf["path"] is null || Text(conf["path"]) == "", "/metrics");
        Fill("tags", conf["tags"] is null or JsonObject { Count: 0 }, new JsonObject { [TagKeys.Service] = "dataplane-metrics" });
        var plain = conf["skipMTLS"] is JsonValue skip && skip.TryGetValue<bool>(out var skipped) ? skipped : (bool?)null;
        Fill("tls", conf["tls"] is null, plain == true ? new JsonObject { ["mode"] = "disabled" } : []);
        if (plain is not null && Text((conf["tls"] as JsonObject)?["mode"]) == "providedTLS")
        {
            changed |= conf.Remove("skipMTLS");
        }

        if (absent)
        {
            backend["conf"] = conf;
        }

        return changed;

        void Fill(string member, bool missing, JsonNode value)
        {
            if (missing)
            {
                conf[member] = value;
                changed = true;
            }
        }
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
