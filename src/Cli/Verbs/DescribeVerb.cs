using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using MeshConsole.Cli.Client;
using MeshConsole.Cli.Output;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Verbs;

/// <summary><c>meshctl describe KIND NAME</c>: everything about one resource on one page.</summary>
internal static class DescribeVerb
{
    private const int ShownProxies = 10;
    private const int ShownRevisions = 5;

    /// <summary>Makes the verb.</summary>
    public static Command Create(Connection connection, Terminal terminal)
    {
        var kind = CommonOptions.Kind();
        var name = new Argument<string>("NAME") { Description = "Name of the resource" };
        var mesh = CommonOptions.Mesh();
        var verb = new Command("describe", "Shows one resource with its state, what it selects and its history") { kind, name, mesh };
        verb.SetAction((parsed, cancellationToken) => connection.WithClientAsync(parsed, async client =>
        {
            var kinds = await KindList.LoadAsync(client, cancellationToken);
            var found = kinds.Ok ? kinds.Value.Find(parsed.GetRequiredValue(kind)) : kinds.Refusal;
            return found.Ok
                ? await RunAsync(client, terminal, found.Value, parsed.GetValue(mesh) ?? CommonOptions.DefaultMesh, parsed.GetRequiredValue(name), cancellationToken)
                : terminal.Fail(found.Refusal);
        }));
        return verb;
    }

    private static async Task<int> RunAsync(ControlPlaneClient client, Terminal terminal, ApiKind kind, string mesh, string name, CancellationToken cancellationToken)
    {
        var answer = await DisplayName.OrByDisplayNameAsync(
            client, kind, mesh, name, stored => client.GetJsonAsync(kind.ItemPath(mesh, stored), cancellationToken), cancellationToken);
        if (!answer.Ok)
        {
            // A zone that is turned away has no resource yet, but a reason.
            return kind.Name == "Zone" && await DescribeAdmissionAsync(client, terminal, kind.ItemPath(mesh, name), terminal.Time.GetUtcNow(), cancellationToken)
                ? ExitCode.Failed
                : terminal.Fail(answer.Refusal);
        }

        var resource = answer.Value;
        var path = kind.ItemPath(mesh, resource.String("name") ?? name);
        var now = terminal.Time.GetUtcNow();
        Line(terminal, "Kind", kind.Name);
        Line(terminal, "Name", resource.String("name"));
        Line(terminal, "Mesh", resource.String("mesh"));
        Line(terminal, "KRI", resource.String("kri"));
        Line(terminal, "Created", Moment(resource.String("creationTime"), now));
        Line(terminal, "Changed", Moment(resource.String("modificationTime"), now));
        foreach (var (key, value) in resource.Pairs("labels"))
        {
            Line(terminal, "Label", $"{key}={value}");
        }

        if (kind.HasOverview && await new ResourceSource(client, kind, mesh, resource.String("name"), "", overview: true).ReadAsync(cancellationToken) is { Ok: true } overview)
        {
            DescribeState(terminal, kind, overview.Value[0], now);
        }

        if (kind.Name == "Zone")
        {
            await DescribeAdmissionAsync(client, terminal, path, now, cancellationToken);
        }

        Block(terminal, "Spec", Spec(resource));
        Block(terminal, "Status", resource["status"] as JsonObject);
        if (kind.IsPolicy || kind.Name == "MeshService")
        {
            await DescribeProxiesAsync(client, terminal, path, cancellationToken);
        }

        await DescribeRevisionsAsync(client, terminal, path, now, cancellationToken);
        return ExitCode.Ok;
    }

