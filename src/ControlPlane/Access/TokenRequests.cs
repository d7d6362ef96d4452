using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Access;

/// <summary>
/// What <c>POST /tokens/…</c> does: reads Kuma's request, checks it in Kuma's order and words, issues the token and notes it
/// in the audit trail (never its text).
/// </summary>
public sealed partial class TokenRequests(Tokens tokens, ResourceStore store, TokenOptions options)
{
    /// <summary>Largest request that is read, in bytes.</summary>
    public const int MaxBody = 64 * 1024;

    /// <summary>Title of the refusal when the body is no such JSON; Kuma answers it with an empty body.</summary>
    public const string UnreadableTitle = "Bad Request";

    private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true, MaxDepth = 8 };

    /// <summary>Answers <c>/tokens/user</c>: <c>{name, groups[], validFor}</c>.</summary>
    public async Task<Result<IssuedToken>> UserAsync(Actor actor, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var read = Read<UserBody>(body);
        if (!read.Ok)
        {
            return read.Refusal;
        }

        var request = read.Value;

        if ((AccessRules.IssueUserToken(actor) ?? Disabled(options.User, "User")) is { } denied)
        {
            return denied;
        }

        var violations = new ViolationList();
        violations.AddIf(string.IsNullOrEmpty(request.Name), "name", "cannot be empty");
        violations.AddIf(string.IsNullOrEmpty(request.ValidFor), "validFor", "cannot be empty");
        var validFor = string.IsNullOrEmpty(request.ValidFor) ? null : ReadValidFor(request.ValidFor, violations);
        if (!violations.IsEmpty)
        {
            return Invalid(violations);
        }

        string[] groups = [.. (request.Groups ?? []).OfType<string>()];
        return await HandOutAsync(
            actor,
            tokens.IssueUser(request.Name!, groups, validFor!.Value),
            $"user {Clip(request.Name!)}",
            $"groups {Join(groups)}",
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Answers <c>/tokens/zone</c>: <c>{zone, scope[], validFor}</c>; 365 days when it does not say.</summary>
    public async Task<Result<IssuedToken>> ZoneAsync(Actor actor, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var read = Read<ZoneBody>(body);
        if (!read.Ok)
        {
            return read.Refusal;
        }

        var request = read.Value;

        var zone = request.Zone ?? "";
        if ((AccessRules.IssueZoneToken(actor, zone) ?? Disabled(options.Zone, "Zone")) is { } denied)
        {
            return denied;
        }

        string[] scope = [.. (request.Scope ?? []).OfType<string>()];
        var violations = new ViolationList();
        violations.AddIf(scope.Length == 0, "scope", "cannot be empty");
        if (scope.Contains(ZoneToken.CpScope))
        {
            // Kuma has no such scope and so no such check: a token that lets a control plane in names its zone.
            violations.AddIf(zone.Length == 0, "zone", "cannot be empty");
            violations.AddIf(zone.Length > 0 && !ZoneName().IsMatch(zone), "zone", "must be a valid name of a zone: at most 63 characters of a-z, 0-9 and '-', beginning and ending with a letter or digit");
        }

        var validFor = string.IsNullOrEmpty(request.ValidFor) ? null : ReadValidFor(request.ValidFor, violations);
        return violations.IsEmpty
            ? await HandOutAsync(actor, tokens.IssueZone(zone, scope, validFor), $"zone {(zone.Length == 0 ? "(any)" : Clip(zone))}", $"scope {Join(scope)}", cancellationToken).ConfigureAwait(false)
            : Invalid(violations);
    }

    /// <summary>Answers <c>/tokens/dataplane</c>: <c>{name, mesh, tags, type, workload, validFor}</c>; ten years when it does not say.</summary>
    public async Task<Result<IssuedToken>> DataplaneAsync(Actor actor, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var read = Read<DataplaneBody>(body);
        if (!read.Ok)
        {
            return read.Refusal;
        }

        var request = read.Value;

        if ((AccessRules.IssueDataplaneToken(actor) ?? Disabled(options.Dataplane, "Dataplane")) is { } denied)
        {
            return denied;
        }

        var violations = new ViolationList();
        violations.AddIf(string.IsNullOrEmpty(request.Mesh), "mesh", "cannot be empty");
        violations.AddIf(request.Type is not (null or "" or "dataplane" or "ingress" or "egress"), "type", $"{Clip(request.Type ?? "")} is not a valid proxy type");
        var validFor = string.IsNullOrEmpty(request.ValidFor) ? null : ReadValidFor(request.ValidFor, violations);
        if (!violations.IsEmpty)
        {
            return Invalid(violations);
        }

        var tags = DataplaneBinding.NoTags.SetItems((request.Tags ?? []).Select(t => KeyValuePair.Create(t.Key, (t.Value ?? []).OfType<string>().ToImmutableArray())));
        var binding = new DataplaneBinding(request.Name ?? "", request.Mesh!, tags, request.Type ?? "", request.Workload ?? "");
        return await HandOutAsync(
            actor,
            tokens.IssueDataplane(binding, validFor),
            $"dataplane {Clip(binding.Mesh)}/{(binding.Name.Length == 0 ? "(any)" : Clip(binding.Name))}",
            $"tags {Join(tags.Keys)}, workload {(binding.Workload.Length == 0 ? "(any)" : Clip(binding.Workload))}",
            cancellationToken).ConfigureAwait(false);
    }

    private static Result<T> Read<T>(ReadOnlyMemory<byte> body)
        where T : class
    {
        if (body.Length > MaxBody)
        {
            return Unreadable("");
        }

        try
        {
            return JsonSerializer.Deserialize<T>(body.Span, Options) is { } request ? request : Unreadable("");
        }
        catch (JsonException e)
        {
            return Unreadable(e.Path ?? ""); // a path like $.groups, and never what stands there
        }
    }

    private static TimeSpan? ReadValidFor(string text, ViolationList violations)
    {
        if (!GoDuration.TryParse(text, out var value, out var error))
        {
            violations.Add("validFor", $"is invalid: {error}");
            return null;
        }

        violations.AddIf(value <= TimeSpan.Zero, "validFor", "must be greater than 0");
        return value;
    }

    private static Refusal Unreadable(string path)
    {
        var refusal = new Refusal(RefusalReason.Malformed, UnreadableTitle, "The body is no JSON object of a token request.");
        return path.StartsWith("$.", StringComparison.Ordinal)
            ? refusal with { Violations = [new Violation(Clip(path[2..]), "is not of the right type: names and validFor are texts, groups and scope lists of texts, tags a list of texts per tag")] }
            : refusal;
    }

    private static Refusal? Disabled(TokenFamilyOptions family, string name) => family.EnableIssuer
        ? null
        : new Refusal(RefusalReason.Malformed, "Could not issue a token", $"issuing tokens using the control plane is disabled. They are signed elsewhere, for example with meshctl generate … --signing-key-path FILE --kid ID; Tokens:{name}:EnableIssuer=true would issue them here");

    private static Refusal Invalid(ViolationList violations) => Refusal.Invalid(violations, "Invalid request");

    private static string Clip(string text) => text.Length > 128 ? text[..128] + "…" : text;

    private static string Join(IEnumerable<string> values)
    {
        var text = string.Join(' ', values);
        return text.Length == 0 ? "(none)" : Clip(text);
    }

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex ZoneName();

    /// <summary>A token leaves this control plane only after the audit trail holds that it was issued.</summary>
    private async Task<Result<IssuedToken>> HandOutAsync(Actor actor, Result<IssuedToken> issued, string target, string detail, CancellationToken cancellationToken)
    {
        if (!issued.Ok)
        {
            return issued;
        }

        var token = issued.Value;
        await store.CommitAsync(
            actor,
            transaction =>
            {
                transaction.AddAudit("token issued", target, $"id {token.Id}, {detail}, good until {token.Expires:yyyy-MM-dd HH:mm:ss} UTC");
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        return issued;
    }

    private sealed record UserBody(string? Name, string?[]? Groups, string? ValidFor);

    private sealed record ZoneBody(string? Zone, string?[]? Scope, string? ValidFor);

    private sealed record DataplaneBody(string? Name, string? Mesh, Dictionary<string, string?[]?>? Tags, string? Type, string? Workload, string? ValidFor);
}
