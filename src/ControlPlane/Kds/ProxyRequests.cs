using System.Text.Json;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Protos.Kuma.Mesh;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>
/// Asks a zone about one of its proxies, through the zone's own connection, within a time limit. When another instance holds
/// that connection, it is asked to ask.
/// </summary>
public sealed class ProxyRequests
{
    private const string Title = "Could not execute admin operation";
    private readonly ZoneSessions sessions;
    private readonly ResourceStore store;
    private readonly KdsOptions options;
    private readonly TimeProvider time;
    private readonly Peers? peers;
    private readonly PeerCalls? calls;

    internal ProxyRequests(ZoneSessions sessions, ResourceStore store, KdsOptions options, TimeProvider time, Peers? peers = null, PeerCalls? calls = null)
    {
        this.peers = peers;
        this.calls = calls;
        this.sessions = sessions;
        this.store = store;
        this.options = options;
        this.time = time;
    }

    /// <summary>The proxy's configuration, JSON.</summary>
    /// <param name="proxy">Dataplane, ZoneIngress or ZoneEgress as stored at global.</param>
    /// <param name="includeEndpoints">Whether endpoints are wanted too.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="mayForward">False for a request that another instance forwarded.</param>
    public Task<Result<byte[]>> ConfigAsync(Resource proxy, bool includeEndpoints, CancellationToken cancellationToken, bool mayForward = true) => AskAsync(
        proxy,
        StreamKind.ConfigDump,
        s => s.Configs,
        new XDSConfigRequest { ResourceType = proxy.Kind.Name, ResourceName = NameInZone(proxy), ResourceMesh = proxy.Mesh, IncludeEds = includeEndpoints },
        r => r.ResultCase == XDSConfigResponse.ResultOneofCase.Error ? (r.Error, []) : (null, r.Config.ToByteArray()),
        "XDSConfig",
        mayForward ? $"xds?include_eds={Word(includeEndpoints)}" : null,
        cancellationToken);

    /// <summary>The proxy's statistics.</summary>
    /// <param name="proxy">Dataplane, ZoneIngress or ZoneEgress as stored at global.</param>
    /// <param name="json">JSON instead of text.</param>
    /// <param name="usedOnly">Only statistics that were touched.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="mayForward">False for a request that another instance forwarded.</param>
    public Task<Result<byte[]>> StatsAsync(Resource proxy, bool json, bool usedOnly, CancellationToken cancellationToken, bool mayForward = true) => AskAsync(
        proxy,
        StreamKind.Stats,
        s => s.Stats,
        new StatsRequest { ResourceType = proxy.Kind.Name, ResourceName = NameInZone(proxy), ResourceMesh = proxy.Mesh, Format = json ? AdminOutputFormat.Json : AdminOutputFormat.Text, UsedOnly = usedOnly },
        r => r.ResultCase == StatsResponse.ResultOneofCase.Error ? (r.Error, []) : (null, r.Stats.ToByteArray()),
        "Stats",
        mayForward ? $"stats?format={(json ? "json" : "text")}&usedonly={Word(usedOnly)}" : null,
        cancellationToken);

    /// <summary>The proxy's clusters.</summary>
    /// <param name="proxy">Dataplane, ZoneIngress or ZoneEgress as stored at global.</param>
    /// <param name="json">JSON instead of text.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="mayForward">False for a request that another instance forwarded.</param>
    public Task<Result<byte[]>> ClustersAsync(Resource proxy, bool json, CancellationToken cancellationToken, bool mayForward = true) => AskAsync(
        proxy,
        StreamKind.Clusters,
        s => s.Clusters,
        new ClustersRequest { ResourceType = proxy.Kind.Name, ResourceName = NameInZone(proxy), ResourceMesh = proxy.Mesh, Format = json ? AdminOutputFormat.Json : AdminOutputFormat.Text },
        r => r.ResultCase == ClustersResponse.ResultOneofCase.Error ? (r.Error, []) : (null, r.Clusters.ToByteArray()),
        "Clusters",
        mayForward ? $"clusters?format={(json ? "json" : "text")}" : null,
        cancellationToken);