    private static void DescribeState(Terminal terminal, ApiKind kind, JsonObject overview, DateTimeOffset now)
    {
        var insight = overview.At(kind.Name switch { "Dataplane" => "dataplaneInsight", "Zone" => "zoneInsight", "ZoneIngress" => "zoneIngressInsight", _ => "zoneEgressInsight" });
        Line(terminal, "State", kind.Name switch
        {
            "Zone" => States.OfZone(overview),
            "Dataplane" => States.OfDataplane(overview),
            "ZoneIngress" => States.OfZoneProxy(overview, "zoneIngressInsight"),
            _ => States.OfZoneProxy(overview, "zoneEgressInsight"),
        });
        var last = States.LastSubscription(insight);
        if (last is null)
        {
            return;
        }

        Line(terminal, "Connected", Moment(last.String("connectTime"), now));
        Line(terminal, "Gone", Moment(last.String("disconnectTime"), now));
        Line(terminal, "Version", last.String("version", "kumaCp", "version") ?? last.String("version", "kumaDp", "version"));
        Line(terminal, "Envoy", last.String("version", "envoy", "version"));
        var rejected = last.Number("status", "total", "responsesRejected");
        if (rejected > 0)
        {
            Line(terminal, "Rejected", Words.Count((int)Math.Min(rejected, int.MaxValue), "configuration"));
        }

        Line(terminal, "Certificate", insight.String("mTLS", "certificateExpirationTime") is { } expires ? $"good until {expires}, issued by {insight.String("mTLS", "issuedBackend")}" : null);
    }

    /// <summary>What MeshConsole says of a zone's link: why it is not online, and who was turned away in its name.</summary>
    private static async Task<bool> DescribeAdmissionAsync(ControlPlaneClient client, Terminal terminal, string path, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var answer = await client.GetJsonAsync(path + "/_state", cancellationToken);
        if (!answer.Ok)
        {
            return false; // Kuma has no such answer
        }

        Line(terminal, "Reason", answer.Value.String("reason"));
        Line(terminal, "Alarm", answer.Value.String("alarm"));
        if (answer.Value["refused"] is JsonObject refused)
        {
            Line(terminal, "Turned away", $"{refused.String("reason")} (from {refused.String("from")}, {Words.Age(refused.String("at"), now)} ago, {Words.Count((int)refused.Number("count"), "time")})");
        }

        return true;
    }

    private static async Task DescribeProxiesAsync(ControlPlaneClient client, Terminal terminal, string path, CancellationToken cancellationToken)
    {
        var answer = await client.GetJsonAsync($"{path}/_resources/dataplanes?size={ShownProxies}", cancellationToken);
        if (!answer.Ok)
        {
            return; // not every control plane knows it for every kind
        }

        var total = answer.Value.Number("total");
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Data planes: {total}"));
        foreach (var proxy in answer.Value.Objects("items"))
        {
            terminal.Out.WriteLine($"  {Words.Clean(proxy.String("name") ?? "")}");
        }

        if (total > ShownProxies)
        {
            terminal.Out.WriteLine("  … all of them: meshctl inspect policy");
        }
    }

    private static async Task DescribeRevisionsAsync(ControlPlaneClient client, Terminal terminal, string path, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var answer = await client.GetJsonAsync($"{path}/revisions", cancellationToken);
        if (!answer.Ok || !answer.Value.Objects("items").Any())
        {
            return; // Kuma keeps no history
        }

        terminal.Out.WriteLine();
        terminal.Out.WriteLine("History:");
        var table = new TableView("  REVISION", "AGE", "CHANGE", "BY");
        foreach (var revision in answer.Value.Objects("items").Take(ShownRevisions))
        {
            table.Add("  " + revision.String("revision"), Words.Age(revision.String("time"), now), revision.String("operation") ?? "", revision.String("actor") ?? "");
        }

        table.Write(terminal);
    }

    private static JsonObject Spec(JsonObject resource)
    {
        if (resource["spec"] is JsonObject spec)
        {
            return spec;
        }

        var flat = (JsonObject)resource.DeepClone();
        foreach (var meta in (string[])["type", "mesh", "name", "creationTime", "modificationTime", "labels", "kri", "snis", "status"])
        {
            flat.Remove(meta);
        }

        return flat;
    }

    private static string? Moment(string? time, DateTimeOffset now) => Words.TryTime(time, out _) ? $"{time} ({Words.Age(time, now)} ago)" : null;

    private static void Line(Terminal terminal, string label, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            terminal.Out.WriteLine($"{label + ":",-13}{Words.Clean(value)}");
        }
    }

    private static void Block(Terminal terminal, string label, JsonObject? value)
    {
        if (value is not { Count: > 0 })
        {
            return;
        }

        terminal.Out.WriteLine();
        terminal.Out.WriteLine($"{label}:");
        foreach (var line in Yaml.Write(value).TrimEnd('\n').Split('\n'))
        {
            terminal.Out.WriteLine($"  {line}");
        }
    }
}
