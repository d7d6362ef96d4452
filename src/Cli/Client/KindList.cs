using System.Text.Json.Nodes;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Client;

/// <summary>The kinds that a control plane has, found by any of their names.</summary>
internal sealed class KindList(IReadOnlyList<ApiKind> kinds)
{
    /// <summary>All of them, sorted by name.</summary>
    public IReadOnlyList<ApiKind> All => kinds;

    /// <summary>Asks the control plane.</summary>
    public static async Task<Result<KindList>> LoadAsync(ControlPlaneClient client, CancellationToken cancellationToken)
    {
        var answer = await client.GetJsonAsync("/_resources", cancellationToken);
        return answer.Ok ? Read(answer.Value) : answer.Refusal;
    }

    /// <summary>Reads the answer of <c>/_resources</c>.</summary>
    public static KindList Read(JsonObject answer) => new([.. answer.Objects("resources").Select(ApiKind.Read).OrderBy(k => k.Name, StringComparer.Ordinal)]);

    /// <summary>The kind of that exact type, as manifests write it.</summary>
    public ApiKind? OfType(string type) => kinds.FirstOrDefault(k => k.Name == type);

    /// <summary>
    /// The kind that a person means: by type, path, short name, singular or plural; case, <c>-</c> and spaces do not count.
    /// </summary>
    public Result<ApiKind> Find(string word)
    {
        var wanted = Plain(word);
        if (kinds.FirstOrDefault(k => k.Names.Any(n => n.Length > 0 && Plain(n) == wanted)) is { } found)
        {
            return found;
        }

        var near = kinds.Select(k => (Kind: k, Distance: k.Names.Where(n => n.Length > 3).Min(n => Words.Distance(Plain(n), wanted))))
            .Where(c => c.Distance <= Math.Max(2, wanted.Length / 4))
            .OrderBy(c => c.Distance).ThenBy(c => c.Kind.Name, StringComparer.Ordinal)
            .Select(c => c.Kind.Name)
            .Take(3)
            .ToList();
        var hint = near.Count > 0 ? $"did you mean {string.Join(" or ", near)}?" : "'meshctl get kinds' lists those that this control plane has";
        return new Refusal(RefusalReason.NotFound, $"Unknown kind '{word}'", hint);
    }

    private static string Plain(string text) => string.Concat(text.Where(c => c is not ('-' or '_' or ' '))).ToLowerInvariant();
}