    /// <summary>
    /// The name under which the zone knows a proxy: its display name, on Kubernetes with the namespace behind it. A stored
    /// name that begins with <c>zone.</c> is of the old form, without namespace.
    /// </summary>
    internal string NameInZone(Resource proxy)
    {
        var zone = proxy.Zone ?? "";
        var name = proxy.DisplayName;
        if (zone.Length > 0 && proxy.Name.StartsWith(zone + ".", StringComparison.Ordinal))
        {
            return proxy.Labels.ContainsKey(Labels.DisplayName) ? name : proxy.Name[(zone.Length + 1)..];
        }

        return proxy.Labels.TryGetValue(Labels.Namespace, out var ns) && IsKubernetes(zone) ? $"{name}.{ns}" : name;
    }

    private bool IsKubernetes(string zone)
    {
        if (store.World.Value.Find("ZoneInsight", zone) is not { Kind: ZoneInsightKind kind } resource
            || kind.Spec(resource).Subscriptions.LastOrDefault() is not { Config.Length: > 0 } last)
        {
            return false;
        }

        try
        {
            var config = JsonElement.Parse(last.Config);
            return config.ValueKind == JsonValueKind.Object
                && config.TryGetProperty("store", out var of) && of.ValueKind == JsonValueKind.Object
                && of.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() == "kubernetes";
        }
        catch (JsonException)
        {
            return false; // what a zone says of itself need not be JSON
        }
    }

    private async Task<Result<byte[]>> AskAsync<TRequest, TResponse>(
        Resource proxy,
        StreamKind kind,
        Func<ZoneSession, ReverseStream<TRequest, TResponse>> of,
        TRequest request,
        Func<TResponse, (string? Error, byte[] Value)> read,
        string what,
        string? forward,
        CancellationToken cancellationToken)
        where TRequest : class
        where TResponse : class
    {
        if (sessions.Find(proxy.Zone ?? "", kind) is not { } session)
        {
            return forward is not null && Holder(proxy.Zone ?? "", kind) is { } peer
                ? await ForwardAsync(peer, proxy, what, forward, cancellationToken).ConfigureAwait(false)
                : new Refusal(RefusalReason.Invalid, Title, $"could not send {what}Request: zone is offline");
        }

        try
        {
            var (error, value) = read(await of(session).AskAsync(request, options.ProxyRequestTimeout, time, cancellationToken).ConfigureAwait(false));
            return error is null ? value : new Refusal(RefusalReason.Invalid, Title, $"could not send {what}Request: {error}");
        }
        catch (TimeoutException)
        {
            return new Refusal(RefusalReason.Unavailable, Title, $"could not send {what}Request: zone {proxy.Zone} did not answer within {options.ProxyRequestTimeout.TotalSeconds:0} s");
        }
    }

    /// <summary>The other instance that holds a stream of a zone, if it is there.</summary>
    private Peer? Holder(string zone, StreamKind kind)
    {
        if (peers is null || calls is null || store.World.Value.Find("ZoneInsight", zone) is not { Kind: ZoneInsightKind of } resource || of.Spec(resource).KdsStreams is not { } streams)
        {
            return null;
        }

        var stream = kind switch
        {
            StreamKind.ConfigDump => streams.ConfigDump,
            StreamKind.Stats => streams.Stats,
            _ => streams.Clusters,
        };
        return stream is null ? null : peers.Board.Value.GetValueOrDefault(stream.GlobalInstanceId);
    }

    private async Task<Result<byte[]>> ForwardAsync(Peer peer, Resource proxy, string what, string question, CancellationToken cancellationToken)
    {
        if (peer.Address is not { } address)
        {
            return new Refusal(RefusalReason.Unavailable, Title, $"could not send {what}Request: instance {peer.Id} holds zone {proxy.Zone} and does not say where it can be asked");
        }

        var name = Uri.EscapeDataString(proxy.Name);
        var path = proxy.Kind.Scope == Scope.Mesh ? $"/meshes/{Uri.EscapeDataString(proxy.Mesh)}/{proxy.Kind.Path}/{name}/{question}" : $"/{proxy.Kind.Path}/{name}/{question}";
        var answer = await calls!.GetAsync(address, path, options.ProxyRequestTimeout + TimeSpan.FromSeconds(2), cancellationToken).ConfigureAwait(false);
        return answer.Ok || answer.Refusal.Title == Title
            ? answer
            : new Refusal(RefusalReason.Unavailable, Title, $"could not send {what}Request: instance {peer.Id}, which holds zone {proxy.Zone}: {answer.Refusal.Title}: {answer.Refusal.Detail}");
    }

    private static string Word(bool value) => value ? "true" : "false";
}
