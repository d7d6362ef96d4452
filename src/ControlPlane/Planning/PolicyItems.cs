using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>
/// What a policy kind tells the engine. The engine knows no single kind: a kind says in its own folder which items its spec
/// has, and how configurations that no general rule merges come together.
/// </summary>
public interface IPolicyKind
{
    /// <summary>The items of a policy of this kind; called once per stored resource.</summary>
    PolicyItems Items(Resource policy);

    /// <summary>
    /// Merges configurations, the one of lowest precedence first. More than one comes out only where parts of them never meet
    /// (routes of different host names).
    /// </summary>
    ImmutableArray<JsonObject> Merge(IReadOnlyList<JsonObject> confs);

    /// <summary>True for kinds that say where traffic goes.</summary>
    bool IsRouting => false;

    /// <summary>For kinds that route by matches: the hash of the matches of a merged rule; null for all others.</summary>
    string? RouteHash(JsonObject rule) => null;
}

/// <summary>A policy, taken apart. All configurations are shared: nobody may change them.</summary>
/// <param name="Top">The proxies it is for; the whole mesh when the policy does not say.</param>
public sealed record PolicyItems(TargetRef Top)
{
    /// <summary>For traffic that leaves.</summary>
    public ImmutableArray<ToEntry> To { get; init; } = [];

    /// <summary>For traffic that enters, by client (old).</summary>
    public ImmutableArray<FromEntry> From { get; init; } = [];

    /// <summary>For traffic that enters, by match.</summary>
    public ImmutableArray<RuleEntry> Rules { get; init; } = [];

    /// <summary>For the proxy as a whole, or null for kinds with lists.</summary>
    public JsonObject? Single { get; init; }
}

/// <summary>An item of <c>to</c>.</summary>
/// <param name="Target">The destination.</param>
/// <param name="Conf">The configuration.</param>
public sealed record ToEntry(TargetRef Target, JsonObject Conf)
{
    /// <summary>The single routes in it, for kinds that route.</summary>
    public ImmutableArray<RouteEntry> Routes { get; init; } = [];
}

/// <summary>One route.</summary>
/// <param name="Hash">Names its matches: SHA-256 of their JSON, base64 (Kuma's form).</param>
/// <param name="Matches">Its matches as JSON.</param>
/// <param name="Conf">What happens with what matches.</param>
public sealed record RouteEntry(string Hash, JsonArray Matches, JsonObject Conf);

/// <summary>An item of <c>from</c>.</summary>
/// <param name="Client">The clients.</param>
/// <param name="Conf">The configuration.</param>
public sealed record FromEntry(TargetRef Client, JsonObject Conf);

/// <summary>An item of <c>rules</c>.</summary>
/// <param name="Matches">Which connections; all when empty.</param>
/// <param name="Conf">The configuration.</param>
public sealed record RuleEntry(ImmutableArray<Match> Matches, JsonObject Conf);
