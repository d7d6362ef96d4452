using System.CommandLine;
using System.Text.Json.Nodes;
using MeshConsole.Cli.Client;
using MeshConsole.Cli.Output;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Verbs;

/// <summary><c>meshctl inspect …</c>: what the control plane works out and observes.</summary>
internal static class InspectVerb
{
    private static readonly ApiKind Dataplanes = Proxies("Dataplane", "dataplanes", inMesh: true, "dp");

    /// <summary>Makes the verb.</summary>
    public static Command Create(Connection connection, Terminal terminal)
    {
        var verb = Policy(connection, terminal, new Command("inspect", "Shows which policies hit which data planes, and the state of zones, data planes and services"));
        verb.Add(Dataplane(connection, terminal));
        verb.Add(Policy(connection, terminal, new Command("policy", "Shows the data planes that a policy (or a MeshService) selects")));
        verb.Add(Gate(connection, terminal, "zoneingress", Proxies("ZoneIngress", "zoneingresses", inMesh: false, "zi"), "Shows what one zone ingress runs with"));
        verb.Add(Gate(connection, terminal, "zoneegress", Proxies("ZoneEgress", "zoneegresses", inMesh: false, "ze"), "Shows what one zone egress runs with"));
        verb.Add(Overview(connection, terminal, "dataplanes", "dataplanes", "Shows the state of the data planes", ofDataplanes: true));
        verb.Add(Overview(connection, terminal, "zones", "zones", "Shows the state of the zones"));
        verb.Add(Overview(connection, terminal, "zoneingresses", "zoneingresses", "Shows the state of the zone ingresses"));
        verb.Add(Overview(connection, terminal, "zoneegresses", "zoneegresses", "Shows the state of the zone egresses"));
        verb.Add(Overview(connection, terminal, "services", "service-insights", "Shows the state of the services"));
        verb.Add(Overview(connection, terminal, "meshes", "mesh-insights", "Shows the meshes with their counts"));
        return verb;
    }

    private static Command Dataplane(Connection connection, Terminal terminal)
    {
        var name = new Argument<string>("NAME") { Description = "Name of the data plane" };
        var mesh = CommonOptions.Mesh();
        var type = new Option<string>("--type")
        {
            Description = "rules (in effect on it), policies (proxy-level ones, and those matched), layout (its inbounds and outbounds), config-dump, stats, clusters, config",
            HelpName = "TYPE",
            DefaultValueFactory = _ => "rules",
        };
        type.AcceptOnlyFromAmong("rules", "policies", "layout", "config-dump", "stats", "clusters", "config");
        var output = CommonOptions.Output("table", "yaml", "json");
        var endpoints = IncludeEds();
        var verb = new Command("dataplane", "Shows what is in effect on one data plane") { name, mesh, type, output, endpoints };
        verb.SetAction((parsed, cancellationToken) => connection.WithClientAsync(parsed, client => ProxyAsync(
            client, terminal, Dataplanes, parsed.GetValue(mesh) ?? CommonOptions.DefaultMesh, parsed.GetRequiredValue(name), parsed.GetRequiredValue(type), parsed.GetRequiredValue(output), parsed.GetValue(endpoints), cancellationToken)));
        return verb;
    }

    /// <summary>A zone ingress or egress: what its Envoy answers.</summary>
    private static Command Gate(Connection connection, Terminal terminal, string word, ApiKind kind, string description)
    {
        var name = new Argument<string>("NAME") { Description = "Its name" };
        var type = new Option<string>("--type") { Description = "config-dump, stats, clusters", HelpName = "TYPE", DefaultValueFactory = _ => "config-dump" };
        type.AcceptOnlyFromAmong("config-dump", "stats", "clusters");
        var endpoints = IncludeEds();
        var verb = new Command(word, description) { name, type, endpoints };
        verb.SetAction((parsed, cancellationToken) => connection.WithClientAsync(parsed, client => ProxyAsync(
            client, terminal, kind, "", parsed.GetRequiredValue(name), parsed.GetRequiredValue(type), "table", parsed.GetValue(endpoints), cancellationToken)));
        return verb;
    }

    private static ApiKind Proxies(string name, string path, bool inMesh, string shortName) => new(name, path, inMesh, ReadOnly: false, shortName, InFederation: false, IsPolicy: false, IsTargetRef: false, []);

    private static Option<bool> IncludeEds() => new("--include-eds") { Description = "With config-dump: takes the endpoints along" };

