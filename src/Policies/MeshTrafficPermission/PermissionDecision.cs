using System.Text.Json;
using MeshConsole.ControlPlane.Planning;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshTrafficPermission;

/// <summary>Who may enter at one inbound where mTLS is on: what no permission allows is denied.</summary>
public static class PermissionDecision
{
    /// <summary>
    /// The action for a client by its certificate and the server name it asked for. A deny anywhere wins over every allow.
    /// </summary>
    /// <param name="rules">The rules of the inbound, or null when no policy selects it.</param>
    /// <param name="spiffeId">The client's SPIFFE ID.</param>
    /// <param name="sni">The server name, or null.</param>
    public static string For(InboundRules? rules, string spiffeId, string? sni = null)
    {
        var lists = (rules?.Rules ?? []).Select(r => r.Conf.Deserialize<PermissionLists>(Json.Spec)!).ToList();
        return lists.Exists(l => Any(l.Deny)) ? PermissionAction.Deny
            : lists.Exists(l => Any(l.Allow)) ? PermissionAction.Allow
            : lists.Exists(l => Any(l.AllowWithShadowDeny)) ? PermissionAction.AllowWithShadowDeny
            : PermissionAction.Deny;

        bool Any(IReadOnlyList<Match>? matches) => matches?.Any(m => Fits(m, spiffeId, sni)) == true;
    }

    /// <summary>The action for a client by its tags (old): the first rule that fits decides.</summary>
    /// <param name="rules">The rules of the inbound, most precise first.</param>
    /// <param name="tags">The client's tags.</param>
    public static string For(IEnumerable<SubsetRule> rules, IReadOnlyDictionary<string, string> tags) =>
        rules.FirstOrDefault(r => r.Fits(tags))?.Conf["action"]?.GetValue<string>() ?? PermissionAction.Deny;

    private static bool Fits(Match match, string spiffeId, string? sni) =>
        (match.SpiffeID is not { } id
            || (id.Type == SpiffeIdMatch.Exact ? spiffeId == id.Value : spiffeId.StartsWith(id.Value ?? "", StringComparison.Ordinal)))
        && (match.Sni is not { } name || name.Value == sni);
}
