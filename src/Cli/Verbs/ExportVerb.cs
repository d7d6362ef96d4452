using System.CommandLine;
using System.Text.Json.Nodes;
using MeshConsole.Cli.Client;
using MeshConsole.Cli.Manifests;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Verbs;

/// <summary>
/// <c>meshctl export</c>: the resources of a control plane as manifests, in an order in which they can be applied: meshes,
/// their secrets, the rest, and last the keys that sign user tokens, since applying those ends the token in use.
/// </summary>
internal static class ExportVerb
{
    private const string Federation = "federation";
    private const string FederationWithPolicies = "federation-with-policies";
    private const string NoDataplanes = "no-dataplanes";

    /// <summary>Makes the verb.</summary>
    public static Command Create(Connection connection, Terminal terminal)
    {
        var profile = new Option<string>("--profile", "-p")
        {
            Description = "federation (what a zone hands to a global: no targetRef policies), federation-with-policies, all, or no-dataplanes",
            HelpName = "PROFILE",
            DefaultValueFactory = _ => Federation,
        };
        profile.AcceptOnlyFromAmong(Federation, FederationWithPolicies, "all", NoDataplanes);
        var format = new Option<string>("--format", "-f") { Description = "universal, or kubernetes for kubectl", HelpName = "FORMAT", DefaultValueFactory = _ => "universal" };
        format.AcceptOnlyFromAmong("universal", "kubernetes");
        var ns = new Option<string>("--system-namespace", "-n") { Description = "Namespace of the control plane, for the kubernetes format", HelpName = "NAMESPACE", DefaultValueFactory = _ => "kuma-system" };
        var admin = new Option<bool>("--include-admin", "-a") { Description = "Takes secrets along; the federation profiles always do" };
        var verb = new Command("export", "Prints the resources of a control plane as manifests") { profile, format, ns, admin };
        verb.SetAction((parsed, cancellationToken) => connection.WithClientAsync(parsed, async client =>
        {
            var server = await ServerIdentity.LoadAsync(client, cancellationToken);
            var kinds = server.Ok ? await KindList.LoadAsync(client, cancellationToken) : server.Refusal;
            if (!kinds.Ok)
            {
                return terminal.Fail(kinds.Refusal);
            }

            var wanted = kinds.Value.All.Where(k => IsWanted(k, parsed.GetRequiredValue(profile), parsed.GetValue(admin)));
            var resources = await ReadAsync(client, wanted, parsed.GetRequiredValue(profile), cancellationToken);
            if (!resources.Ok)
            {
                return terminal.Fail(resources.Refusal);
            }

            terminal.Out.WriteLine($"# Product: {Words.Clean(server.Value.Product)}, Version: {Words.Clean(server.Value.Version)}, exported by meshctl {ControlPlaneClient.Version}, profile {parsed.GetValue(profile)}");
            return parsed.GetValue(format) == "universal"
                ? WriteUniversal(terminal, resources.Value)
                : await WriteKubernetesAsync(client, terminal, resources.Value, parsed.GetRequiredValue(ns), parsed.GetRequiredValue(profile), cancellationToken);
        }));
        return verb;
    }

    private static bool IsWanted(ApiKind kind, string profile, bool includeAdmin) => profile switch
    {
        Federation => kind.InFederation && !kind.IsTargetRef && kind.Name != "MeshGateway",
        FederationWithPolicies => kind.InFederation,
        NoDataplanes when kind.Name is "Dataplane" or "DataplaneInsight" => false,
        _ => includeAdmin || !kind.IsSecret,
    };

    private static async Task<Result<List<(ApiKind Kind, JsonObject Resource)>>> ReadAsync(ControlPlaneClient client, IEnumerable<ApiKind> kinds, string profile, CancellationToken cancellationToken)
    {
        var forFederation = profile is Federation or FederationWithPolicies;
        var all = new List<(ApiKind Kind, JsonObject Resource)>();
        foreach (var kind in kinds.OrderBy(Order))
        {
            var list = await client.ListAsync(kind.ListPath(null), "", cancellationToken);
            if (!list.Ok)
            {
                return list.Refusal with { Detail = $"{kind.Name}: {list.Refusal.Detail}" };
            }

            all.AddRange(list.Value.Where(r => !IsOfThisControlPlaneAlone(kind, r)).Select(r => (kind, forFederation ? ForFederation(kind, r) : r)));
        }

        // A stable sort: within a rank, kinds and names keep their order.
        return all.OrderBy(r => r.Kind.Name == "GlobalSecret" && IsUserTokenKey(r.Resource)).ToList();
    }