    private static async Task<int> ProxyAsync(
        ControlPlaneClient client, Terminal terminal, ApiKind kind, string mesh, string name, string type, string output, bool endpoints, CancellationToken cancellationToken)
    {
        var stored = await StoredNameAsync(client, kind, mesh, name, cancellationToken);
        if (!stored.Ok)
        {
            return terminal.Fail(stored.Refusal);
        }

        var path = kind.ItemPath(mesh, stored.Value);
        return type switch
        {
            "stats" => await RawAsync(client, terminal, path + "/stats", cancellationToken),
            "clusters" => await RawAsync(client, terminal, path + "/clusters", cancellationToken),
            "config-dump" => await DocumentAsync(client, terminal, path + (endpoints ? "/xds?include_eds=true" : "/xds"), "json", cancellationToken),
            "config" => await DocumentAsync(client, terminal, path + "/_config", "json", cancellationToken),
            "layout" => await TableAsync(client, terminal, path + "/_layout", output, InspectTables.Layout, cancellationToken),
            "policies" => await PoliciesAsync(client, terminal, path, output, cancellationToken),
            _ => await TableAsync(client, terminal, path + "/_rules", output, InspectTables.Rules, cancellationToken),
        };
    }

    /// <summary>The name under which the proxy is stored.</summary>
    private static async Task<Result<string>> StoredNameAsync(ControlPlaneClient client, ApiKind kind, string mesh, string name, CancellationToken cancellationToken)
    {
        var direct = await client.GetAsync(kind.ItemPath(mesh, name), cancellationToken);
        if (direct.Ok || direct.Refusal.Reason != RefusalReason.NotFound || direct.Refusal.Title == ErrorAnswer.MeshTitle)
        {
            return direct.Ok ? name : direct.Refusal;
        }

        var found = await DisplayName.FindAsync(client, kind, mesh, name, cancellationToken);
        return !found.Ok ? found.Refusal
            : found.Value is { Length: > 0 } stored ? stored
            : new Refusal(RefusalReason.NotFound, $"No {kind.Name} '{name}'{(kind.InMesh ? $" in mesh {mesh}" : "")}", "");
    }

    private static Command Policy(Connection connection, Terminal terminal, Command verb)
    {
        var kind = CommonOptions.Kind();
        var name = new Argument<string>("NAME") { Description = "Name of the policy" };
        var mesh = CommonOptions.Mesh();
        var output = CommonOptions.Output("table", "yaml", "json", "name");
        verb.Add(kind);
        verb.Add(name);
        verb.Add(mesh);
        verb.Add(output);
        verb.SetAction((parsed, cancellationToken) => connection.WithClientAsync(parsed, async client =>
        {
            var kinds = await KindList.LoadAsync(client, cancellationToken);
            var found = kinds.Ok ? kinds.Value.Find(parsed.GetRequiredValue(kind)) : kinds.Refusal;
            if (!found.Ok)
            {
                return terminal.Fail(found.Refusal);
            }

            var (inMesh, wanted, format) = (parsed.GetValue(mesh) ?? CommonOptions.DefaultMesh, parsed.GetRequiredValue(name), parsed.GetRequiredValue(output));
            return found.Value switch
            {
                { Name: "Dataplane" } => await ProxyAsync(client, terminal, Dataplanes, inMesh, wanted, "rules", format == "name" ? "table" : format, endpoints: false, cancellationToken),
                { IsPolicy: true } or { Name: "MeshService" or "MeshGateway" } => await SelectedAsync(client, terminal, found.Value, inMesh, wanted, format, cancellationToken),
                var other => terminal.Fail(new Refusal(RefusalReason.Invalid, $"A {other.Name} selects no data planes", $"inspect takes policies, MeshServices, MeshGateways and data planes; 'meshctl describe {other.Path} NAME' shows this")),
            };
        }));
        return verb;
    }

    private static async Task<int> SelectedAsync(ControlPlaneClient client, Terminal terminal, ApiKind kind, string mesh, string name, string format, CancellationToken cancellationToken)
    {
        var below = kind.Name == "MeshGateway" ? "dataplanes" : "_resources/dataplanes";
        var items = await DisplayName.OrByDisplayNameAsync(
            client, kind, mesh, name, stored => client.ListAsync($"{kind.ItemPath(mesh, stored)}/{below}", "", cancellationToken), cancellationToken);
        return items.Ok ? WriteSelected(terminal, [.. items.Value.Select(i => i["dataplane"] as JsonObject ?? i)], format)
            : items.Refusal.Reason == RefusalReason.NotFound && items.Refusal.Title != ErrorAnswer.MeshTitle ? terminal.Fail(new Refusal(RefusalReason.NotFound, $"No {kind.Name} '{name}' in mesh {mesh}", ""))
            : terminal.Fail(items.Refusal);
    }

