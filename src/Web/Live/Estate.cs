using MeshConsole.ControlPlane.Insights;
using MeshConsole.Shared;

namespace MeshConsole.Web.Live;

/// <summary>A thing's state as a word, and since when.</summary>
/// <param name="Word"><c>online</c>, <c>degraded</c>, <c>offline</c>, <c>unknown</c> or <c>disabled</c>.</param>
/// <param name="Since">Begin of the state, or the time of the last knowledge for <c>unknown</c>; null when not known.</param>
/// <param name="Why">What an operator should know about it; null for online.</param>
public sealed record StateFacts(string Word, DateTimeOffset? Since = null, string? Why = null)
{
    /// <summary>True when all is well.</summary>
    public bool Online => Word == "online";

    /// <summary>The engine's state, dressed for pages.</summary>
    public static StateFacts Of(ResourceState state) => new(state.Word.ToString().ToLowerInvariant(), state.Since, state.Reason.Length > 0 ? state.Reason : null);
}

/// <summary>A zone as lists and pages show it.</summary>
public sealed record ZoneFacts(string Name, StateFacts State)
{
    /// <summary>Version of its control plane, or empty.</summary>
    public string Version { get; init; } = "";

    /// <summary>Begin of the connection, when there is one.</summary>
    public DateTimeOffset? ConnectedAt { get; init; }

    /// <summary>How many proxies it has.</summary>
    public int Proxies { get; init; }

    /// <summary>How many of them are online.</summary>
    public int ProxiesOnline { get; init; }

    /// <summary>How many of them are in no known state.</summary>
    public int ProxiesUnknown { get; init; }

    /// <summary>Advertised addresses of its ingresses, joined.</summary>
    public string Ingresses { get; init; } = "";

    /// <summary>How many ingresses it has.</summary>
    public int IngressCount { get; init; }

    /// <summary>When it was created here.</summary>
    public DateTimeOffset Created { get; init; }
}

/// <summary>An ingress as lists and pages show it.</summary>
public sealed record IngressFacts(ResourceKey Key, string Name, string Zone, string Address, string Advertised, int Services, StateFacts State);

/// <summary>A proxy with its state.</summary>
public sealed record ProxyRow(ProxyFacts Facts, StateFacts State);

/// <summary>Counts of states.</summary>
public readonly record struct Tally(int Total, int Online, int Degraded, int Offline, int Unknown, int Disabled)
{
    /// <summary>Counts words.</summary>
    public static Tally Of(IEnumerable<StateFacts> states)
    {
        int total = 0, online = 0, degraded = 0, offline = 0, unknown = 0, disabled = 0;
        foreach (var state in states)
        {
            total++;
            _ = state.Word switch
            {
                "online" => online++,
                "degraded" => degraded++,
                "offline" => offline++,
                "disabled" => disabled++,
                _ => unknown++,
            };
        }

        return new Tally(total, online, degraded, offline, unknown, disabled);
    }

    /// <summary>The exceptions in words, <c>4 unknown · 1 degraded</c>; empty when there are none.</summary>
    public string Exceptions => string.Join(" · ", new[] { (Offline, "offline"), (Degraded, "degraded"), (Unknown, "unknown"), (Disabled, "disabled") }
        .Where(e => e.Item1 > 0).Select(e => $"{e.Item1:N0} {e.Item2}"));
}
