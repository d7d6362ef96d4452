using System.Text.Json.Nodes;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Install;

/// <summary>
/// What makes a zone control plane on Kubernetes join a global: the values for its own Helm chart, and the few objects that
/// the chart expects to be there (the CA of the global, and for Kong Mesh the zone token).
/// </summary>
internal sealed record KubernetesZone
{
    private const string CaSecret = "meshconsole-kds-ca";
    private const string TokenSecret = "meshconsole-zone-token";

    /// <summary>Name of the zone.</summary>
    public required string Zone { get; init; }

    /// <summary>Where global listens for zones, <c>grpcs://host:5685</c>.</summary>
    public required string Global { get; init; }

    /// <summary>Namespace of the control plane.</summary>
    public required string Namespace { get; init; }

    /// <summary>True for Kong Mesh, whose chart wraps Kuma's and whose zones can send a token.</summary>
    public bool IsKongMesh { get; init; }

    /// <summary>CA of global's certificate as PEM, or empty.</summary>
    public string CaPem { get; init; } = "";

    /// <summary>Name of a secret that holds the CA already (key <c>ca.crt</c>), or empty.</summary>
    public string ExistingCaSecret { get; init; } = "";

    /// <summary>True: the zone does not check global's certificate.</summary>
    public bool SkipVerify { get; init; }

    /// <summary>The zone token, or empty.</summary>
    public string Token { get; init; } = "";

    /// <summary>True for an ingress, through which other zones come in.</summary>
    public bool Ingress { get; init; }

    /// <summary>True for an egress, through which traffic leaves the zone.</summary>
    public bool Egress { get; init; }

    /// <summary>Environment variables of the control plane.</summary>
    public IReadOnlyDictionary<string, string> EnvVars { get; init; } = new Dictionary<string, string>();

    /// <summary>Address of the chart's repository.</summary>
    public string Repository => IsKongMesh ? "https://kong.github.io/kong-mesh-charts" : "https://kumahq.github.io/charts";

    /// <summary>The chart, as <c>REPOSITORY/CHART</c>.</summary>
    public string Chart => IsKongMesh ? "kong-mesh/kong-mesh" : "kuma/kuma";

    /// <summary>The Helm values as YAML.</summary>
    public string Values()
    {
        var controlPlane = new JsonObject { ["mode"] = "zone", ["zone"] = Zone, ["kdsGlobalAddress"] = Global };
        if (SkipVerify)
        {
            controlPlane["tls"] = new JsonObject { ["kdsZoneClient"] = new JsonObject { ["skipVerify"] = true } };
        }
        else if (CaPem.Length > 0 || ExistingCaSecret.Length > 0)
        {
            controlPlane["tls"] = new JsonObject { ["kdsZoneClient"] = new JsonObject { ["secretName"] = ExistingCaSecret.Length > 0 ? ExistingCaSecret : CaSecret } };
        }

        if (EnvVars.Count > 0)
        {
            controlPlane["envVars"] = new JsonObject(EnvVars.Select(v => KeyValuePair.Create<string, JsonNode?>(v.Key, v.Value)));
        }

        if (Token.Length > 0)
        {
            controlPlane["secrets"] = new JsonArray(new JsonObject { ["Env"] = "KMESH_MULTIZONE_ZONE_KDS_AUTH_CP_TOKEN_INLINE", ["Secret"] = TokenSecret, ["Key"] = "token" });
        }

        var values = new JsonObject
        {
            ["controlPlane"] = controlPlane,
            ["ingress"] = new JsonObject { ["enabled"] = Ingress },
            ["egress"] = new JsonObject { ["enabled"] = Egress },
        };
        return Yaml.Write(IsKongMesh ? new JsonObject { ["kuma"] = values } : values);
    }

    /// <summary>The objects to create before the chart is installed, as YAML for <c>kubectl apply</c>.</summary>
    public string Manifests()
    {
        var documents = new List<JsonObject>
        {
            new()
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Namespace",
                ["metadata"] = new JsonObject { ["name"] = Namespace, ["labels"] = new JsonObject { ["kuma.io/system-namespace"] = "true" } },
            },
        };
        if (!SkipVerify && CaPem.Length > 0 && ExistingCaSecret.Length == 0)
        {
            documents.Add(Secret(CaSecret, "ca.crt", CaPem));
        }

        if (Token.Length > 0)
        {
            documents.Add(Secret(TokenSecret, "token", Token));
        }

        return string.Join("---\n", documents.Select(Yaml.Write));
    }

    /// <summary>What to do with the two files, step by step.</summary>
    /// <param name="valuesFile">Name of the file with the values.</param>
    /// <param name="manifestsFile">Name of the file with the manifests.</param>
    /// <param name="isAdmitted">True when global lets the zone in without a token already.</param>
    public IEnumerable<string> Steps(string valuesFile, string manifestsFile, bool isAdmitted)
    {
        var release = IsKongMesh ? "kong-mesh" : "kuma";
        if (Token.Length == 0 && !isAdmitted)
        {
            yield return IsKongMesh
                ? $"Give --zone-token-file: this zone would come without a token. (meshctl generate zone-token --zone {Zone} --scope cp --out-file {Zone}.token)"
                : $"Kuma 2 zones send no token: let '{Zone}' in first, from the networks that it comes from, with --allow-from 10.0.0.0/8 or in the console.";
        }

        if (SkipVerify)
        {
            yield return "The zone will not check who its global is; give --kds-ca-file for anything but a trial.";
        }
        else if (CaPem.Length == 0 && ExistingCaSecret.Length == 0)
        {
            yield return "Without --kds-ca-file the zone trusts only certificates of public authorities.";
        }

        yield return $"kubectl apply -f {manifestsFile}";
        yield return $"helm repo add {Chart.Split('/')[0]} {Repository}";
        yield return $"helm upgrade --install --namespace {Namespace} -f {valuesFile} {release} {Chart}";
        yield return $"meshctl get zone {Zone} --watch";
    }

    private JsonObject Secret(string name, string key, string value) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Secret",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Namespace },
        ["type"] = "Opaque",
        ["stringData"] = new JsonObject { [key] = value },
    };
}