    private static int WriteSelected(Terminal terminal, IReadOnlyList<JsonObject> items, string format)
    {
        switch (format)
        {
            case "name":
                foreach (var item in items)
                {
                    terminal.Out.WriteLine(Words.Clean(item.String("name") ?? ""));
                }

                break;
            case "table" when items.Count == 0:
                terminal.Error.WriteLine("It selects no data plane.");
                break;
            case "table":
                var table = new TableView("MESH", "NAME", "ZONE");
                foreach (var item in items)
                {
                    table.Add(item.String("mesh") ?? "", item.String("name") ?? "", item.String("labels", "kuma.io/zone") ?? "");
                }

                table.Write(terminal);
                break;
            default:
                Documents.WriteList(terminal.Out, [.. items], format);
                break;
        }

        return ExitCode.Ok;
    }

    private static Command Overview(Connection connection, Terminal terminal, string name, string kindWord, string description, bool ofDataplanes = false)
    {
        var mesh = CommonOptions.Mesh("Mesh (default: all)");
        var output = CommonOptions.Output("table", "yaml", "json");
        var tag = new Option<string[]>("--tag") { Description = "Only those with this tag; may be given several times", HelpName = "tag=value" };
        var gateway = new Option<bool>("--gateway") { Description = "Only gateways" };
        var verb = new Command(name, description) { mesh, output };
        if (ofDataplanes)
        {
            verb.Add(tag);
            verb.Add(gateway);
        }

        verb.SetAction((parsed, cancellationToken) => connection.WithClientAsync(parsed, async client =>
        {
            var kinds = await KindList.LoadAsync(client, cancellationToken);
            var kind = kinds.Ok ? kinds.Value.Find(kindWord) : kinds.Refusal;
            if (!kind.Ok)
            {
                return terminal.Fail(kind.Refusal);
            }

            var query = GetVerb.Query([], ofDataplanes ? parsed.GetValue(tag) ?? [] : [], null);
            if (query is null)
            {
                return terminal.Misused("--tag takes tag=value");
            }

            if (ofDataplanes && parsed.GetValue(gateway))
            {
                query += query.Length > 0 ? "&gateway=true" : "gateway=true";
            }

            var source = new ResourceSource(client, kind.Value, parsed.GetValue(mesh), null, query, overview: true) { ForTable = parsed.GetValue(output) == "table" };
            var items = await source.ReadAsync(cancellationToken);
            if (!items.Ok)
            {
                return terminal.Fail(items.Refusal);
            }

            if (parsed.GetValue(output) is { } format and not "table")
            {
                Documents.WriteList(terminal.Out, [.. items.Value], format);
            }
            else if (items.Value.Count == 0)
            {
                terminal.Error.WriteLine($"There are no {name}.");
            }
            else
            {
                ResourceTables.Of(kind.Value, items.Value, terminal.Time.GetUtcNow()).Write(terminal);
            }

            return ExitCode.Ok;
        }));
        return verb;
    }

    private static async Task<int> PoliciesAsync(ControlPlaneClient client, Terminal terminal, string path, string format, CancellationToken cancellationToken)
    {
        var answer = await client.GetJsonAsync(path + "/_policies", cancellationToken);

        // Meshes that are not in the Exclusive mode of MeshServices answer the older question alone.
        return !answer.Ok && answer.Refusal.Reason is RefusalReason.Invalid
            ? await TableAsync(client, terminal, path + "/policies", format, InspectTables.MatchedPolicies, cancellationToken)
            : Write(terminal, answer, format, InspectTables.Policies);
    }

    private static async Task<int> TableAsync(ControlPlaneClient client, Terminal terminal, string path, string format, Func<JsonObject, TableView> table, CancellationToken cancellationToken) =>
        Write(terminal, await client.GetJsonAsync(path, cancellationToken), format, table);

    private static int Write(Terminal terminal, Result<JsonObject> answer, string format, Func<JsonObject, TableView> table)
    {
        if (!answer.Ok)
        {
            return terminal.Fail(answer.Refusal);
        }

        if (format != "table")
        {
            Documents.Write(terminal.Out, answer.Value, format);
            return ExitCode.Ok;
        }

        var view = table(answer.Value);
        if (view.Count == 0)
        {
            terminal.Error.WriteLine("Nothing is in effect.");
            return ExitCode.Ok;
        }

        view.Write(terminal);
        return ExitCode.Ok;
    }

    private static async Task<int> RawAsync(ControlPlaneClient client, Terminal terminal, string path, CancellationToken cancellationToken)
    {
        var answer = await client.GetAsync(path, cancellationToken);
        if (!answer.Ok)
        {
            return terminal.Fail(answer.Refusal);
        }

        terminal.Out.WriteLine(answer.Value.Body.TrimEnd('\n'));
        return ExitCode.Ok;
    }

    private static async Task<int> DocumentAsync(ControlPlaneClient client, Terminal terminal, string path, string format, CancellationToken cancellationToken)
    {
        var answer = await client.GetJsonAsync(path, cancellationToken);
        if (!answer.Ok)
        {
            return terminal.Fail(answer.Refusal);
        }

        Documents.Write(terminal.Out, answer.Value, format);
        return ExitCode.Ok;
    }
}
