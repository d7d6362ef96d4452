using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace MeshConsole.ControlPlane.Access;

/// <summary>
/// Issues and checks the three kinds of tokens: RS256 JWTs with Kuma's claims, so that tokens of the one are good at the
/// other. A token's text never reaches a log, an exception or the audit trail.
/// </summary>
public sealed class Tokens(ResourceStore store, SigningKeys keys, KindRegistry kinds, TimeProvider time)
{
    /// <summary>Longest token that is looked at, in characters.</summary>
    public const int MaxLength = 8192;

    /// <summary>How far clocks may differ before a fresh token is refused as not yet good.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    /// <summary>Life of a zone token when nothing is said: 365 days (our decision).</summary>
    public static readonly TimeSpan ZoneTokenLife = TimeSpan.FromDays(365);

    /// <summary>Life of a data plane token when nothing is said: ten years (Kuma's).</summary>
    public static readonly TimeSpan DataplaneTokenLife = TimeSpan.FromDays(3650);

    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

    private readonly VerifiedTokens verified = new();

    /// <summary>A token for a person or a machine that calls the REST API.</summary>
    /// <param name="name">User name, not empty.</param>
    /// <param name="groups">Its groups.</param>
    /// <param name="validFor">How long, above zero.</param>
    public Result<IssuedToken> IssueUser(string name, IEnumerable<string> groups, TimeSpan validFor) =>
        Issue(SigningKeyFamily.User, new JsonObject { ["Name"] = name, ["Groups"] = Texts(groups) }, validFor);

    /// <summary>A token for a zone.</summary>
    /// <param name="zone">Name of the zone.</param>
    /// <param name="scope">What for, see <see cref="ZoneToken.CpScope"/>.</param>
    /// <param name="validFor">How long; null for <see cref="ZoneTokenLife"/>.</param>
    public Result<IssuedToken> IssueZone(string zone, IEnumerable<string> scope, TimeSpan? validFor = null) =>
        Issue(SigningKeyFamily.Zone, new JsonObject { ["Zone"] = zone, ["Scope"] = Texts(scope) }, validFor ?? ZoneTokenLife);

    /// <summary>A token for data planes of a mesh.</summary>
    /// <param name="binding">What it is bound to; the mesh is needed.</param>
    /// <param name="validFor">How long; null for <see cref="DataplaneTokenLife"/>.</param>
    public Result<IssuedToken> IssueDataplane(DataplaneBinding binding, TimeSpan? validFor = null)
    {
        var tags = new JsonObject();
        foreach (var (tag, values) in binding.Tags)
        {
            tags[tag] = Texts(values);
        }

        var claims = new JsonObject
        {
            ["Name"] = binding.Name,
            ["Mesh"] = binding.Mesh,
            ["Tags"] = tags,
            ["Type"] = binding.Type,
            ["Workload"] = binding.Workload,
        };
        return Issue(SigningKeyFamily.Dataplane(binding.Mesh), claims, validFor ?? DataplaneTokenLife);
    }

    /// <summary>Checks a user token; the actor also belongs to <see cref="Actor.AuthenticatedGroup"/>.</summary>
    public Result<Actor> ValidateUser(string token)
    {
        var result = Check(SigningKeyFamily.User, token);
        if (!result.Ok)
        {
            return result.Refusal;
        }

        var name = Text(result.Value.Claims, "Name");
        return name.Length == 0
            ? Refused("The token names nobody.")
            : new Actor(name, [.. TextList(result.Value.Claims, "Groups").Append(Actor.AuthenticatedGroup).Distinct(StringComparer.Ordinal)]);
    }

    /// <summary>Checks a zone token: that it is ours, good now, for this zone and for this use.</summary>
    /// <param name="token">The JWT.</param>
    /// <param name="zone">The name the bearer gives itself.</param>
    /// <param name="scope">The scope that is needed.</param>
    public Result<ZoneToken> ValidateZone(string token, string zone, string scope)
    {
        var result = Check(SigningKeyFamily.Zone, token);
        if (!result.Ok)
        {
            return result.Refusal;
        }

        var claims = result.Value.Claims;
        var read = new ZoneToken(result.Value.Id, Text(claims, "Zone"), TextList(claims, "Scope"), result.Value.Expires);
        if (read.Zone != zone && (read.Zone.Length > 0 || scope == ZoneToken.CpScope))
        {
            return Refused(read.Zone.Length > 0
                ? $"The token is for zone \"{read.Zone}\", not for \"{Clip(zone)}\"."
                : $"The token is bound to no zone; issue one for zone \"{Clip(zone)}\".");
        }

        return read.Scope.Contains(scope)
            ? read
            : Refused($"The token has the scope {(read.Scope.IsEmpty ? "(none)" : string.Join(", ", read.Scope))}; {scope} is needed.");
    }