    private static int Order(ApiKind kind) => kind.Name switch { "Mesh" => 0, "Secret" => 1, "GlobalSecret" => 99, _ => 50 };

    private static bool IsUserTokenKey(JsonObject secret) => secret.String("name")?.StartsWith("user-token-signing-key", StringComparison.Ordinal) == true;

    /// <summary>Secrets with which the parts of one control plane know each other; elsewhere they only break TLS.</summary>
    private static bool IsOfThisControlPlaneAlone(ApiKind kind, JsonObject resource) => kind.Name == "GlobalSecret" && resource.String("name") is "envoy-admin-ca" or "inter-cp-ca";

    private static JsonObject ForFederation(ApiKind kind, JsonObject resource)
    {
        (resource["labels"] as JsonObject)?.Remove("kuma.io/origin");
        if (kind.Name == "Mesh")
        {
            resource["skipCreatingInitialPolicies"] = new JsonArray("*");
            ProvideBuiltinAuthorities(resource);
        }

        return resource;
    }

    /// <summary>
    /// A builtin CA would be made anew by the importing control plane, and all certificates with it: instead it is told to use
    /// the exported one. The secrets come after the mesh, hence no check of them.
    /// </summary>
    private static void ProvideBuiltinAuthorities(JsonObject mesh)
    {
        var builtin = mesh.Objects("mtls", "backends").Where(b => b.String("type") == "builtin").ToList();
        foreach (var backend in builtin)
        {
            var name = backend.String("name");
            backend["type"] = "provided";
            backend["conf"] = new JsonObject
            {
                ["cert"] = new JsonObject { ["secret"] = $"{mesh.String("name")}.ca-builtin-cert-{name}" },
                ["key"] = new JsonObject { ["secret"] = $"{mesh.String("name")}.ca-builtin-key-{name}" },
            };
        }

        if (builtin.Count > 0)
        {
            mesh["mtls"]!["skipValidation"] = true;
        }
    }

    private static int WriteUniversal(Terminal terminal, List<(ApiKind Kind, JsonObject Resource)> resources)
    {
        foreach (var (_, resource) in resources)
        {
            terminal.Out.WriteLine("---");
            terminal.Out.Write(Yaml.Write(Manifest.From(resource, "").Body));
        }

        return ExitCode.Ok;
    }

    private static async Task<int> WriteKubernetesAsync(
        ControlPlaneClient client, Terminal terminal, List<(ApiKind Kind, JsonObject Resource)> resources, string ns, string profile, CancellationToken cancellationToken)
    {
        foreach (var (kind, resource) in resources)
        {
            var path = $"{kind.ItemPath(resource.String("mesh") ?? "", resource.String("name") ?? "")}?format=k8s&namespace={Uri.EscapeDataString(ns)}";
            var answer = await client.GetJsonAsync(path, cancellationToken);
            if (!answer.Ok)
            {
                return terminal.Fail(answer.Refusal);
            }

            var manifest = answer.Value;
            if (profile != "all" && manifest.String("metadata", "namespace") is { } itsNamespace && itsNamespace != ns)
            {
                continue; // it belongs to an application's namespace in its zone
            }

            foreach (var member in (string[])["resourceVersion", "ownerReferences", "uid", "generation", "managedFields"])
            {
                (manifest["metadata"] as JsonObject)?.Remove(member);
            }

            if (profile is Federation or FederationWithPolicies)
            {
                (manifest.At("metadata", "labels") as JsonObject)?.Remove("kuma.io/origin");
                (manifest.At("metadata", "annotations") as JsonObject)?.Remove("kuma.io/origin");
                if (kind.Name == "Mesh" && manifest["spec"] is JsonObject)
                {
                    var spec = Manifest.From(resource, "").Body;
                    foreach (var meta in (string[])["type", "name", "labels"])
                    {
                        spec.Remove(meta);
                    }

                    manifest["spec"] = spec;
                }
            }

            terminal.Out.WriteLine("---");
            terminal.Out.Write(Yaml.Write(manifest));
        }

        return ExitCode.Ok;
    }
}
