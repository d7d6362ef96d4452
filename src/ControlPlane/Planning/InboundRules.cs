using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MeshConsole.Shared.Language;

namespace MeshConsole.ControlPlane.Planning;

/// <summary>Configuration for connections that match.</summary>
/// <param name="Match">Which connections; all when null.</param>
/// <param name="Conf">The configuration as the item has it.</param>
/// <param name="Origin">The item.</param>
public sealed record InboundRule(Match? Match, JsonObject Conf, Origin Origin);

/// <summary>The configuration of one kind for traffic that enters at one inbound, most precise match first.</summary>
public sealed class InboundRules
{
    private readonly IPolicyKind kind;
    private JsonObject? catchAll;

    private InboundRules(IPolicyKind kind, ImmutableArray<InboundRule> rules)
    {
        this.kind = kind;
        Rules = rules;
    }

    /// <summary>The rows. Among rows of equal precision the one of lowest precedence comes first.</summary>
    public ImmutableArray<InboundRule> Rules { get; }

    /// <summary>The merged configuration of the rows without match; null when there is none.</summary>
    public JsonObject? CatchAll
    {
        get
        {
            var confs = Rules.Where(r => r.Match is null).Select(r => r.Conf).ToList();
            return confs.Count == 0 ? null : catchAll ??= kind.Merge(confs)[0];
        }
    }

    /// <summary>Builds the rows of <paramref name="policies"/>, which are sorted from lowest to highest precedence.</summary>
    internal static InboundRules Build(IPolicyKind kind, IEnumerable<Policy> policies, bool fromAsRules)
    {
        var rows = new List<InboundRule>();
        foreach (var policy in policies)
        {
            if (!policy.Items.Rules.IsEmpty)
            {
                foreach (var (index, rule) in policy.Items.Rules.Index())
                {
                    var origin = new Origin(policy.Resource, index);
                    rows.AddRange(rule.Matches.IsEmpty
                        ? [new InboundRule(null, rule.Conf, origin)]
                        : rule.Matches.Select(m => new InboundRule(m, rule.Conf, origin)));
                }
            }
            else if (fromAsRules)
            {
                rows.AddRange(policy.Items.From.Index().Select(f => new InboundRule(null, f.Item.Conf, new Origin(policy.Resource, f.Index))));
            }
        }

        return new InboundRules(kind, [.. rows.OrderBy(r => Rank(r.Match))]);
    }

    /// <summary>Smaller is more precise: exact SPIFFE ID, prefix, none; within that with server name before without.</summary>
    private static int Rank(Match? match) => (match?.SpiffeID?.Type switch
    {
        SpiffeIdMatch.Exact => 0,
        SpiffeIdMatch.Prefix => 2,
        null when match?.SpiffeID is null => 6,
        _ => 4,
    }) + (match?.Sni is null ? 1 : 0);
}
