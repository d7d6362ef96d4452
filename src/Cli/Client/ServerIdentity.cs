using System.Text.Json.Nodes;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Client;

/// <summary>What a control plane says of itself at <c>GET /</c>.</summary>
/// <param name="Product">Kuma, or who builds on it.</param>
/// <param name="Version">Version of Kuma that it speaks.</param>
/// <param name="MeshConsole">Version of MeshConsole, or null when it is another product.</param>
/// <param name="Mode"><c>global</c>, <c>zone</c> or empty when it does not say.</param>
/// <param name="Zone">Name of the zone, or empty.</param>
internal sealed record ServerIdentity(string Product, string Version, string? MeshConsole, string Mode, string Zone)
{
    /// <summary>True when <c>?dryRun=true</c> is understood. Others pass it over, and would write.</summary>
    public bool HasDryRun => MeshConsole is not null;

    /// <summary>Asks the control plane.</summary>
    public static async Task<Result<ServerIdentity>> LoadAsync(ControlPlaneClient client, CancellationToken cancellationToken)
    {
        var answer = await client.GetJsonAsync("/", cancellationToken);
        return answer.Ok ? Read(answer.Value) : answer.Refusal;
    }

    /// <summary>In words.</summary>
    public override string ToString() => MeshConsole is null
        ? $"{Product} {Version}"
        : $"MeshConsole {MeshConsole} (speaks {Product} {Version}){(Mode.Length > 0 ? $", {Mode}{(Zone.Length > 0 ? " " + Zone : "")}" : "")}";

    private static ServerIdentity Read(JsonObject index) => new(
        index.String("product") ?? index.String("tagline") ?? "",
        index.String("version") ?? "",
        index.String("meshConsole", "version"),
        index.String("meshConsole", "mode") ?? "",
        index.String("meshConsole", "zone") ?? "");
}