    /// <summary>Checks a data plane token of <paramref name="mesh"/>; whether its binding fits the proxy is the caller's to say.</summary>
    public Result<DataplaneToken> ValidateDataplane(string token, string mesh)
    {
        var result = Check(SigningKeyFamily.Dataplane(mesh), token);
        if (!result.Ok)
        {
            return result.Refusal;
        }

        var claims = result.Value.Claims;
        var binding = new DataplaneBinding(Text(claims, "Name"), Text(claims, "Mesh"), Tags(claims), Text(claims, "Type"), Text(claims, "Workload"));
        return binding.Mesh.Length > 0 && binding.Mesh != mesh
            ? Refused($"The token is for mesh \"{binding.Mesh}\", not for \"{mesh}\".")
            : new DataplaneToken(result.Value.Id, binding, result.Value.Expires);
    }

    /// <summary>Revokes one token by its id: it is refused from the next check on, here and where the list is synced to.</summary>
    /// <param name="actor">Who revokes; must be an administrator.</param>
    /// <param name="family">Whose token.</param>
    /// <param name="id">Its <c>jti</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<Result<bool>> RevokeAsync(Actor actor, SigningKeyFamily family, string id, CancellationToken cancellationToken)
    {
        if (AccessRules.Write(actor, kinds[family.SecretKind]) is { } refusal)
        {
            return refusal;
        }

        if (id.Length is 0 or > 128 || id.Contains(',', StringComparison.Ordinal) || id.Any(char.IsControl))
        {
            return Refusal.Invalid("id", "has to be the id of a token", "Could not revoke a token");
        }

        return await store.CommitAsync(
            actor,
            transaction =>
            {
                var existing = transaction.World.Find(family.SecretKind, family.Mesh, family.RevocationsName);
                var revoked = existing is null ? [] : Revoked.Read(existing);
                if (revoked.Contains(id))
                {
                    return false;
                }

                var text = string.Join(',', revoked.Append(id).Order(StringComparer.Ordinal));
                var data = Encoding.UTF8.GetBytes(text);
                transaction.Put(existing?.With(spec: SecretData.Write(data)) ?? SecretData.Draft(kinds, family.SecretKind, family.Mesh, family.RevocationsName, data), history: true);
                transaction.AddAudit("token revoked", id);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// When a token that was found good ends (UTC), to look at it again then; null when it does not say. The signature is not
    /// looked at.
    /// </summary>
    public static DateTimeOffset? EndOf(string token)
    {
        if (token.Length is 0 or > MaxLength || !TryRead(token, out var jwt))
        {
            return null;
        }

        try
        {
            return Number(JsonElement.Parse(Base64UrlEncoder.DecodeBytes(jwt.EncodedPayload)), "exp") is >= 0 and <= 253402300799 and var exp
                ? DateTimeOffset.FromUnixTimeSeconds(exp)
                : null;
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return null; // no token of ours, which has claims
        }
    }

    private static JsonArray Texts(IEnumerable<string> values) => new([.. values.Select(v => JsonValue.Create(v))]);

    private static Refusal Refused(string reason) => new(RefusalReason.Unauthenticated, "Invalid authentication data", reason);

    private static string Clip(string text) => text.Length > 64 ? text[..64] + "…" : text;

    private static string Text(JsonElement claims, string claim) =>
        claims.TryGetProperty(claim, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static ImmutableArray<string> TextList(JsonElement claims, string claim) =>
        claims.TryGetProperty(claim, out var value) ? TextList(value) : [];

    private static ImmutableArray<string> TextList(JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? [.. value.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString()!)]
        : [];

    private static long? Number(JsonElement claims, string claim) =>
        claims.TryGetProperty(claim, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    private static ImmutableSortedDictionary<string, ImmutableArray<string>> Tags(JsonElement claims) =>
        claims.TryGetProperty("Tags", out var value) && value.ValueKind == JsonValueKind.Object
            ? DataplaneBinding.NoTags.SetItems(value.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, TextList(p.Value))))
            : DataplaneBinding.NoTags;

    private Result<IssuedToken> Issue(SigningKeyFamily family, JsonObject claims, TimeSpan validFor)
    {
        var key = SigningKeys.Signing(store.World.Value, family);
        if (!key.Ok)
        {
            return key.Refusal;
        }

        // Kuma counts "issued at" and "not before" five seconds back, so that a peer whose clock is a little late accepts it.
        var now = time.GetUtcNow();
        var issued = now.AddSeconds(-5).ToUnixTimeSeconds();
        var expires = DateTimeOffset.FromUnixTimeSeconds((validFor < DateTimeOffset.MaxValue - now ? now + validFor : DateTimeOffset.MaxValue).ToUnixTimeSeconds());
        var id = Guid.NewGuid().ToString();
        claims["exp"] = expires.ToUnixTimeSeconds();
        claims["nbf"] = issued;
        claims["iat"] = issued;
        claims["jti"] = id;
        var text = Handler.CreateToken(claims.ToJsonString(Json.Compact), new SigningCredentials(key.Value, SecurityAlgorithms.RsaSha256));
        return text.Length <= MaxLength
            ? new IssuedToken(text, id, expires)
            : Refusal.Invalid("", $"the token would have more than {MaxLength} characters; leave out names, groups, scopes or tags", "Could not issue a token");
    }

    private Result<CheckedToken> Check(SigningKeyFamily family, string token)
    {
        var world = store.World.Value;
        var signed = Verify(world, family, token);
        if (!signed.Ok)
        {
            return signed.Refusal;
        }

        var claims = signed.Value;
        if (Number(claims, "exp") is not (>= 0 and <= 253402300799 and var exp))
        {
            return Refused("The token does not say when it ends.");
        }

        var expires = DateTimeOffset.FromUnixTimeSeconds(exp);
        var now = time.GetUtcNow();
        if (now >= expires)
        {
            return Refused(string.Create(CultureInfo.InvariantCulture, $"The token expired on {expires:yyyy-MM-dd HH:mm:ss} UTC; issue a new one."));
        }

        if (Number(claims, "nbf") > (now + ClockSkew).ToUnixTimeSeconds())
        {
            return Refused("The token is not good yet; check the clocks of both machines.");
        }

        var id = Text(claims, "jti");
        return world.Find(family.SecretKind, family.Mesh, family.RevocationsName) is { } revocations && Revoked.Read(revocations).Contains(id)
            ? Refused($"The token {id} was revoked; issue a new one.")
            : new CheckedToken(claims, id, expires);
    }

    /// <summary>The claims of a token that a key of this family signed.</summary>
    private Result<JsonElement> Verify(World world, SigningKeyFamily family, string token)
    {
        if (token.Length is 0 or > MaxLength || !Ascii.IsValid(token))
        {
            return Refused("The token cannot be read; it is no signed JWT.");
        }

        if (verified.Find(token) is { } known
            && keys.Verifying(world, family, known.Kid) is { Ok: true } same && ReferenceEquals(same.Value, known.Key))
        {
            return known.Claims;
        }

        if (!TryRead(token, out var jwt))
        {
            return Refused("The token cannot be read; it is no signed JWT.");
        }

        if (jwt.Alg != SecurityAlgorithms.RsaSha256)
        {
            return Refused("The token is not signed with RS256.");
        }

        if (string.IsNullOrEmpty(jwt.Kid))
        {
            return Refused("The token does not say which key signed it.");
        }

        var key = keys.Verifying(world, family, jwt.Kid);
        if (!key.Ok)
        {
            return Refused(key.Refusal.Detail);
        }

        if (!IsSignedBy(key.Value, jwt))
        {
            return Refused("The signature of the token is wrong.");
        }

        var claims = JsonElement.Parse(Base64UrlEncoder.DecodeBytes(jwt.EncodedPayload));
        verified.Add(token, new VerifiedToken(jwt.Kid, key.Value, claims));
        return claims;
    }

    private static bool IsSignedBy(RsaSecurityKey key, JsonWebToken jwt)
    {
        var verifier = key.CryptoProviderFactory.CreateForVerifying(key, SecurityAlgorithms.RsaSha256);
        try
        {
            return verifier.Verify(
                Encoding.ASCII.GetBytes($"{jwt.EncodedHeader}.{jwt.EncodedPayload}"),
                Base64UrlEncoder.DecodeBytes(jwt.EncodedSignature));
        }
        finally
        {
            key.CryptoProviderFactory.ReleaseSignatureProvider(verifier);
        }
    }

    private static bool TryRead(string token, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out JsonWebToken? jwt)
    {
        try
        {
            jwt = new JsonWebToken(token);
            _ = Base64UrlEncoder.DecodeBytes(jwt.EncodedSignature);
            return jwt.IsSigned;
        }
        catch (Exception e) when (e is ArgumentException or SecurityTokenException or JsonException or FormatException)
        {
            jwt = null; // whatever is wrong with it, its text must not get into a message
            return false;
        }
    }

    private sealed record CheckedToken(JsonElement Claims, string Id, DateTimeOffset Expires);

    /// <summary>The ids in a revocation secret: comma separated, white space around them ignored, read once per version.</summary>
    private sealed record Revoked(FrozenSet<string> Ids)
    {
        public static FrozenSet<string> Read(Resource secret) => secret.Memo(r => new Revoked(
            SecretData.ReadText(r).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal))).Ids;
    }
}
